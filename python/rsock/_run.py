"""Another program in this process, as `python` would run it, on rsock.

Owns: `sys.argv`, `sys.path[0]`, the module `__main__` that the program sees, and that no traceback shows us.
Must not know: the command line of rsock itself.
Follows: the "Command line and environment" chapter of the Python documentation, and for what it leaves open
what `python` of the running version does.

The exceptions of the program pass through to the interpreter, which knows what to do for SystemExit, for
KeyboardInterrupt and for `-i`; only the hook that prints is wrapped, at the last moment.
"""

import os
import sys
from importlib.machinery import BuiltinImporter, SourceFileLoader, SourcelessFileLoader
from importlib.util import MAGIC_NUMBER
from types import ModuleType, TracebackType

from . import install

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

__all__ = ["run_command", "run_input", "run_module", "run_path"]


def run_module(name: str, arguments: list[str]) -> None:
    """Run what `python -m name` runs."""
    _prepare(["-m", *arguments])
    _run_module(name, alter_argv=True)


def run_command(command: str, arguments: list[str]) -> None:
    """Run what `python -c command` runs."""
    _prepare(["-c", *arguments], "")
    import linecache

    if sys.version_info >= (3, 14):
        import textwrap

        command = textwrap.dedent(command)
    elif sys.version_info >= (3, 13):
        lines = command.splitlines(keepends=True)
        linecache.cache["<string>"] = (len(command), None, lines, "<string>")

    def code() -> "CodeType":
        compiled = compile(command, "<string>", "exec", dont_inherit=True)
        # tracebacks show the lines of a command from 3.13 on, and warnings no longer from 3.14 on
        if sys.version_info >= (3, 14):
            linecache._register_code(compiled, command, "<string>")  # type: ignore[attr-defined]
        return compiled

    _run_code(code)


def run_input(arguments: list[str]) -> None:
    """Run what `python -` runs: the program that standard input gives, or a dialogue where it is a terminal."""
    _prepare(["-", *arguments], "")
    if sys.stdin.isatty():
        import code

        code.interact(local=vars(_make_main()))
        return
    source = sys.stdin.buffer.read()
    _run_code(lambda: compile(source, "<stdin>", "exec", dont_inherit=True), __file__="<stdin>", __cached__=None)


def run_path(path: str, arguments: list[str]) -> None:
    """Run what `python path` runs: a script, or the `__main__` of a directory or a zip file."""
    full = os.path.join(os.getcwd(), path)
    if _is_container(full):
        _prepare([path, *arguments], full, always=True)
        _run_module("__main__", alter_argv=False)
        return
    try:
        import io

        with io.open_code(full) as file:
            source = file.read()
    except OSError as exc:
        sys.stderr.write(f"{sys.executable}: can't open file {full!r}: [Errno {exc.errno}] {exc.strerror}\n")
        sys.exit(2)
    _prepare([path, *arguments], os.path.dirname(os.path.realpath(full)))
    compiled = source.startswith(MAGIC_NUMBER)

    def code() -> "CodeType":
        if compiled:
            import marshal

            return marshal.loads(memoryview(source)[16:])  # type: ignore[no-any-return]
        return compile(source, full, "exec", dont_inherit=True)

    loader = SourcelessFileLoader if compiled else SourceFileLoader
    _run_code(code, __file__=full, __cached__=None, __loader__=loader("__main__", full))


def _prepare(argv: list[str], path0: str | None = None, *, always: bool = False) -> None:
    """Install rsock, here and in children that are set up for it, and leave no trace of its own command line."""
    install()
    os.environ["RSOCK_INSTALL"] = "1"
    sys.argv[:] = argv
    # the interpreter has put the working directory there for `-m rsock`, unless it was told to put nothing
    if path0 is not None:
        if not getattr(sys.flags, "safe_path", sys.flags.isolated):
            sys.path[0] = path0
        elif always:
            sys.path.insert(0, path0)


def _is_container(path: str) -> bool:
    import pkgutil

    return pkgutil.get_importer(path) is not None


def _make_main(**attributes: "Any") -> ModuleType:
    main = ModuleType("__main__")
    vars(main).update({"__builtins__": sys.modules["builtins"], "__loader__": BuiltinImporter, **attributes})
    if sys.version_info < (3, 14):
        vars(main)["__annotations__"] = {}
    sys.modules["__main__"] = main
    return main


def _run_module(name: str, *, alter_argv: bool) -> None:
    import runpy

    _make_main()
    run: Callable[[str, bool], object] = vars(runpy)["_run_module_as_main"]  # what `python -m` itself calls
    _call(lambda: run(name, alter_argv))


def _run_code(make: "Callable[[], CodeType]", **attributes: "Any") -> None:
    main = _make_main(**attributes)
    _call(lambda: exec(make(), vars(main)))


def _call(program: "Callable[[], object]") -> None:
    try:
        program()
    except SystemExit:
        raise
    except BaseException:
        _hide(sys.excepthook)
        raise


def _hide(hook: "Callable[..., Any]") -> None:
    """Have the hook that prints an uncaught exception see the frames of the program only."""

    def trimmed(kind: type[BaseException], value: BaseException, traceback: TracebackType | None) -> None:
        sys.excepthook = hook
        traceback = _without_ours(traceback)
        sys.last_traceback = traceback
        hook(kind, value.with_traceback(traceback), traceback)

    sys.excepthook = trimmed


def _without_ours(traceback: TracebackType | None) -> TracebackType | None:
    rest = entry = traceback
    while entry is not None:
        if entry.tb_frame.f_code.co_filename == __file__:
            rest = entry.tb_next
        entry = entry.tb_next
    return rest
