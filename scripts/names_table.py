"""Writes docs/names.md: every public name of `socket` in Python 2.7 and 3.10 to 3.15, and what rsock has for it.

The names stand in docs/names.json, a list for each version as Linux has it: `--collect` puts those of the
running Python there. `--check` only says whether the page is up to date; tests/test_names.py holds
names and page against the Python that runs it.
"""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
LISTS = DOCS / "names.json"
PAGE = DOCS / "names.md"
RE_EXPORTED = dict.fromkeys(["error", "timeout", "gaierror", "herror"], "the interpreter's own class")
RE_EXPORTED |= dict.fromkeys(["IntEnum", "IntFlag"], "an import of the stdlib's")
RE_EXPORTED |= dict.fromkeys(["EAGAIN", "EBADF", "EWOULDBLOCK"], "of `errno`")

SSL = "in 2.7 alone; `ssl` has it"
# What `socket.py` of Python 3 merely imports.
IMPORTED = {"partial"}
IMPORT = "in 2.7 alone; an import of the module's, no part of its interface"
LEFTOVER = "in 2.7 alone; a variable left over by the module's code"
WINDOWS = "Windows alone has it; rsock has it there"
ABSENT = {
    **dict.fromkeys(["EINTR", "MethodType", "StringIO", "partial"], IMPORT),
    **dict.fromkeys(["m", "meth", "p"], LEFTOVER),
    **dict.fromkeys(["ssl", "sslerror", "RAND_add", "RAND_egd", "RAND_status"], SSL),
    **dict.fromkeys(["SIO_RCVALL", "SIO_KEEPALIVE_VALS", "SIO_LOOPBACK_FAST_PATH", "errorTab", "fromshare"], WINDOWS),
    **dict.fromkeys(["RCVALL_OFF", "RCVALL_ON", "RCVALL_SOCKETLEVELONLY", "RCVALL_MAX"], WINDOWS),
}
HEAD = """# Every name of `socket`, and what rsock has for it

Written by `scripts/names_table.py` from `docs/names.json`: the public names of the module in
Python 2.7 and in 3.10 to 3.15 on Linux, and those that only Windows has. rsock has every name
of 3.10 and newer on every Python that it runs on; `tests/test_names.py` holds that. It has
many constants beyond these: each one of Linux's headers, see `python/rsock/_rsock.pyi`.

| name | 2.7 | 3.10 and newer | in rsock |
|---|---|---|---|
"""


def public_names() -> list[str]:
    """The names of the running Python's `socket`."""
    import socket

    found = vars(socket).items()
    public = {name for name, value in found if name[0] != "_" and not isinstance(value, types.ModuleType)}
    return sorted(public - IMPORTED)


def absent(name: str) -> str | None:
    """Why rsock has no such name on Linux, or None where it has."""
    return SSL if name.startswith("SSL_ERROR_") else ABSENT.get(name)


def since(name: str, lists: dict[str, list[str]]) -> str:
    """The first version of Python 3 that has the name, or nothing."""
    having = [version for version, names in lists.items() if version.startswith("3.") and name in names]
    if not having:
        return ""
    return "yes" if having[0] == "3.10" else f"{having[0]} and newer"


def status(name: str) -> str:
    """What rsock has for a name."""
    if reason := absent(name):
        return f"absent: {reason}"
    if name in RE_EXPORTED:
        return f"re-exported: {RE_EXPORTED[name]}"
    return "implemented"


def page(lists: dict[str, list[str]]) -> str:
    """The whole page."""
    rows = [
        f"| `{name}` | {'yes' if name in lists['2.7'] else ''} | {since(name, lists)} | {status(name)} |\n"
        for name in sorted({name for names in lists.values() for name in names})
    ]
    return HEAD + "".join(rows)


def main(arguments: list[str]) -> int:
    lists = json.loads(LISTS.read_text(encoding="utf-8"))
    if "--collect" in arguments:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        lists[version] = sorted({*lists.get(version, ()), *public_names()})
        LISTS.write_text(json.dumps(lists, indent=0) + "\n", encoding="utf-8")
    if "--check" in arguments:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page(lists)
        if not fresh:
            print("docs/names.md is out of date: run scripts/names_table.py", file=sys.stderr)
        return int(not fresh)
    PAGE.write_text(page(lists), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
