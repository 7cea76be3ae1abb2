"""TIPC messages between sockets of one node: RDM and DGRAM, by name, range and port.

Each field of an address differs from every other, so a swapped pair shows. The
node's own address is set by guest_setup.py. Follows: tipc(7), linux/tipc.h.
"""

from __future__ import annotations

import errno
import struct

import pytest
from guest_setup import TIPC_NODE

SERVICE = 0x11223344
LOWER, UPPER = 10, 20
KINDS = ["SOCK_RDM", "SOCK_DGRAM"]


@pytest.fixture(params=KINDS)
def pair(request, mod, open_socket):
    """A server bound to SERVICE, instances LOWER to UPPER, and a client."""
    server = open_socket("AF_TIPC", request.param)
    client = open_socket("AF_TIPC", request.param)
    server.bind((mod.TIPC_ADDR_NAMESEQ, SERVICE, LOWER, UPPER, mod.TIPC_NODE_SCOPE))
    return server, client


def is_port(mod, address):
    """A port's address, as the kernel gives it: node and reference, then zeros."""
    kind, node, reference, zero, scope = address
    return (kind, node, zero, scope) == (mod.TIPC_ADDR_ID, TIPC_NODE, 0, 0) and reference > 0


def test_unbound_socket_has_a_port(mod, open_socket):
    sock = open_socket("AF_TIPC", "SOCK_RDM")
    assert is_port(mod, sock.getsockname())
    assert f"laddr={sock.getsockname()}" in repr(sock)


def test_send_by_name(mod, pair):
    server, client = pair
    target = (mod.TIPC_ADDR_NAME, SERVICE, LOWER + 2, 0)
    assert client.sendto(b"by name", target) == 7
    assert server.recvfrom(100) == (b"by name", client.getsockname())
    assert is_port(mod, client.getsockname())
    assert client.getsockname() != server.getsockname()


@pytest.mark.parametrize("instance", [LOWER - 1, UPPER + 1])
def test_send_by_name_outside_the_range(mod, pair, instance):
    _, client = pair
    with pytest.raises(OSError) as caught:
        client.sendto(b"x", (mod.TIPC_ADDR_NAME, SERVICE, instance, 0))
    assert caught.value.errno == errno.EHOSTUNREACH


def test_send_by_name_with_a_domain(mod, pair):
    server, client = pair
    client.sendto(b"domain", (mod.TIPC_ADDR_NAME, SERVICE, LOWER, TIPC_NODE))
    assert server.recv(100) == b"domain"


@pytest.mark.parametrize("scope", [None, "TIPC_ZONE_SCOPE", "TIPC_CLUSTER_SCOPE", "TIPC_NODE_SCOPE"])
def test_bind_name_with_each_scope(mod, open_socket, scope):
    server = open_socket("AF_TIPC", "SOCK_RDM")
    client = open_socket("AF_TIPC", "SOCK_RDM")
    name = (mod.TIPC_ADDR_NAME, SERVICE, 77, 0)
    server.bind(name if scope is None else (*name, getattr(mod, scope)))
    client.sendto(b"scoped", name)
    assert server.recvfrom(100) == (b"scoped", client.getsockname())


def test_bind_again_adds_a_name_and_a_negative_scope_withdraws_it(mod, pair):
    server, client = pair
    added = (mod.TIPC_ADDR_NAMESEQ, SERVICE, 30, 40)
    server.bind((*added, mod.TIPC_NODE_SCOPE))
    for instance in (LOWER, 40):
        client.sendto(b"%d" % instance, (mod.TIPC_ADDR_NAME, SERVICE, instance, 0))
        assert server.recv(100) == b"%d" % instance
    server.bind((*added, -mod.TIPC_NODE_SCOPE))
    client.sendto(b"old", (mod.TIPC_ADDR_NAME, SERVICE, LOWER, 0))
    assert server.recv(100) == b"old"
    with pytest.raises(OSError) as caught:
        client.sendto(b"x", (mod.TIPC_ADDR_NAME, SERVICE, 40, 0))
    assert caught.value.errno == errno.EHOSTUNREACH


def test_multicast_to_a_range(mod, pair, open_socket):
    server, client = pair
    kind = "SOCK_RDM" if server.type == mod.SOCK_RDM else "SOCK_DGRAM"
    inside, outside = open_socket("AF_TIPC", kind), open_socket("AF_TIPC", kind)
    inside.bind((mod.TIPC_ADDR_NAMESEQ, SERVICE, 50, 60, mod.TIPC_NODE_SCOPE))
    outside.bind((mod.TIPC_ADDR_NAMESEQ, SERVICE, 90, 99, mod.TIPC_NODE_SCOPE))
    assert client.sendto(b"to many", (mod.TIPC_ADDR_NAMESEQ, SERVICE, UPPER, 55)) == 7
    for receiver in (server, inside):
        assert receiver.recvfrom(100) == (b"to many", client.getsockname())
    outside.settimeout(0)
    with pytest.raises(BlockingIOError):
        outside.recv(100)


