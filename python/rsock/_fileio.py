"""A socket as a file, by `SocketIO` and `makefile`; a file sent through a socket, by `sendfile`.

Owns: the raw stream and the choice of the `io` class over it; the two ways of sending a file and the choice between
them; and the refusal to pickle a socket. Must not know: address families, TLS (`SSLSocket.sendfile` calls these methods
with its own `send`).
Follows: the `socket` chapter of the Python library reference, the `io` chapter for what a raw stream owes,
sendfile(2).

The functions become methods of the Rust class: `__init__` sets them there. It is one file because a second one takes
a hundredth of the time of `import rsock`. `os` is asked for `sendfile` at each call, as programs and tests replace it.
"""

import io
import os
import sys
from errno import EAGAIN, EBADF, EWOULDBLOCK

from . import _rsock
from ._rsock import _hold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from _typeshed import WriteableBuffer

    from ._rsock import _Socket

__all__ = [
    "SocketIO",
    "_GiveupOnSendfile",
    "__getstate__",
    "_blocking_errnos",
    "_check_sendfile_params",
    "_sendfile_use_send",
    "_sendfile_use_sendfile",
    "makefile",
    "sendfile",
]

_blocking_errnos = {EAGAIN, EWOULDBLOCK}
_CLOSED = "I/O operation on closed socket."

_BLOCK_BY_KERNEL = 1 << 30  # a file of more than 2 GiB does not fit the count of one sendfile(2)
_BLOCK_BY_HAND = 8192

_public: "Any" = sys.modules[__name__.partition(".")[0]]  # asked at each call, as somebody may replace its SocketIO


class SocketIO(io.RawIOBase):
    """A raw, unbuffered stream over a socket, as `makefile(buffering=0)` gives it.

    It holds the socket open: closing the socket closes the connection only once each stream over it is
    closed. A read or write that would block a non-blocking socket gives None. A read that timed out leaves
    the stream unreadable, since a buffer above may have lost part of what it had read.
    """

    def __init__(self, sock: "_Socket", mode: str) -> None:
        if mode not in ("r", "w", "rw", "rb", "wb", "rwb"):
            io.RawIOBase.close(self)  # nothing is left for the garbage collector to complain of
            raise ValueError("invalid mode: %r" % mode)  # noqa: UP031 - a tuple is told as the stdlib tells it
        io.RawIOBase.__init__(self)
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

    # These three look by themselves: the classes of `io` call them for each `makefile`, where
    # a method more was a tenth of the time.

    def readable(self) -> bool:
        """Return whether the stream was opened for reading."""
        if self.closed:
            raise ValueError(_CLOSED)
        return self._reading

    def writable(self) -> bool:
        """Return whether the stream was opened for writing."""
        if self.closed:
            raise ValueError(_CLOSED)
        return self._writing

    def seekable(self) -> bool:
        """Return False: a socket has no position."""
        if self.closed:
            raise ValueError(_CLOSED)
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
        io.RawIOBase.close(self)
        self._sock._decref_socketios()
        self._sock = None


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
    _hold(self)
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


class _GiveupOnSendfile(Exception):
    """os.sendfile() cannot do it, nothing is sent yet: read and send instead."""


_GiveupOnSendfile.__module__ = __name__.partition(".")[0]


def sendfile(self: "_Socket", file: "IO[bytes]", offset: int = 0, count: int | None = None) -> int:
    """Send a file from an offset, to its end or `count` bytes of it, and give the number of bytes sent.

    The file is open in binary mode; where it is a regular one and the system has os.sendfile(), no byte passes
    through Python. The socket is of type SOCK_STREAM, and blocking or with a timeout. The position of the file
    is then behind the last byte sent, also after an error.
    """
    try:
        return self._sendfile_use_sendfile(file, offset, count)
    except _GiveupOnSendfile:
        return self._sendfile_use_send(file, offset, count)


def _check_sendfile_params(self: "_Socket", file: "IO[bytes]", offset: int, count: int | None) -> None:
    if "b" not in getattr(file, "mode", "b"):
        raise ValueError("file should be opened in binary mode")
    if not self.type & _rsock.SOCK_STREAM:
        raise ValueError("only SOCK_STREAM type sockets are supported")
    if count is not None:
        if not isinstance(count, int):
            raise TypeError(f"count must be a positive integer (got {count!r})")
        if count <= 0:
            raise ValueError(f"count must be a positive integer (got {count!r})")


def _sendfile_use_sendfile(self: "_Socket", file: "IO[bytes]", offset: int = 0, count: int | None = None) -> int:
    if not hasattr(os, "sendfile"):
        raise _GiveupOnSendfile("os.sendfile() not available on this platform")
    self._check_sendfile_params(file, offset, count)
    try:
        source = file.fileno()
        size = os.fstat(source).st_size
    except (AttributeError, OSError) as exc:
        raise _GiveupOnSendfile(exc)  # noqa: B904 - as the stdlib's own: a context, no cause
    if not size:
        return 0
    if self.gettimeout() == 0:
        raise ValueError("non-blocking sockets are not supported")
    sent = 0

    def send_blocks(target: int) -> None:
        nonlocal sent
        if target < 0:
            raise ValueError(f"Invalid file descriptor: {target}")
        while count is None or sent < count:
            if self.fileno() != target:
                raise OSError(EBADF, os.strerror(EBADF))
            block = min(_BLOCK_BY_KERNEL, size if count is None else count - sent)
            try:
                done = os.sendfile(target, source, offset + sent, block)
            except BlockingIOError:
                _wait_writable(self, target)
                continue
            except OSError as exc:
                if sent == 0:
                    raise _GiveupOnSendfile(exc)  # noqa: B904 - as the stdlib's own: a context, no cause
                raise
            if done == 0:
                break
            sent += done

    try:
        # The number may be closed by another thread and given to something else between two blocks, which
        # then would get the rest of the file.
        _rsock._in_use(self, send_blocks)
    finally:
        if sent and hasattr(file, "seek"):
            file.seek(offset + sent)
    return sent


def _sendfile_use_send(self: "_Socket", file: "IO[bytes]", offset: int = 0, count: int | None = None) -> int:
    self._check_sendfile_params(file, offset, count)
    if self.gettimeout() == 0:
        raise ValueError("non-blocking sockets are not supported")
    if offset:
        file.seek(offset)
    sent = 0
    try:
        while count is None or sent < count:
            block = _BLOCK_BY_HAND if count is None else min(_BLOCK_BY_HAND, count - sent)
            view = memoryview(file.read(block))
            if not view:
                break
            while view:
                try:
                    done = self.send(view)
                except BlockingIOError:
                    continue
                sent += done
                view = view[done:]
    finally:
        if sent and hasattr(file, "seek"):
            file.seek(offset + sent)
    return sent


def _wait_writable(sock: "_Socket", number: int) -> None:
    """Wait until the connection takes more, no longer than the timeout of the socket.

    It is called for a blocking socket too: its descriptor may be non-blocking by another process's doing.
    """
    import select

    poll = select.poll()
    poll.register(number, select.POLLOUT)
    timeout = sock.gettimeout()
    ready = poll.poll(None if timeout is None else timeout * 1000)
    if sock.fileno() < 0:
        raise OSError(EBADF, os.strerror(EBADF))
    if not ready:
        raise TimeoutError("timed out")
