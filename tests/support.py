"""Helpers that tests call inside their bodies: connected pairs and listeners.

Each takes the module under test first. They are context managers and not
fixtures, so that under `pytest-run-parallel` each thread has its own sockets.
Loopback only, and the system picks the port.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

LIMIT = 20.0
"""Seconds after which a wait in a test is a failure rather than a slow machine."""


@contextlib.contextmanager
def listener(mod: Any, family: str = "AF_INET", backlog: int = 16) -> Iterator[Any]:
    """Yield a TCP socket that listens on loopback."""
    host = "::1" if family == "AF_INET6" else "127.0.0.1"
    with mod.socket(getattr(mod, family), mod.SOCK_STREAM) as sock:
        sock.bind((host, 0))
        sock.listen(backlog)
        yield sock


@contextlib.contextmanager
def tcp_pair(mod: Any, family: str = "AF_INET") -> Iterator[tuple[Any, Any]]:
    """Yield the client's and the server's end of a TCP connection."""
    with (
        listener(mod, family) as server,
        mod.socket(getattr(mod, family), mod.SOCK_STREAM) as client,
    ):
        client.connect(server.getsockname())
        peer, _ = server.accept()
        with peer:
            yield client, peer


@contextlib.contextmanager
def udp_pair(mod: Any, family: str = "AF_INET") -> Iterator[tuple[Any, Any]]:
    """Yield two UDP sockets that are connected to each other."""
    host = "::1" if family == "AF_INET6" else "127.0.0.1"
    with (
        mod.socket(getattr(mod, family), mod.SOCK_DGRAM) as one,
        mod.socket(getattr(mod, family), mod.SOCK_DGRAM) as other,
    ):
        one.bind((host, 0))
        other.bind((host, 0))
        one.connect(other.getsockname())
        other.connect(one.getsockname())
        yield one, other


@contextlib.contextmanager
def unix_pair(mod: Any, kind: str = "SOCK_STREAM") -> Iterator[tuple[Any, Any]]:
    """Yield two AF_UNIX sockets that are connected to each other."""
    one, other = mod.socketpair(mod.AF_UNIX, getattr(mod, kind))
    with one, other:
        yield one, other


def recv_exactly(sock: Any, size: int) -> bytes:
    """Receive `size` bytes; fail where the stream ends before."""
    parts = []
    while size:
        part = sock.recv(min(size, 1 << 16))
        if not part:
            raise AssertionError(f"the stream ended {size} bytes early")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
