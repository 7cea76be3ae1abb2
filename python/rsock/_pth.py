"""`python -m rsock enable` and `disable`: rsock in each process of an environment that asks for it.

Owns: the `.pth` file, whose one line `site` runs while Python starts. Must not know: what install() does.
Follows: the `site` chapter of the Python library reference.

A `.pth` reaches children that are started with -E or -I, where PYTHONPATH and `sitecustomize` do not; -S alone
leaves it out. Each start of Python pays for the line, so it only looks at one variable unless that is set.
"""

import os
import sys
import sysconfig

__all__ = ["VARIABLE", "disable", "enable", "enabled_by"]

VARIABLE = "RSOCK_INSTALL"
_LINE = f'import os; os.environ.get("{VARIABLE}") == "1" and __import__("rsock").install()\n'
_NAME = "00_rsock.pth"  # `site` goes by name: before the lines of others that may import `socket`


def _path() -> str:
    return os.path.join(sysconfig.get_path("purelib"), _NAME)


def enabled_by() -> str | None:
    """Return the path of the file; None if it is not there."""
    path = _path()
    return path if os.path.exists(path) else None


def enable() -> str:
    """Write the file, and tell what that does."""
    path = _path()
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    # an editable install is found by a `.pth` of its own, which comes later
    first = "" if os.path.samefile(home, os.path.dirname(path)) else f"{home}\n"
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(first + _LINE)
    except OSError as exc:
        sys.exit(f"rsock: cannot write {path}: {exc.strerror}")
    return f"wrote {path}: each Python of this environment uses rsock when {VARIABLE}=1 is set\n"


def disable() -> str:
    """Remove the file, and tell whether there was one."""
    path = _path()
    try:
        os.unlink(path)
    except FileNotFoundError:
        return f"there is no {path}\n"
    except OSError as exc:
        sys.exit(f"rsock: cannot remove {path}: {exc.strerror}")
    return f"removed {path}\n"
