"""Protocols that carry longer messages over the CAN bus: J1939 and ISO-TP.

Addresses are (bus, name, pgn, addr) and (bus, receive number, send number).
Follows: linux/can/j1939.h, linux/can/isotp.h, networking/j1939 in the kernel.
"""

from __future__ import annotations

import errno
import struct

import pytest

PGN = 0x12300
NAME = 0x8000111122223333
HERE, THERE = 0x20, 0x30


@pytest.fixture
def node(mod, open_socket):
    """Opens a J1939 socket with a bus address."""

    def opened(address, name=None):
        sock = open_socket("AF_CAN", "SOCK_DGRAM", "CAN_J1939")
        sock.bind(("vcan0", mod.J1939_NO_NAME if name is None else name, mod.J1939_NO_PGN, address))
        return sock

    return opened


@pytest.mark.parametrize("size", [1, 8, 9, 100, 1785, 5000])
def test_j1939_message(mod, node, size):
    here, there = node(HERE), node(THERE)
    sent = (bytes(range(256)) * 20)[:size]
    assert here.sendto(sent, ("vcan0", mod.J1939_NO_NAME, PGN, THERE)) == size
    data, (bus, *sender) = there.recvfrom(8000)
    assert (data, sender) == (sent, [mod.J1939_NO_NAME, PGN, HERE])
    assert bus in ("vcan0", "")  # the kernel names no bus for a message in several frames


def test_j1939_names_of_a_socket(mod, node):
    here = node(HERE)
    assert here.getsockname() == ("vcan0", mod.J1939_NO_NAME, mod.J1939_NO_PGN, HERE)
    here.connect(("vcan0", mod.J1939_NO_NAME, PGN, THERE))
    assert here.getpeername() == ("vcan0", mod.J1939_NO_NAME, PGN, THERE)
    named = node(0x40, NAME)
    assert named.getsockname() == ("vcan0", NAME, mod.J1939_NO_PGN, 0x40)


def test_j1939_ancillary_data(mod, node):
    here, there = node(HERE), node(THERE)
    here.setsockopt(mod.SOL_CAN_BASE + mod.CAN_J1939, mod.SO_J1939_SEND_PRIO, 3)
    here.connect(("vcan0", mod.J1939_NO_NAME, PGN, THERE))
    here.send(b"urgent")
    data, ancillary, _, sender = there.recvmsg(100, 200)
    assert (data, sender) == (b"urgent", ("vcan0", mod.J1939_NO_NAME, PGN, HERE))
    level = mod.SOL_CAN_BASE + mod.CAN_J1939
    assert ancillary == [
        (level, mod.SCM_J1939_DEST_ADDR, bytes([THERE])),
        (level, mod.SCM_J1939_PRIO, b"\x03"),
    ]


def test_j1939_filter(mod, node):
    here, there = node(HERE), node(THERE)
    # name, name_mask, pgn, pgn_mask, addr, addr_mask
    wanted = struct.pack("=QQIIBB6x", 0, 0, PGN, 0x3FFFF, 0, 0)
    there.setsockopt(mod.SOL_CAN_BASE + mod.CAN_J1939, mod.SO_J1939_FILTER, wanted)
    for pgn in (0x12400, PGN):
        here.sendto(b"%x" % pgn, ("vcan0", mod.J1939_NO_NAME, pgn, THERE))
    assert there.recv(100) == b"%x" % PGN


def test_j1939_broadcast(mod, node):
    here, there = node(HERE), node(THERE)
    target = ("vcan0", mod.J1939_NO_NAME, 0x0FE00, mod.J1939_NO_ADDR)
    with pytest.raises(PermissionError):
        here.sendto(b"all", target)
    for sock in (here, there):
        sock.setsockopt(mod.SOL_SOCKET, mod.SO_BROADCAST, 1)
    here.sendto(b"all", target)
    assert there.recvfrom(100) == (b"all", ("vcan0", mod.J1939_NO_NAME, 0x0FE00, HERE))


@pytest.mark.parametrize("address", [("vcan0", 1, 2), ("vcan0", 0, 1, 2, 3), ("vcan0", "n", 1, 2)], ids=repr)
def test_j1939_forms_that_are_no_address(open_socket, address):
    with pytest.raises(TypeError):
        open_socket("AF_CAN", "SOCK_DGRAM", "CAN_J1939").bind(address)


@pytest.mark.stock_kernel
@pytest.mark.parametrize("size", [1, 7, 8, 200, 4095])
def test_isotp_message(open_socket, size):
    tester, unit = (open_socket("AF_CAN", "SOCK_DGRAM", "CAN_ISOTP") for _ in range(2))
    tester.bind(("vcan0", 0x7E8, 0x7E0))
    unit.bind(("vcan0", 0x7E0, 0x7E8))
    assert tester.getsockname() == ("vcan0", 0x7E8, 0x7E0)
    sent = (bytes(range(256)) * 16)[:size]
    assert tester.send(sent) == size
    assert unit.recv(5000) == sent


@pytest.mark.stock_kernel
def test_isotp_extended_numbers(mod, open_socket):
    sock = open_socket("AF_CAN", "SOCK_DGRAM", "CAN_ISOTP")
    address = ("vcan0", 0x12345678 | mod.CAN_EFF_FLAG, 0x07654321 | mod.CAN_EFF_FLAG)
    sock.bind(address)
    assert sock.getsockname() == address
    with pytest.raises(OSError) as caught:
        sock.bind(("vcan0", 1, 2))
    assert caught.value.errno == errno.EINVAL


@pytest.mark.stock_kernel
@pytest.mark.parametrize("address", [("vcan0", 1), ("vcan0", 1, 2, 3), ("vcan0", "r", 1)], ids=repr)
def test_isotp_forms_that_are_no_address(open_socket, address):
    with pytest.raises(TypeError):
        open_socket("AF_CAN", "SOCK_DGRAM", "CAN_ISOTP").bind(address)
