"""What the tests of TLS get: certificates, contexts, and connected pairs of TLS sockets.

The tests of this folder `import socket` and `ssl` as any program would, so they run on whatever the interpreter is
on: on the stdlib in the ordinary run, and under `python -m rsock -m pytest` by test_tls.py beside the folder.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from support import LIMIT, tcp_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "localhost"


@dataclass
class Tls:
    """Both ends' contexts, and what is commonly done with them."""

    server: ssl.SSLContext
    client: ssl.SSLContext

    def pair(self, *, timeout: float | None = LIMIT) -> contextlib.AbstractContextManager[Any]:
        """Yield the client's and the server's end of a TLS connection."""
        return self._pair(timeout)

    @contextlib.contextmanager
    def _pair(self, timeout: float | None) -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
        with tcp_pair(socket) as (one, other):
            one.settimeout(timeout)
            other.settimeout(timeout)
            with in_thread(lambda: self.server.wrap_socket(other, server_side=True)) as accepted:
                client = self.client.wrap_socket(one, server_hostname=NAME)
            with client, accepted() as server:
                yield client, server


@contextlib.contextmanager
def in_thread(call: Callable[[], Any]) -> Iterator[Callable[[], Any]]:
    """Run a call beside the block; what is yielded gives its result after the block."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append((call(), None))
        except BaseException as error:
            outcome.append((None, error))

    def result() -> Any:
        ((value, error),) = outcome
        if error is not None:
            raise error
        return value

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield result
    finally:
        thread.join(2 * LIMIT)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority that lives as long as the run."""
    return trustme.CA()


def contexts(authority: trustme.CA) -> Tls:
    """Make contexts of a server at localhost and of a client that trusts it."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME, "127.0.0.1").configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    return Tls(server, client)


@pytest.fixture
def tls(authority) -> Tls:
    """Contexts of a server and of a client, which all threads of a test share."""
    return contexts(authority)
