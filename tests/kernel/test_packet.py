"""Packet sockets: (interface, protocol, packet type, hardware type, hardware address).

Follows: packet(7). Frames go over the guest's loopback and over a veth pair, whose
ends have real hardware addresses.
"""

from __future__ import annotations

import errno
import struct

import guest_setup
import pytest

PROTOCOL = 0x88B5  # IEEE 802: for local experiments
ARPHRD_ETHER, ARPHRD_LOOPBACK = 1, 772
FIRST, SECOND = "pair0", "pair1"


@pytest.fixture(scope="module")
def hardware():
    """Two joined interfaces and their hardware addresses."""
    addresses = {FIRST: bytes.fromhex("021122334455"), SECOND: bytes.fromhex("02aabbccddee")}
    guest_setup.link_pair(addresses)
    return addresses


@pytest.fixture
def receiver(mod, open_socket):
    def opened(interface, kind="SOCK_RAW"):
        sock = open_socket("AF_PACKET", kind, mod.htons(PROTOCOL))
        sock.bind((interface, PROTOCOL))
        return sock

    return opened


def test_loopback(receiver):
    sock = receiver("lo")
    assert sock.getsockname() == ("lo", PROTOCOL, 0, ARPHRD_LOOPBACK, bytes(6))
    sent = bytes(12) + struct.pack("!H", PROTOCOL) + b"payload"
    assert sock.send(sent) == len(sent)
    assert sock.recvfrom(100) == (sent, ("lo", PROTOCOL, 0, ARPHRD_LOOPBACK, bytes(6)))


def test_raw_frame_between_two_interfaces(mod, hardware, receiver):
    one, other = receiver(FIRST), receiver(SECOND)
    assert one.getsockname() == (FIRST, PROTOCOL, 0, ARPHRD_ETHER, hardware[FIRST])
    sent = hardware[SECOND] + hardware[FIRST] + struct.pack("!H", PROTOCOL) + b"across"
    one.send(sent)
    expected = (SECOND, PROTOCOL, mod.PACKET_HOST, ARPHRD_ETHER, hardware[FIRST])
    assert other.recvfrom(100) == (sent, expected)


@pytest.mark.parametrize("length", [2, 3, 4, 5])
def test_datagram_with_tuples_of_each_length(mod, hardware, receiver, length):
    one, other = receiver(FIRST, "SOCK_DGRAM"), receiver(SECOND, "SOCK_DGRAM")
    target = (FIRST, PROTOCOL, mod.PACKET_HOST, ARPHRD_ETHER, hardware[SECOND])[:length]
    assert one.sendto(b"cooked", target) == 6
    data, (interface, protocol, kind, *source) = other.recvfrom(100)
    assert (data, interface, protocol) == (b"cooked", SECOND, PROTOCOL)
    assert source == [ARPHRD_ETHER, hardware[FIRST]]
    # Without a hardware address the frame goes to whatever was in the kernel's memory.
    assert length < 5 or kind == mod.PACKET_HOST


def test_recvmsg_and_recvfrom_into(mod, hardware, receiver):
    one, other = receiver(FIRST, "SOCK_DGRAM"), receiver(SECOND, "SOCK_DGRAM")
    target = (FIRST, PROTOCOL, 0, 0, b"\xff" * 6)
    expected = (SECOND, PROTOCOL, mod.PACKET_BROADCAST, ARPHRD_ETHER, hardware[FIRST])
    one.sendmsg([b"to ", b"all"], [], 0, target)
    assert other.recvmsg(100, 100) == (b"to all", [], 0, expected)
    one.sendto(b"again", target)
    room = bytearray(8)
    assert other.recvfrom_into(room) == (5, expected)
    assert room[:5] == b"again"


@pytest.mark.parametrize(
    ("address", "error"),
    [
        (("lo",), TypeError),
        (("lo", "p"), TypeError),
        ("lo", TypeError),
        (("lo", 0x10000), OverflowError),
        (("lo", -1), OverflowError),
        (("lo", 1, 0, 0, b"123456789"), ValueError),
        (("nope0", 1), OSError),
    ],
    ids=repr,
)
def test_addresses_that_do_not_bind(open_socket, address, error):
    with pytest.raises(error):
        open_socket("AF_PACKET", "SOCK_RAW").bind(address)


def test_no_peer(receiver):
    with pytest.raises(OSError) as caught:
        receiver("lo").getpeername()
    assert caught.value.errno == errno.EOPNOTSUPP
