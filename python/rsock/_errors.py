"""The exception classes of the module: the lowest Python layer.

Owns: `error`, `timeout`, `herror` and `gaierror`, which the extension fetches from here when it first
raises one. Must not know: the extension, or anything else of the package.

The interpreter's own `gaierror` and `herror` are used where it has them, so that one `except` clause
catches those of rsock and those of the built-in `socket` alike. `_socket` makes them anew each time it is
imported from scratch, so it is left in `sys.modules` for a later `import socket` to find.
"""

__all__ = ["error", "gaierror", "herror", "timeout"]

error = OSError
timeout = TimeoutError

try:
    from _socket import gaierror, herror
except ImportError:

    class herror(OSError):  # type: ignore[no-redef]
        """A lookup by `gethostbyname_ex` or `gethostbyaddr` failed: `(h_errno, text)`."""

    class gaierror(OSError):  # type: ignore[no-redef]
        """A lookup by `getaddrinfo` or `getnameinfo` failed: `(EAI_ constant, text)`."""

    herror.__module__ = gaierror.__module__ = "socket"
