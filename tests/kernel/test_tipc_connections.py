"""TIPC connections: STREAM and SEQPACKET, and socketpair of all four types.

Follows: tipc(7). A connection that the peer closed is reset, not ended.
"""

from __future__ import annotations

import contextlib
import struct
import threading

import pytest
from guest_setup import TIPC_NODE

SERVICE = 888_888
KINDS = ["SOCK_STREAM", "SOCK_SEQPACKET"]


@contextlib.contextmanager
def connected(mod, open_socket, kind, target):
    """The client's end, the server's and the address that accept gave; `target` chooses the address to call."""
    server = open_socket("AF_TIPC", kind)
    server.bind((mod.TIPC_ADDR_NAMESEQ, SERVICE, 7, 9, mod.TIPC_NODE_SCOPE))
    server.listen()
    client = open_socket("AF_TIPC", kind)
    # The kernel answers a connect only when the other side accepts.
    thread = threading.Thread(target=client.connect, args=(target(server),))
    thread.start()
    peer, address = server.accept()
    thread.join()
    peer.settimeout(client.gettimeout())
    with peer:
        yield client, peer, address


@pytest.fixture(params=KINDS)
def connection(request, mod, open_socket):
    """A connection by name."""
    with connected(mod, open_socket, request.param, lambda _: (mod.TIPC_ADDR_NAME, SERVICE, 8, 0)) as made:
        yield made


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [4, 5])
def test_connect_to_a_port(mod, open_socket, kind, length):
    """The listener's own address, as getsockname gives it; its scope may be left out."""
    with connected(mod, open_socket, kind, lambda server: server.getsockname()[:length]) as (client, peer, address):
        assert address == client.getsockname() == peer.getpeername()
        room = bytearray(10)
        client.sendmsg([b"by ", b"port"])
        assert peer.recvfrom_into(room) == (7, address)
        assert room[:7] == b"by port"
        peer.send(b"x")
        assert client.recvmsg(10, 100)[:2] == (b"x", [])  # no name was called


def test_both_ends_agree_on_their_addresses(mod, connection):
    client, peer, address = connection
    assert address == client.getsockname() == peer.getpeername()
    assert client.getpeername() == peer.getsockname()
    kind, node, reference, zero, scope = address
    assert (kind, node, zero, scope) == (mod.TIPC_ADDR_ID, TIPC_NODE, 0, 0)
    assert reference != client.getpeername()[2]
    assert (peer.family, peer.type) == (mod.AF_TIPC, client.type)
    assert f"raddr={client.getpeername()}" in repr(client)


def test_data_flows_both_ways(connection):
    client, peer, address = connection
    client.sendall(b"there")
    assert peer.recvfrom(100) == (b"there", address)
    room = bytearray(10)
    peer.sendmsg([b"and ", b"back"])
    assert client.recv_into(room) == 8
    assert room[:8] == b"and back"


def test_recvmsg_tells_the_name_once_asked(mod, connection):
    client, peer, address = connection
    client.send(b"x")
    data, ancillary, _, sender = peer.recvmsg(10, 100)
    assert (data, sender) == (b"x", address)
    assert all(level == mod.SOL_TIPC for level, _, _ in ancillary)
    peer.send(b"y")
    data, ancillary, _, sender = client.recvmsg(10, 100)
    assert (data, sender) == (b"y", client.getpeername())
    assert ancillary == [(mod.SOL_TIPC, 3, struct.pack("=III", SERVICE, 8, 8))]


def test_boundaries(mod, connection):
    client, peer, _ = connection
    client.send(b"ab")
    client.send(b"cde")
    if client.type == mod.SOCK_SEQPACKET:
        assert [peer.recv(100), peer.recv(100)] == [b"ab", b"cde"]
    else:
        assert peer.recv(5, mod.MSG_WAITALL) == b"abcde"


@pytest.mark.parametrize("connection", ["SOCK_STREAM"], indirect=True)
def test_large_stream_arrives_whole(connection):
    client, peer, _ = connection
    sent = bytes(range(256)) * 4096
    thread = threading.Thread(target=client.sendall, args=(sent,))
    thread.start()
    received = bytearray()
    while len(received) < len(sent):
        received += peer.recv(65536)
    thread.join()
    assert received == sent


def test_blocking_receive_is_woken(connection):
    client, peer, _ = connection
    peer.settimeout(None)
    arrived = []
    thread = threading.Thread(target=lambda: arrived.append(peer.recv(100)))
    thread.start()
    client.send(b"wake")
    thread.join(10)
    assert arrived == [b"wake"]


def test_closed_peer_is_a_reset(connection):
    client, peer, _ = connection
    client.close()
    with pytest.raises(ConnectionResetError):
        peer.recv(10)


def test_makefile(connection):
    client, peer, _ = connection
    with client.makefile("wb") as out, peer.makefile("rb") as lines:
        out.write(b"one\ntwo\n")
        out.flush()
        assert [lines.readline(), lines.readline()] == [b"one\n", b"two\n"]


def test_connect_to_a_name_that_nobody_has(mod, open_socket):
    client = open_socket("AF_TIPC", "SOCK_STREAM")
    with pytest.raises(OSError):
        client.connect((mod.TIPC_ADDR_NAME, SERVICE, 12345, 0))


@pytest.mark.parametrize("kind", [*KINDS, "SOCK_RDM", "SOCK_DGRAM"])
def test_socketpair(mod, kind):
    one, other = mod.socketpair(mod.AF_TIPC, getattr(mod, kind))
    with one, other:
        assert one.getpeername() == other.getsockname()
        assert other.getpeername() == one.getsockname()
        one.send(b"paired")
        assert other.recvfrom(100) == (b"paired", one.getsockname())
