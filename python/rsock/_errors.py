"""The exception classes of the module: the lowest Python layer.

Owns: `error`, `timeout`, `herror` and `gaierror`, which the extension fetches from here when it raises one. Must
not know: the extension, or anything else of the package.

The interpreter's own `gaierror` and `herror` are used where it has them, so that one `except` clause catches
those of rsock and those of the built-in `socket` alike. `_socket` is loaded for that when somebody first asks for
one of the two. It makes them anew each time it is imported from scratch, so it is left in `sys.modules` for a
later `import socket` to find.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import gaierror, herror
    from typing import Any

__all__ = ["error", "gaierror", "herror", "timeout"]

error = OSError
timeout = TimeoutError


def __getattr__(name: str) -> type[OSError]:
    # the extension, which is `_socket` to other modules, answers by this function too
    if name not in {"gaierror", "herror"}:
        raise AttributeError(f"module '_socket' has no attribute {name!r}")
    origin: Any
    try:
        import _socket as origin
    except ImportError:  # a Python that was built without it
        origin = None
    for known in ("gaierror", "herror"):
        globals()[known] = getattr(origin, known, None) or type(known, (OSError,), {"__module__": "socket"})
    return globals()[name]  # type: ignore[no-any-return]
