"""`python -m rsock`: a program must not notice by whom it was started.

Each program is run by `python` and by `python -m rsock`, and what it prints, its traceback and its exit code
have to be the same. That it was on rsock the second time is asked of a program of its own.
"""

from __future__ import annotations

import py_compile
import sys
import textwrap
import zipfile

import pytest
from children import python

PROBE = """
import os, sys
for name in sorted(set(globals()) - {"os", "sys"}):
    value = globals()[name]
    loader = (getattr(value, "name", None), getattr(value, "path", getattr(value, "archive", None)))
    print(name, "=", (type(value).__name__, loader) if name == "__loader__" else repr(value).split(" at 0x")[0])
print("argv", sys.argv)
print("path", sys.path[0], len(sys.path))
main = sys.modules["__main__"]
print("main", main.__dict__ is globals(), sys._getframe().f_code.co_filename, sys.flags.optimize)
class Thing:
    pass
print(Thing.__module__, Thing().__class__)
"""

FAILING = """
import sys
def inner():
    raise KeyError("inner")
def outer():
    try:
        inner()
    except KeyError as exc:
        raise ValueError("outer") from exc
outer()
"""

EXITS = {
    "nothing": "",
    "code": "import sys; sys.exit(5)",
    "text": "import sys; sys.exit('words')",
    "none": "raise SystemExit",
    "error": FAILING,
    "syntax": "x = = 1",
    "indentation": "if True:\nx = 1",
    "interrupt": "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "group": "raise BaseExceptionGroup('both', [ValueError(1), KeyboardInterrupt()])",
    "own hook": """
        import sys
        def hook(kind, value, traceback):
            print("hook", kind, value, traceback.tb_frame.f_code.co_name, traceback.tb_next is None)
        sys.excepthook = hook
        1 / 0
    """,
    "last": """
        import atexit, sys
        def last():
            print(sys.excepthook is sys.__excepthook__, sys.last_value, sys.last_traceback.tb_lineno)
        atexit.register(last)
        1 / 0
    """,
    "thread": """
        import threading
        thread = threading.Thread(target=lambda: 1 / 0, name="t")
        thread.start()
        thread.join()
    """,
    "warning": "import warnings; warnings.warn('careful')",
}

pytestmark = pytest.mark.thread_unsafe(reason="an interpreter for each, which ten threads would only start ten times")


def ours(*arguments, options=(), **keywords):
    """Run by rsock what `python` would run."""
    return python(*options, "-m", "rsock", *arguments, **keywords)


def assert_same(*arguments, options=(), **keywords):
    """Run it both ways and compare; return what `python` made of it."""
    stock = python(*options, *arguments, **keywords)
    done = ours(*arguments, options=options, **keywords)
    assert done.stdout == stock.stdout
    assert done.stderr == stock.stderr
    assert done.returncode == stock.returncode
    return stock


@pytest.fixture
def place(tmp_path):
    """A folder with the same program in each form that Python runs."""
    for name in ("probe.py", "folder/__main__.py", "package/__main__.py", "package/inner.py", "package/__init__.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("" if name.endswith("__init__.py") else PROBE)
    (tmp_path / "folder" / "link.py").symlink_to("../probe.py")
    (tmp_path / "linked").symlink_to("folder")
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr("__main__.py", PROBE)
    py_compile.compile(str(tmp_path / "probe.py"), str(tmp_path / "compiled.pyc"))
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["probe.py"],
        ["probe.py", "-m", "--help", "x y"],
        ["./folder/link.py"],
        ["linked/link.py"],
        ["folder", "argument"],
        ["linked"],
        ["app.pyz", "argument"],
        ["compiled.pyc", "argument"],
        ["-m", "probe", "argument", "-c"],
        ["-mprobe"],
        ["-m", "package"],
        ["-m", "package.inner", "argument"],
        ["-c", PROBE, "argument", "-x"],
        ["-c" + PROBE],
    ],
    ids=lambda arguments: " ".join(arguments).partition("\n")[0],
)
def test_program_sees_what_it_would_see(place, arguments):
    assert assert_same(*arguments, cwd=place).returncode == 0


@pytest.mark.parametrize("arguments", [["probe.py"], ["folder"], ["-m", "package"], ["-c", PROBE]], ids=lambda a: a[0])
@pytest.mark.parametrize("options", [["-O"], ["-I"], ["-s"], *([["-P"]] if sys.version_info >= (3, 11) else [])])
def test_options_of_python_hold(place, arguments, options):
    if options == ["-I"] and not _importable_in_isolation():
        pytest.skip("rsock is found by PYTHONPATH here, which -I leaves out")
    assert_same(*arguments, options=options, cwd=place)


def _importable_in_isolation():
    return python("-I", "-c", "import rsock").returncode == 0


def test_dialogue_after_the_program():
    shown = assert_same("-c", "x = 6", options=("-i",), stdin="print(7 * x)\n")
    assert shown.stdout == "42\n"
    assert "Traceback" not in shown.stderr


