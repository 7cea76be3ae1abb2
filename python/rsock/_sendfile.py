"""`socket.sendfile`: a file sent by os.sendfile(), or read and sent where the system or the file rules that out.

Owns: the two ways and the choice between them. Must not know: address families, TLS (`SSLSocket.sendfile`
calls these methods with its own `send`).
Follows: sendfile(2), the `socket.sendfile` entry of the Python library reference.

The functions become methods of the Rust class: `__init__` sets them there. `os` is asked for `sendfile` at each
call, as programs and tests replace it.
"""

import os
from errno import EBADF

from . import _rsock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

    from ._rsock import _Socket

__all__ = [
    "_GiveupOnSendfile",
    "_check_sendfile_params",
    "_sendfile_use_send",
    "_sendfile_use_sendfile",
    "sendfile",
]

_BLOCK_BY_KERNEL = 1 << 30  # a file of more than 2 GiB does not fit the count of one sendfile(2)
_BLOCK_BY_HAND = 8192


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
    target = _hold(self)
    position, sent = offset, 0
    try:
        while count is None or sent < count:
            block = min(_BLOCK_BY_KERNEL, size if count is None else count - sent)
            try:
                done = os.sendfile(target, source, position, block)
            except BlockingIOError:
                _wait_writable(self, target)
                continue
            except OSError as exc:
                if sent == 0:
                    raise _GiveupOnSendfile(exc)  # noqa: B904 - as the stdlib's own: a context, no cause
                raise
            if done == 0:
                break
            position += done
            sent += done
    finally:
        os.close(target)
        if sent and hasattr(file, "seek"):
            file.seek(position)
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


def _hold(sock: "_Socket") -> int:
    """Give a descriptor of the socket's connection that no other thread can close.

    The number of the socket itself may be closed and given to something else between two blocks, which then
    would get the rest of the file.
    """
    number = sock.fileno()
    if number < 0:
        raise ValueError(f"Invalid file descriptor: {number}")
    held = os.dup(number)
    if sock.fileno() != number:
        os.close(held)
        raise OSError(EBADF, os.strerror(EBADF))
    return held


def _wait_writable(sock: "_Socket", held: int) -> None:
    """Wait until the connection takes more, no longer than the timeout of the socket.

    It is called for a blocking socket too: its descriptor may be non-blocking by another process's doing.
    """
    import select

    poll = select.poll()
    poll.register(held, select.POLLOUT)
    timeout = sock.gettimeout()
    ready = poll.poll(None if timeout is None else timeout * 1000)
    if sock.fileno() < 0:
        raise OSError(EBADF, os.strerror(EBADF))
    if not ready:
        raise TimeoutError("timed out")
