"""`python -m rsock`: the command line.

Owns: what the arguments mean. Must not know: how a program is run (`_run`), what is reported (`_check`), what
`enable` writes (`_pth`).

While rsock is installed its package goes by another name, and `from . import` finds none of its files: each is asked
for by its own. The module must not import what brings `socket`, and reads no option that Python itself has read:
`python -O -m rsock app.py` runs the program with `-O`.
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
        from ._check import version

        sys.stdout.write(version())
    elif first == "--check":
        from . import install
        from ._check import report

        install()
        sys.stdout.write(report())
    elif first in {"enable", "disable"}:
        from ._pth import disable, enable

        sys.stdout.write(enable() if first == "enable" else disable())
    elif first[:2] in {"-m", "-c"}:
        option, value = first[:2], first[2:]
        if not value:
            if not rest:
                return _refuse(f"Argument expected for the {option} option")
            value, *rest = rest
        from ._run import run_command, run_module

        run = run_module if option == "-m" else run_command
        run(value, rest)
    elif first != "-" and first.startswith("-"):
        return _refuse(f"rsock: unknown option {first}")
    else:
        from ._run import run_input, run_path

        if first == "-":
            run_input(rest)
        else:
            run_path(first, rest)
    return 0


if __name__ == "__main__":
    # with nothing to report it ends as a program does: `python -i` would show an exit, and in it our frame
    if status := main(sys.argv[1:]):
        sys.exit(status)
