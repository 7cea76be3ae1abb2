"""The floors: a file uses only files on floors below its own.

The tables here are the law that CONTRIBUTING.md explains, read off the `crate::`
and `super::` paths of src/ and the imports of python/rsock. Unit tests at the
bottom of a Rust file are left out: they may use what they like.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
PACKAGE = ROOT / "python" / "rsock"

# Lowest floor first. A pattern that ends in `*` stands for every file of that
# folder that is not named itself.
RUST_FLOORS = [
    ("0-", ["sys::libc", "sys::libc::unix", "sys::windows::libc"]),
    ("0a", ["sys::errno", "sys::flags", "sys::pointer"]),
    ("0a+", ["sys::ffi"]),
    ("0b", ["sys::fd", "sys::fork", "sys::storage"]),
    ("0b+", ["sys::cell", "sys::direct", "sys::windows::fd"]),
    ("0b++", ["sys::waker", "sys::windows::waker"]),
    ("0c", ["sys::cmsg", "sys::io", "sys::sole", "sys::wait"]),
    ("0c+", ["sys::opt"]),
    ("0d", ["sys::*", "sys::windows::*"]),
    ("0e", ["sys"]),
    ("1", ["release", "caught", "habit", "libpython", "once"]),
    ("1a", ["audit", "enums", "error", "method", "suggest", "timeout"]),
    ("1b", ["args", "buffer", "typeobj"]),
    ("1c", ["text"]),
    ("2", ["call"]),
    ("3a", ["addr::form", "addr::host"]),
    ("3b", ["addr::*"]),
    ("3c", ["addr"]),
    ("4a", ["sockobj::opened", "sockobj::state"]),
    ("4a+", ["sockobj::plain"]),
    ("4a++", ["sockobj::lifecycle"]),
    ("4b", ["finalize", "sockobj::message", "sockobj::open", "sockobj::options", "sockobj::transfer"]),
    ("4b+", ["sockobj::*"]),
    ("4c", ["consts", "consts::*", "convert", "iface", "module", "netdb", "netdb::*", "sockobj"]),
    ("5", ["capi", "lib"]),
]
PYTHON_FLOORS = [
    ("0", ["_winerrors"]),
    ("1", ["_rsock"]),
    ("2", ["_enums", "_reduction"]),
    ("3", ["_fileio"]),
    ("4", ["_helpers"]),
    ("5", ["_install"]),
    ("6", ["__init__"]),
    ("7a", ["_pth"]),
    ("7b", ["_check", "_run"]),
    ("8", ["__main__"]),
]
# Tables have no limit: a line there is data.
TABLES = {"consts"}
LINE_LIMIT = 400
# Importing one of these would import `socket` before it can be replaced.
BRINGS_SOCKET = {
    "asyncio",
    "email",
    "ftplib",
    "http",
    "importlib.metadata",
    "logging.handlers",
    "multiprocessing",
    "smtplib",
    "socket",
    "socketserver",
    "ssl",
    "unittest.mock",
    "urllib.request",
    "uuid",
}

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
STRING = re.compile(r'"(?:\\.|[^"\\])*"')
UNIT_TESTS = re.compile(r"^#\[cfg\((?:all\()?test\b.*", re.MULTILINE | re.DOTALL)
INLINE_MODULE = re.compile(r"\bmod \w+ \{")
PATH_START = re.compile(r"\b(crate|super)::")
SEGMENT = re.compile(r"\s*(\w+)\s*(::)?")


def floor_of(module: str, floors: list[tuple[str, list[str]]]) -> int:
    """Return the index of a module's floor; an own line goes before a pattern."""
    folder = module.rpartition("::")[0]
    for wanted in (module, f"{folder}::*"):
        for index, (_, names) in enumerate(floors):
            if wanted in names:
                return index
    raise LookupError(f"{module} stands on no floor: add it to the table")


def rust_modules() -> dict[str, Path]:
    """Map `sys::fd` to src/sys/fd.rs, and so on."""
    return {"::".join(path.relative_to(SRC).with_suffix("").parts): path for path in sorted(SRC.rglob("*.rs"))}


def code_of(source: str) -> str:
    """Return the source without comments, strings and unit tests."""
    return UNIT_TESTS.sub("", STRING.sub('""', COMMENT.sub("", source)))


def paths_from(code: str, at: int) -> tuple[list[list[str]], int]:
    """Read the path or the tree of paths that starts at an offset."""
    while at < len(code) and code[at].isspace():
        at += 1
    if code.startswith("{", at):
        found: list[list[str]] = []
        at += 1
        while at < len(code) and code[at] != "}":
            branch, at = paths_from(code, at)
            found += branch
            while at < len(code) and code[at] not in ",}":
                at += 1
            at += code.startswith(",", at)
            while at < len(code) and code[at].isspace():
                at += 1
        return found, at + 1
    segment = SEGMENT.match(code, at)
    if segment is None:
        return ([["*"]] if code.startswith("*", at) else []), at + 1
    name, more = segment.groups()
    if not more:
        return [[name]], segment.end()
    tails, end = paths_from(code, segment.end())
    return [[name, *tail] for tail in tails] or [[name]], end


def inline_modules(code: str, at: int) -> int:
    """Count the `mod name { ... }` blocks of the file that an offset is in."""
    count = 0
    for block in INLINE_MODULE.finditer(code, 0, at):
        inside = code[block.end() : at]
        if inside.count("{") >= inside.count("}"):
            count += 1
    return count