def test_send_by_port(mod, pair):
    server, client = pair
    for target in (server.getsockname(), server.getsockname()[:4]):
        client.sendto(b"to a port", target)
        assert server.recvfrom(100) == (b"to a port", client.getsockname())
    server.sendto(b"and back", client.getsockname())
    assert client.recvfrom(100) == (b"and back", server.getsockname())


def test_recvfrom_into(mod, pair):
    server, client = pair
    client.sendto(b"into", (mod.TIPC_ADDR_NAME, SERVICE, LOWER, 0))
    room = bytearray(b"........")
    assert server.recvfrom_into(memoryview(room)[2:], 5) == (4, client.getsockname())
    assert room == b"..into.."


def test_sendmsg_and_recvmsg_tell_the_name_that_was_called(mod, pair):
    server, client = pair
    target = (mod.TIPC_ADDR_NAME, SERVICE, LOWER + 3, 0)
    assert client.sendmsg([b"in ", bytearray(b"parts")], [], 0, target) == 8
    data, ancillary, flags, sender = server.recvmsg(100, 200)
    assert (data, flags, sender) == (b"in parts", 0, client.getsockname())
    destname = struct.pack("=III", SERVICE, LOWER + 3, LOWER + 3)
    assert ancillary == [(mod.SOL_TIPC, 3, destname)]


def test_recvmsg_into_scatters(mod, pair):
    server, client = pair
    client.sendto(b"abcdef", (mod.TIPC_ADDR_NAME, SERVICE, LOWER, 0))
    first, second = bytearray(2), bytearray(8)
    size, _, _, sender = server.recvmsg_into([first, second], 200)
    assert (size, sender) == (6, client.getsockname())
    assert (first, second) == (b"ab", b"cdef\0\0\0\0")


def test_truncated_message(mod, pair):
    server, client = pair
    target = (mod.TIPC_ADDR_NAME, SERVICE, LOWER, 0)
    client.sendto(b"too long", target)
    client.sendto(b"next", target)
    data, _, flags, _ = server.recvmsg(3)
    assert (data, flags & mod.MSG_TRUNC) == (b"too", mod.MSG_TRUNC)
    assert server.recv(100) == b"next"


@pytest.mark.parametrize("form", ["TIPC_ADDR_NAME", "TIPC_ADDR_ID"])
def test_connected_datagram_socket(mod, pair, form):
    server, client = pair
    if form == "TIPC_ADDR_NAME":
        client.connect((mod.TIPC_ADDR_NAME, SERVICE, LOWER, 0))
    else:
        client.connect(server.getsockname())
    assert client.send(b"connected") == 9
    assert server.recvfrom(100) == (b"connected", client.getsockname())


def test_getpeername_of_an_unconnected_socket(mod, pair):
    with pytest.raises(OSError) as caught:
        pair[0].getpeername()
    assert caught.value.errno == errno.ENOTCONN


def test_undeliverable_message_comes_back(mod, pair, open_socket):
    _, client = pair
    client.setsockopt(mod.SOL_TIPC, mod.TIPC_DEST_DROPPABLE, 0)
    gone = open_socket("AF_TIPC", "SOCK_RDM")
    target = gone.getsockname()
    gone.close()
    client.sendto(b"lost", target)
    data, ancillary, _, sender = client.recvmsg(100, 200)
    no_port = 2
    assert (data, sender) == (b"", target)
    assert ancillary == [
        (mod.SOL_TIPC, 1, struct.pack("=II", no_port, 4)),
        (mod.SOL_TIPC, 2, b"lost"),
    ]


@pytest.mark.parametrize(
    ("address", "error"),
    [
        (("TIPC_ADDR_NAMESEQ", 12, 5, 5, 3), errno.EACCES),
        (("TIPC_ADDR_NAMESEQ", SERVICE, 6, 5, 3), errno.EINVAL),
        (("TIPC_ADDR_ID", TIPC_NODE, 6, 0, 3), errno.EAFNOSUPPORT),
    ],
    ids=["reserved service", "upper below lower", "a port"],
)
def test_bind_that_the_kernel_refuses(mod, open_socket, address, error):
    with pytest.raises(OSError) as caught:
        open_socket("AF_TIPC", "SOCK_RDM").bind((getattr(mod, address[0]), *address[1:]))
    assert caught.value.errno == error


@pytest.mark.parametrize(
    "address",
    [
        (),
        (1, 2, 3),
        (1, 2, 3, 4, 5, 6),
        (9, 1, 2, 3),
        (0, 1, 2, 3),
        (-1, 1, 1, 1),
        (1, "a", 3, 4),
        [1, 2, 3, 4],
        5,
        "name",
        None,
    ],
    ids=repr,
)
def test_forms_that_are_no_address(mod, open_socket, address):
    sock = open_socket("AF_TIPC", "SOCK_RDM")
    for call in (sock.bind, sock.connect, lambda a: sock.sendto(b"x", a)):
        with pytest.raises(TypeError):
            call(address)
