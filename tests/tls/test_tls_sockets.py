"""TLS sockets made by `wrap_socket`, in each mode of the socket below them.

Follows: the documentation of `ssl`. `_ssl` reads descriptor and timeout straight from our object.
"""

from __future__ import annotations

import gc
import re
import select
import socket
import ssl
import sys
import time
import weakref

import pytest
from conftest import NAME, contexts, in_thread
from support import LIMIT, recv_exactly, tcp_pair

BIG = bytes(range(256)) * 4096


def spin(sock, step):
    """Repeat a step of a non-blocking TLS socket, waiting for what it asks for."""
    while True:
        try:
            return step()
        except ssl.SSLWantReadError:
            assert select.select([sock], [], [], LIMIT)[0]
        except ssl.SSLWantWriteError:
            assert select.select([], [sock], [], LIMIT)[1]


@pytest.mark.parametrize("timeout", [None, LIMIT], ids=["blocking", "timeout"])
def test_echo(tls, timeout):
    with tls.pair(timeout=timeout) as (client, server):
        assert client.gettimeout() == server.gettimeout() == timeout
        assert client.getpeercert()["subjectAltName"]

        def serve():
            server.sendall(recv_exactly(server, len(BIG)))

        with in_thread(serve):
            client.sendall(BIG)
            assert recv_exactly(client, len(BIG)) == BIG


def test_nonblocking_handshake(tls):
    with tcp_pair(socket) as (one, other):
        one.setblocking(False)
        other.setblocking(False)
        client = tls.client.wrap_socket(one, server_hostname=NAME, do_handshake_on_connect=False)
        server = tls.server.wrap_socket(other, server_side=True, do_handshake_on_connect=False)
        with client, server:
            with pytest.raises(ssl.SSLWantReadError):
                client.do_handshake()
            with in_thread(lambda: spin(server, server.do_handshake)):
                spin(client, client.do_handshake)
            with pytest.raises(ssl.SSLWantReadError):
                server.recv(1)
            assert client.send(b"hello") == 5
            assert spin(server, lambda: server.recv(100)) == b"hello"


def test_connect_after_wrap(tls):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            sock, _ = listener.accept()
            with tls.server.wrap_socket(sock, server_side=True) as server:
                server.sendall(b"welcome")

        with in_thread(serve), tls.client.wrap_socket(socket.socket(), server_hostname=NAME) as client:
            client.settimeout(LIMIT)
            client.connect(listener.getsockname())
            assert recv_exactly(client, 7) == b"welcome"


def test_accept_of_a_wrapped_listener(tls):
    listener = tls.server.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
    with listener:
        listener.settimeout(LIMIT)
        with in_thread(listener.accept) as accepted:
            plain = socket.create_connection(listener.getsockname(), timeout=LIMIT)
            client = tls.client.wrap_socket(plain, server_hostname=NAME)
        server, address = accepted()
        with client, server:
            assert type(server) is ssl.SSLSocket
            assert address == client.getsockname()
            server.sendall(b"x")
            assert client.recv(1) == b"x"


def test_reading_times_out(tls):
    with tls.pair() as (client, _):
        client.settimeout(0.2)
        used, begun = time.thread_time(), time.monotonic()
        with pytest.raises(TimeoutError, match="The read operation timed out"):
            client.recv(1)
        assert 0.15 < time.monotonic() - begun < LIMIT
        assert time.thread_time() - used < 0.1  # a stale timeout would have it spin


def test_writing_times_out(tls):
    with tls.pair() as (client, _):
        client.settimeout(0.2)
        with pytest.raises(TimeoutError, match="The write operation timed out"):
            for _ in range(1000):
                client.sendall(BIG)


def test_handshake_times_out(tls):
    with tcp_pair(socket) as (one, _):
        one.settimeout(0.2)
        begun = time.monotonic()
        with pytest.raises(TimeoutError, match="handshake operation timed out"):
            tls.client.wrap_socket(one, server_hostname=NAME)
        assert 0.15 < time.monotonic() - begun < LIMIT


def test_mode_changes_under_a_live_connection(tls):
    with tls.pair(timeout=None) as (client, server):
        for _ in range(2):
            client.setblocking(False)
            with pytest.raises(ssl.SSLWantReadError):
                client.recv(1)
            client.settimeout(0.05)
            with pytest.raises(TimeoutError):
                client.recv(1)
            client.settimeout(None)
            server.sendall(b"now")
            assert recv_exactly(client, 3) == b"now"


@pytest.mark.thread_unsafe(reason="changes the default timeout")
def test_default_timeout_reaches_the_handshake(tls):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        socket.setdefaulttimeout(0.2)
        try:
            with tls.client.wrap_socket(socket.socket(), server_hostname=NAME) as client:
                with pytest.raises(TimeoutError):
                    client.connect(listener.getsockname())
                assert client.gettimeout() == 0.2
        finally:
            socket.setdefaulttimeout(None)


def test_sni_callback_gets_the_socket(authority):
    tls = contexts(authority)
    seen = []

    def choose(sock, name, context):
        seen.append((type(sock), name, context is tls.server, sock.fileno() >= 0))

    tls.server.sni_callback = choose
    with tls.pair():
        assert seen == [(ssl.SSLSocket, NAME, True, True)]


