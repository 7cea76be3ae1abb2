"""RDS datagrams over loopback: addresses are AF_INET's pairs, (host, port).

Follows: rds(7).
"""

from __future__ import annotations

import errno

import pytest

HOST = ("127.0.0.1", 0)


@pytest.fixture
def pair(open_socket):
    sockets = [open_socket("AF_RDS", "SOCK_SEQPACKET") for _ in range(2)]
    for sock in sockets:
        sock.bind(HOST)
    return sockets


def test_names(pair):
    one, other = pair
    assert one.getsockname()[0] == other.getsockname()[0] == HOST[0]
    assert one.getsockname() != other.getsockname()
    assert f"laddr={one.getsockname()}" in repr(one)


def test_datagram_both_ways(pair):
    one, other = pair
    assert one.sendto(b"there", other.getsockname()) == 5
    assert other.recvfrom(100) == (b"there", one.getsockname())
    assert other.sendmsg([b"and ", b"back"], [], 0, one.getsockname()) == 8
    data, ancillary, flags, sender = one.recvmsg(100, 100)
    assert (data, ancillary, flags, sender) == (b"and back", [], 0, other.getsockname())


def test_recvfrom_into_and_truncation(mod, pair):
    one, other = pair
    one.sendto(b"abcdef", other.getsockname())
    room = bytearray(4)
    size, sender = other.recvfrom_into(room, 4, mod.MSG_PEEK)
    assert (size, room, sender) == (4, b"abcd", one.getsockname())
    data, _, flags, _ = other.recvmsg(4)
    assert (data, flags & mod.MSG_TRUNC) == (b"abcd", mod.MSG_TRUNC)


def test_connected(pair):
    one, other = pair
    one.connect(other.getsockname())
    assert one.getpeername() == other.getsockname()
    one.send(b"connected")
    assert other.recvfrom(100) == (b"connected", one.getsockname())


def test_cancel_and_option(mod, open_socket):
    sock = open_socket("AF_RDS", "SOCK_SEQPACKET")
    recverr = 5
    sock.setsockopt(mod.SOL_RDS if hasattr(mod, "SOL_RDS") else 276, recverr, 1)
    assert sock.getsockopt(276, recverr) == 1


def test_unbound_socket_cannot_send(open_socket):
    with pytest.raises(OSError) as caught:
        open_socket("AF_RDS", "SOCK_SEQPACKET").sendto(b"x", ("127.0.0.1", 9))
    assert caught.value.errno in (errno.ENOTCONN, errno.EDESTADDRREQ)


def test_bind_a_port_twice(pair, open_socket):
    with pytest.raises(OSError) as caught:
        open_socket("AF_RDS", "SOCK_SEQPACKET").bind(pair[0].getsockname())
    assert caught.value.errno == errno.EADDRINUSE
