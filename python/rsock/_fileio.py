"""A socket as a file, by `SocketIO` and the method `makefile`; and the refusal to pickle one.

Owns: the raw stream and the choice of the `io` class over it. Must not know: system calls, address families.
Follows: the `socket` chapter of the Python library reference, the `io` chapter for what a raw stream owes.

The functions at the end become methods of the Rust class: `__init__` sets them there.
"""

import io
import sys
from errno import EAGAIN, EWOULDBLOCK

from . import _rsock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _typeshed import WriteableBuffer

    from ._rsock import _Socket

__all__ = ["SocketIO", "__getstate__", "_blocking_errnos", "makefile"]

_blocking_errnos = {EAGAIN, EWOULDBLOCK}

_public: "Any" = sys.modules[__name__.partition(".")[0]]


class SocketIO(io.RawIOBase):
    """A raw, unbuffered stream over a socket, as `makefile(buffering=0)` gives it.

    It holds the socket open: closing the socket closes the connection only once each stream over it is
    closed. A read or write that would block a non-blocking socket gives None. A read that timed out leaves
    the stream unreadable, since a buffer above may have lost part of what it had read.
    """

    def __init__(self, sock: "_Socket", mode: str) -> None:
        if mode not in ("r", "w", "rw", "rb", "wb", "rwb"):
            super().close()  # nothing is left for the garbage collector to complain of
            raise ValueError("invalid mode: %r" % mode)  # noqa: UP031 - a tuple is told as the stdlib tells it
        super().__init__()
        self._sock: Any = sock
        self._mode = mode if "b" in mode else mode + "b"
        self._reading = "r" in mode
        self._writing = "w" in mode
        self._timeout_occurred = False

    def readinto(self, b: "WriteableBuffer") -> int | None:
        """Receive into a buffer; return the count, 0 at the end of the stream, None if it would block."""
        self._checkClosed()
        if not self._reading:
            raise io.UnsupportedOperation("File or stream is not readable.")
        if self._timeout_occurred:
            raise OSError("cannot read from timed out object")
        try:
            return self._sock.recv_into(b)  # type: ignore[no-any-return]
        except TimeoutError:
            self._timeout_occurred = True
            raise
        except OSError as exc:
            if exc.errno in _blocking_errnos:
                return None
            raise

    def write(self, b: "Any") -> int | None:
        """Send from a buffer; return the count, which may be less than its length, None if it would block."""
        self._checkClosed()
        if not self._writing:
            raise io.UnsupportedOperation("File or stream is not writable.")
        try:
            return self._sock.send(b)  # type: ignore[no-any-return]
        except OSError as exc:
            if exc.errno in _blocking_errnos:
                return None
            raise

    def readable(self) -> bool:
        """Return whether the stream was opened for reading."""
        self._check_open()
        return self._reading

    def writable(self) -> bool:
        """Return whether the stream was opened for writing."""
        self._check_open()
        return self._writing

    def seekable(self) -> bool:
        """Return False: a socket has no position."""
        self._check_open()
        return False

    def fileno(self) -> int:
        """Return the descriptor of the socket below."""
        self._checkClosed()
        return self._sock.fileno()  # type: ignore[no-any-return]

    @property
    def name(self) -> int:
        """The descriptor, or -1 once the stream is closed."""
        return -1 if self.closed else self.fileno()

    @property
    def mode(self) -> str:
        """`rb`, `wb` or `rwb`."""
        return self._mode

    def close(self) -> None:
        """Close the stream; the last one that holds a closed socket closes the connection."""
        if self.closed:
            return
        super().close()
        self._sock._decref_socketios()
        self._sock = None

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed socket.")


SocketIO.__module__ = __name__.partition(".")[0]


def makefile(
    self: "_Socket",
    mode: str = "r",
    buffering: int | None = None,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
) -> "Any":
    """Return a file object over the socket, as open() does for a file; the mode is made of r, w and b alone.

    Each file object holds the socket open until it is closed itself. Buffering 0 gives a `SocketIO`.
    """
    if not set(mode) <= {"r", "w", "b"}:
        raise ValueError(f"invalid mode {mode!r} (only r, w, b allowed)")
    writing = "w" in mode
    reading = "r" in mode or not writing
    binary = "b" in mode
    if buffering is None or buffering < 0:
        buffering = io.DEFAULT_BUFFER_SIZE
    elif buffering == 0 and not binary:
        raise ValueError("unbuffered streams must be binary")
    raw = _public.SocketIO(self, "r" * reading + "w" * writing)
    _rsock._hold(self)
    if buffering == 0:
        return raw
    buffer: Any
    if reading and writing:
        buffer = io.BufferedRWPair(raw, raw, buffering)
    elif reading:
        buffer = io.BufferedReader(raw, buffering)
    else:
        buffer = io.BufferedWriter(raw, buffering)
    if binary:
        return buffer
    encoding = io.text_encoding(encoding)  # type: ignore[attr-defined,unused-ignore]
    text = io.TextIOWrapper(buffer, encoding, errors, newline)
    text.mode = mode  # type: ignore[misc]
    return text


def __getstate__(self: "_Socket") -> "Any":
    raise TypeError(f"cannot pickle {type(self).__name__!r} object")