@pytest.mark.parametrize("timeout", [None, LIMIT], ids=["blocking", "timeout"])
def test_unwrap_returns_the_same_object(tls, timeout):
    with tls.pair(timeout=timeout) as (client, server):
        with in_thread(server.unwrap) as unwrapped:
            assert client.unwrap() is client
        assert unwrapped() is server
        client.sendall(b"in the clear")
        assert recv_exactly(server, 12) == b"in the clear"
        with pytest.raises(ValueError, match="No SSL wrapper around"):
            client.unwrap()


def test_wrapped_socket_takes_the_descriptor(tls):
    with tcp_pair(socket) as (one, _):
        number = one.fileno()
        with tls.client.wrap_socket(one, server_hostname=NAME, do_handshake_on_connect=False) as client:
            assert (client.fileno(), one.fileno()) == (number, -1)
            assert (client.family, client.type, client.proto) == (one.family, one.type, one.proto)
            assert isinstance(client, socket.socket)
            with pytest.raises(NotImplementedError):
                client.dup()


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="fails on the stock module of 3.13, too")
def test_errors_after_close(tls):
    with tls.pair() as (client, server):
        below = client._sslobj
        client.close()
        assert client.fileno() == -1
        with pytest.raises(OSError, match="Bad file descriptor"):
            client.recv(1)
        with pytest.raises(ssl.SSLError, match="Underlying socket connection gone"):
            below.shutdown()
        assert server.recv(1) == b""


def test_socket_collected_under_its_tls_object(tls):
    with tcp_pair(socket) as (one, other):
        below = tls.client._wrap_socket(one, False, NAME)
        watch = weakref.ref(one)
        assert below.owner is None
        one.close()
    del one, other
    gc.collect()
    assert watch() is None
    with pytest.raises(ssl.SSLError, match="Underlying socket connection gone"):
        below.do_handshake()


@pytest.mark.parametrize("other", [None, 7, object()], ids=["none", "int", "object"])
def test_other_types_are_refused(tls, other):
    with pytest.raises(TypeError, match=r"must be _socket\.socket, not "):
        tls.client._wrap_socket(other, False, NAME)


def test_plain_base_socket_has_no_weak_reference(tls):
    with tcp_pair(socket) as (one, _):
        base = socket.SocketType(fileno=one.detach())
    try:
        with pytest.raises(TypeError, match="cannot create weak reference"):
            tls.client._wrap_socket(base, False, NAME)
    finally:
        base.close()


def test_peer_that_closes_without_a_word(tls):
    with tls.pair() as (client, server):
        server.close()
        assert client.recv(1) == b""
    with tls.pair() as (client, server):
        client.suppress_ragged_eofs = False
        server.close()
        with pytest.raises(ssl.SSLEOFError):
            client.recv(1)


def test_certificate_that_nobody_trusts(tls):
    stranger = ssl.create_default_context()
    with tcp_pair(socket) as (one, other):
        other.settimeout(LIMIT)

        def serve():
            with pytest.raises(ssl.SSLError):
                tls.server.wrap_socket(other, server_side=True)

        with in_thread(serve) as served, pytest.raises(ssl.SSLCertVerificationError):
            stranger.wrap_socket(one, server_hostname=NAME)
        served()


def test_makefile_and_sendfile(tls, tmp_path):
    path = tmp_path / "big"
    path.write_bytes(BIG)
    with tls.pair() as (client, server):

        def serve():
            with open(path, "rb") as file:
                sent = server.sendfile(file)
            server.close()
            return sent

        with in_thread(serve) as sent, client.makefile("rb") as file:
            assert file.read() == BIG
        assert sent() == len(BIG)


def test_receiving_into_memory(tls):
    with tls.pair() as (client, server):
        server.sendall(b"0123456789")
        window = bytearray(8)
        assert client.recv_into(window, 4) == 4
        assert window == b"0123\0\0\0\0"
        assert client.pending() == 6
        assert client.read(6, memoryview(window)) == 6
        assert window == b"456789\0\0"


def test_plain_methods_that_tls_refuses(tls):
    with tls.pair() as (client, _):
        for call in (
            lambda: client.recv(1, socket.MSG_PEEK),
            lambda: client.send(b"x", socket.MSG_OOB),
            lambda: client.recvfrom(1),
            lambda: client.sendto(b"x", client.getpeername()),
        ):
            with pytest.raises(ValueError):
                call()
        with pytest.raises(NotImplementedError):
            client.recvmsg(1)


def test_session_is_taken_up_again(tls):
    tls.client.maximum_version = ssl.TLSVersion.TLSv1_2
    with tls.pair() as (client, _):
        session = client.session
    with (
        tcp_pair(socket) as (one, other),
        in_thread(lambda: tls.server.wrap_socket(other, server_side=True)) as accepted,
    ):
        client = tls.client.wrap_socket(one, server_hostname=NAME, session=session)
    with client, accepted():
        assert client.session_reused


def test_unclosed_socket_warns_as_itself(tls):
    with tcp_pair(socket) as (one, _):
        client = tls.client.wrap_socket(one, server_hostname=NAME, do_handshake_on_connect=False)
        text = repr(client)
        holder = [client]
        del client
        with pytest.warns(ResourceWarning, match=re.escape(text)):
            holder.clear()