def test_absolute_path(place):
    assert_same(str(place / "probe.py"))
    assert_same(str(place / "app.pyz"))


def test_program_from_standard_input(place):
    assert assert_same("-", "argument", cwd=place, stdin=PROBE).returncode == 0
    assert assert_same("-", cwd=place, stdin=FAILING).returncode == 1
    assert assert_same("-", cwd=place, stdin="x = = 1").returncode == 1


@pytest.mark.parametrize("name", EXITS)
@pytest.mark.parametrize("form", ["script", "module", "command"])
def test_ends_as_it_would_end(tmp_path, name, form):
    source = textwrap.dedent(EXITS[name])
    (tmp_path / "program.py").write_text(source)
    arguments = {"script": ["program.py"], "module": ["-m", "program"], "command": ["-c", source]}[form]
    assert_same(*arguments, cwd=tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.py"],
        ["empty"],
        ["-m", "missing"],
        ["-m", "empty"],
        ["-m", "os.path.missing"],
        ["-m", "sys"],
        ["unreadable/program.py"],
    ],
    ids=" ".join,
)
def test_program_that_is_not_there(tmp_path, arguments):
    (tmp_path / "empty").mkdir()
    (tmp_path / "unreadable").write_text("")
    assert assert_same(*arguments, cwd=tmp_path).returncode != 0


def test_encoding_of_the_source_counts(tmp_path):
    (tmp_path / "latin.py").write_bytes("# coding: latin-1\nprint(ascii('ü'))\n".encode("latin-1"))
    assert assert_same("latin.py", cwd=tmp_path).stdout == "'\\xfc'\n"


@pytest.mark.parametrize("form", ["script", "module", "command", "input"])
def test_program_is_on_rsock(tmp_path, form):
    source = (
        "import os, socket, _socket, ssl\n"
        "print(socket.__name__, _socket.__name__, socket.socket.__module__, os.environ['RSOCK_INSTALL'])\n"
        "print(issubclass(ssl.SSLSocket, socket.socket))\n"
    )
    (tmp_path / "program.py").write_text(source)
    arguments = {"script": ["program.py"], "module": ["-m", "program"], "command": ["-c", source], "input": ["-"]}[form]
    done = ours(*arguments, cwd=tmp_path, stdin=source)
    assert done.stdout == "socket rsock._rsock rsock 1\nTrue\n", done.stderr
    assert not done.stderr


SPAWNING = """
import multiprocessing
class Thing:
    pass
def child(queue, thing):
    queue.put((__name__, type(thing).__module__, type(thing) is Thing))
if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=child, args=(queue, Thing()))
    process.start()
    print(queue.get(timeout=20))
    process.join()
    print(process.exitcode)
"""


@pytest.mark.parametrize("arguments", [["program.py"], ["-m", "program"], ["."]], ids=" ".join)
def test_spawned_child_finds_the_main_module(tmp_path, arguments):
    (tmp_path / "program.py").write_text(SPAWNING)
    (tmp_path / "__main__.py").write_text(SPAWNING)
    if arguments == ["."]:  # multiprocessing itself cannot import a folder's __main__ again
        (tmp_path / "__main__.py").write_text("import runpy\nrunpy.run_module('program', run_name='other')")
    assert assert_same(*arguments, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "there is no program to run"),
        (["-m"], "Argument expected for the -m option"),
        (["-c"], "Argument expected for the -c option"),
        (["--nonsense"], "unknown option --nonsense"),
    ],
    ids=str,
)
def test_refused_command_line(arguments, words):
    done = ours(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "usage: python -m rsock" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(option):
    done = ours(option)
    assert done.returncode == 0
    for word in ("-m module", "-c command", "--check", "enable", "disable", "--version", "RSOCK_INSTALL=1"):
        assert word in done.stdout


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_version(option):
    done = ours(option)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("rsock ")


def test_check():
    done = ours("--check")
    assert done.returncode == 0, done.stderr
    report = done.stdout
    assert "import socket    rsock" in report
    assert f"Python {sys.version.split()[0]}" in report
    assert ", on rsock" in report.partition("TLS ")[2].partition("\n")[0]
    assert "AF_INET " in report
    assert "AF_UNIX " in report
    on_ours = report.partition("modules on rsock: ")[2].partition("\n")[0]
    assert "ssl" in on_ours.split(", ")
    assert "modules on the built-in socket: none" in report


@pytest.mark.parametrize(
    ("early", "words"),
    [
        ("ssl", "on the built-in socket: ssl was loaded before rsock"),
        ("_ssl", "not on rsock: _ssl was loaded before it"),
    ],
)
def test_check_tells_of_modules_that_came_too_early(early, words):
    code = (
        f"import {early}, rsock; rsock.install(allow_late_ssl=True); from rsock._check import report; print(report())"
    )
    done = python("-W", "ignore", "-c", code)
    assert done.returncode == 0, done.stderr
    assert words in done.stdout
    holders = done.stdout.partition("modules on the built-in socket: ")[2].partition("\n")[0].split(", ")
    assert ("ssl" in holders) == (early == "ssl")
