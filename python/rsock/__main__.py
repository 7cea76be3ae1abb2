"""`python -m rsock`: the command line.

Owns: what the arguments mean. Must not know: how a program is run (`_run`), what is reported (`_check`), what
`enable` writes (`_pth`).

The module must not import what brings `socket`, and reads no option that Python itself has read: `python -O -m
rsock app.py` runs the program with `-O`.
"""

import sys

_USAGE = """\
usage: python -m rsock [-m module | -c command | script | directory | zip file | -] [argument ...]
       python -m rsock --check | enable | disable | --version | --help
"""

_HELP = f"""\
{_USAGE}
Run an unmodified program with rsock in the place of the built-in socket module. Arguments, exit code and
tracebacks are as with `python` itself; options of Python go before -m.

  -m module      run a module, as python -m does
  -c command     run a command
  script ...     run a file, a directory or a zip file that has a __main__.py
  -              run what standard input gives
  --check        tell what this process and this machine have, and which modules use which socket
  enable         have each Python of this environment use rsock when RSOCK_INSTALL=1 is set, as it is for the
                 children of a program that was started with python -m rsock
  disable        undo enable
  --version      tell the version
  --help         show this text
"""


def _refuse(text: str) -> int:
    sys.stderr.write(f"{text}\n{_USAGE}")
    return 2


def main(arguments: list[str]) -> int:
    """Do what the arguments say; a program that is run ends the process by itself."""
    if not arguments:
        return _refuse("rsock: there is no program to run")
    first, *rest = arguments
    if first in {"-h", "--help"}:
        sys.stdout.write(_HELP)
    elif first in {"-V", "--version"}:
        from . import _check

        sys.stdout.write(_check.version())
    elif first == "--check":
        from . import _check, _install

        _install.install()
        sys.stdout.write(_check.report())
    elif first in {"enable", "disable"}:
        from . import _pth

        sys.stdout.write(_pth.enable() if first == "enable" else _pth.disable())
    elif first[:2] in {"-m", "-c"}:
        option, value = first[:2], first[2:]
        if not value:
            if not rest:
                return _refuse(f"Argument expected for the {option} option")
            value, *rest = rest
        from . import _run

        if option == "-m":
            _run.run_module(value, rest)
        else:
            _run.run_command(value, rest)
    elif first != "-" and first.startswith("-"):
        return _refuse(f"rsock: unknown option {first}")
    else:
        from . import _run

        if first == "-":
            _run.run_input(rest)
        else:
            _run.run_path(first, rest)
    return 0


if __name__ == "__main__":
    # with nothing to report it ends as a program does: `python -i` would show an exit, and in it our frame
    if status := main(sys.argv[1:]):
        sys.exit(status)