def rust_uses(module: str, source: str, modules: set[str]) -> set[str]:
    """Name the modules of this crate that a file's paths lead to."""
    code = code_of(source)
    used = set()
    for start in PATH_START.finditer(code):
        # in a file's inline module, `super` is the file itself
        parents = 0 if inline_modules(code, start.start()) else 1
        own = module.split("::")
        base = [] if start[1] == "crate" else own[: len(own) - parents]
        for path in paths_from(code, start.end())[0]:
            full = base + path
            while full and "::".join(full) not in modules:
                full.pop()
            used.add("::".join(full) or "lib")
    return used - {module}


def python_uses(source: str) -> tuple[set[str], set[str]]:
    """Name the files of the package and the other modules that a file imports."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []  # never run
    inside, outside = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = "rsock." if node.level else ""
            origin = package + (node.module or "")
            names = [f"{origin}.{alias.name}".replace("..", ".") for alias in node.names]
        else:
            continue
        for name in names:
            first, _, rest = name.partition(".")
            if first == "rsock":
                inside.add(rest.partition(".")[0] or "__init__")
            else:
                outside.add(name)
    return inside, outside


MODULES = rust_modules()
PYTHON_FILES = {path.stem: path for path in sorted(PACKAGE.glob("*.py"))}


@pytest.mark.parametrize("module", MODULES)
def test_rust_file_uses_only_lower_floors(module):
    own = floor_of(module, RUST_FLOORS)
    uses = rust_uses(module, MODULES[module].read_text(), set(MODULES))
    wrong = sorted(used for used in uses if floor_of(used, RUST_FLOORS) >= own)
    assert not wrong, f"{module} (floor {RUST_FLOORS[own][0]}) uses {wrong}"


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith("sys") and name != "addr::fuzz"])
def test_rust_file_names_its_floor(module):
    floor = re.match(r"//! Floor (\w+): ", MODULES[module].read_text())
    assert floor
    assert RUST_FLOORS[floor_of(module, RUST_FLOORS)][0].startswith(floor[1])


@pytest.mark.parametrize("name", PYTHON_FILES)
def test_python_file_uses_only_lower_floors(name):
    own = floor_of(name, PYTHON_FLOORS)
    inside, _ = python_uses(PYTHON_FILES[name].read_text())
    known = {used if used in PYTHON_FILES or used == "_rsock" else "__init__" for used in inside}
    wrong = sorted(used for used in known if floor_of(used, PYTHON_FLOORS) >= own)
    assert not wrong, f"{name} (floor {PYTHON_FLOORS[own][0]}) uses {wrong}"


@pytest.mark.parametrize("name", PYTHON_FILES)
def test_python_file_brings_no_socket(name):
    _, outside = python_uses(PYTHON_FILES[name].read_text())
    wrong = [used for used in outside for bad in BRINGS_SOCKET if f"{used}.".startswith(f"{bad}.")]
    assert not wrong, f"{name} imports {wrong}"


@pytest.mark.parametrize("module", MODULES)
def test_rust_file_keeps_the_laws_of_its_floor(module):
    code = code_of(MODULES[module].read_text())
    if module != "release":
        assert ".detach(" not in code, "only release.rs gives up the interpreter"
        assert "allow_threads" not in code, "only release.rs gives up the interpreter"
    if module not in {"release", "call", "lib"}:
        assert "release::" not in code, "only call.rs decides when"
    if module.startswith("sys"):
        assert not re.search(r"\b(pyo3|Python<)", code), "there is no Python in sys"
    else:
        assert not re.search(r"\bio::Error\b", code), "io::Error does not leave sys"


@pytest.mark.parametrize(
    "path",
    [path for path in [*MODULES.values(), *PYTHON_FILES.values()] if not TABLES & {path.stem, path.parent.name}],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_file_is_short_enough_to_read(path):
    assert len(path.read_text().splitlines()) <= LINE_LIMIT


def test_no_module_is_called_mod():
    assert not list(SRC.rglob("mod.rs"))


def test_reader_of_rust_paths_sees_each_form():
    source = """
        use crate::sys::{errno::{Errno, check}, fd::{self, RawFd}};  // crate::lib
        use super::state::Socket;
        fn f() { crate::call::run("crate::addr"); }
        #[cfg(test)]
        mod tests { use crate::netdb; }
    """
    source = "\n".join(line[8:] for line in source.splitlines())
    modules = {
        "sys",
        "sys::errno",
        "sys::fd",
        "call",
        "sockobj::state",
        "addr",
        "netdb",
    }
    uses = rust_uses("sockobj::transfer", source, modules)
    assert uses == {"sys::errno", "sys::fd", "sockobj::state", "call"}


def test_reader_of_rust_paths_knows_inline_modules():
    source = "mod one { use super::Thing; }\nuse super::state;\nmod two { mod x {} use super::f; }"
    modules = {"sockobj", "sockobj::options", "sockobj::state"}
    assert rust_uses("sockobj::options", source, modules) == {"sockobj::state"}
    assert rust_uses("sockobj::options", "use super::Thing;", modules) == {"sockobj"}


def test_reader_of_rust_paths_calls_the_root_lib():
    assert rust_uses("call", "use crate::Thing;", {"call"}) == {"lib"}


def test_reader_of_python_imports_sees_each_form():
    source = "import os\nfrom . import _enums\nfrom ._rsock import dup\nfrom rsock import x\n"
    hidden = "if TYPE_CHECKING:\n    import socket\n"
    assert python_uses(source + hidden) == ({"_enums", "_rsock", "x"}, {"os"})


def test_own_line_goes_before_a_pattern():
    assert floor_of("addr::host", RUST_FLOORS) < floor_of("addr::inet", RUST_FLOORS)
    with pytest.raises(LookupError, match="stands on no floor"):
        floor_of("newcomer", RUST_FLOORS)
