"""CAN frames over the guest's virtual bus: raw sockets, filters, options, CAN FD.

Follows: linux/can.h, linux/can/raw.h, the kernel's networking/can documentation.
"""

from __future__ import annotations

import errno
import struct

import pytest

BUS = ("vcan0",)
FRAME = struct.Struct("=IB3x8s")
FD_FRAME = struct.Struct("=IBB2x64s")
FILTER = struct.Struct("=II")
CAN_RAW_ERR_FILTER = 2
CANFD_BRS, CANFD_FDF = 1, 4


def frame(number, data=b""):
    return FRAME.pack(number, len(data), data)


@pytest.fixture
def bus(open_socket):
    """Opens a raw socket bound to the bus."""

    def opened(address=BUS):
        sock = open_socket("AF_CAN", "SOCK_RAW", "CAN_RAW")
        sock.bind(address)
        return sock

    return opened


def test_frame_arrives_with_the_name_of_its_bus(bus):
    sender, receiver = bus(), bus()
    sent = frame(0x123, b"abc")
    assert sender.send(sent) == FRAME.size
    assert receiver.recvfrom(100) == (sent, BUS)


def test_recvfrom_into_and_recvmsg(mod, bus):
    sender, receiver = bus(), bus()
    sent = frame(0x7FF, b"12345678")
    sender.sendmsg([sent[:5], sent[5:]])
    room = bytearray(20)
    assert receiver.recvfrom_into(room) == (FRAME.size, BUS)
    assert room[: FRAME.size] == sent
    sender.send(sent)
    data, ancillary, flags, address = receiver.recvmsg(100, 100)
    # MSG_DONTROUTE marks a frame that this very host sent.
    assert (data, ancillary, flags, address) == (sent, [], mod.MSG_DONTROUTE, BUS)


@pytest.mark.parametrize("name", ["vcan0", b"vcan0"])
def test_getsockname(bus, name):
    sock = bus((name,))
    assert sock.getsockname() == BUS
    assert "laddr=('vcan0',)" in repr(sock)


def test_bound_to_all_buses(bus):
    everywhere, one = bus(("",)), bus()
    assert everywhere.getsockname() == ("",)
    everywhere.sendto(frame(1), BUS)
    assert one.recvfrom(100) == (frame(1), BUS)
    one.send(frame(2))
    assert everywhere.recvfrom(100) == (frame(2), BUS)
    with pytest.raises(OSError) as caught:
        everywhere.send(frame(3))
    assert caught.value.errno == errno.ENXIO


def test_filters(mod, bus):
    sender, receiver = bus(), bus()
    wanted = FILTER.pack(0x200, 0x700) + FILTER.pack(0x123 | mod.CAN_EFF_FLAG, mod.CAN_EFF_FLAG | mod.CAN_EFF_MASK)
    receiver.setsockopt(mod.SOL_CAN_RAW, mod.CAN_RAW_FILTER, wanted)
    assert receiver.getsockopt(mod.SOL_CAN_RAW, mod.CAN_RAW_FILTER, 100) == wanted
    numbers = [0x123, 0x201, 0x300, 0x123 | mod.CAN_EFF_FLAG, 0x2FF, 0x2FF | mod.CAN_RTR_FLAG]
    for number in numbers:
        sender.send(frame(number))
    arrived = [FRAME.unpack(receiver.recv(100))[0] for _ in range(4)]
    assert arrived == [0x201, 0x123 | mod.CAN_EFF_FLAG, 0x2FF, 0x2FF | mod.CAN_RTR_FLAG]


def test_joined_filters_must_all_match(mod, bus):
    sender, receiver = bus(), bus()
    not_one = FILTER.pack(0x201 | 0x20000000, mod.CAN_SFF_MASK)  # the flag inverts the filter
    receiver.setsockopt(mod.SOL_CAN_RAW, mod.CAN_RAW_FILTER, FILTER.pack(0x200, 0x700) + not_one)
    receiver.setsockopt(mod.SOL_CAN_RAW, mod.CAN_RAW_JOIN_FILTERS, 1)
    for number in (0x123, 0x201, 0x202):
        sender.send(frame(number))
    assert receiver.recv(100) == frame(0x202)


def test_no_filter_receives_nothing(mod, bus):
    sender, deaf, receiver = bus(), bus(), bus()
    deaf.setsockopt(mod.SOL_CAN_RAW, mod.CAN_RAW_FILTER, b"")
    sender.send(frame(5))
    assert receiver.recv(100) == frame(5)
    deaf.settimeout(0)
    with pytest.raises(BlockingIOError):
        deaf.recv(100)


@pytest.mark.parametrize(
    ("option", "initial", "value"),
    [
        ("CAN_RAW_LOOPBACK", 1, 0),
        ("CAN_RAW_RECV_OWN_MSGS", 0, 1),
        ("CAN_RAW_FD_FRAMES", 0, 1),
        ("CAN_RAW_JOIN_FILTERS", 0, 1),
    ],
)
def test_option_is_kept(mod, bus, option, initial, value):
    sock, number = bus(), getattr(mod, option)
    assert sock.getsockopt(mod.SOL_CAN_RAW, number) == initial
    sock.setsockopt(mod.SOL_CAN_RAW, number, value)
    assert sock.getsockopt(mod.SOL_CAN_RAW, number, 4) == struct.pack("=I", value)


def test_error_filter_is_kept(mod, bus):
    sock = bus()
    sock.setsockopt(mod.SOL_CAN_RAW, CAN_RAW_ERR_FILTER, struct.pack("=I", mod.CAN_ERR_MASK))
    kept = sock.getsockopt(mod.SOL_CAN_RAW, CAN_RAW_ERR_FILTER, 4)
    assert kept == struct.pack("=I", mod.CAN_ERR_MASK)


def test_own_messages(mod, bus):
    sock, other = bus(), bus()
    sock.send(frame(1))
    sock.setsockopt(mod.SOL_CAN_RAW, mod.CAN_RAW_RECV_OWN_MSGS, 1)
    sock.send(frame(2))
    data, _, flags, _ = sock.recvmsg(100)
    assert (data, flags) == (frame(2), mod.MSG_DONTROUTE | mod.MSG_CONFIRM if hasattr(mod, "MSG_CONFIRM") else flags)
    assert [other.recv(100), other.recv(100)] == [frame(1), frame(2)]


def test_fd_frame(mod, bus):
    sender, receiver, classic = bus(), bus(), bus()
    sent = FD_FRAME.pack(0x12345678 | mod.CAN_EFF_FLAG, 64, CANFD_BRS, bytes(range(64)))
    with pytest.raises(OSError) as caught:
        sender.send(sent)
    assert caught.value.errno == errno.EINVAL
    for sock in (sender, receiver):
        sock.setsockopt(mod.SOL_CAN_RAW, mod.CAN_RAW_FD_FRAMES, 1)
    assert sender.send(sent) == FD_FRAME.size
    data, address = receiver.recvfrom(100)
    number, length, flags, payload = FD_FRAME.unpack(data)
    assert (number, length, payload, address) == (0x12345678 | mod.CAN_EFF_FLAG, 64, bytes(range(64)), BUS)
    assert flags & ~CANFD_FDF == CANFD_BRS
    sender.send(frame(9))
    assert classic.recv(100) == frame(9)


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ((), TypeError),
        (("vcan0", 1), TypeError),
        ("vcan0", TypeError),
        ((1,), TypeError),
        (("x" * 16,), OSError),
        (("x" * 15,), OSError),
        (("lo",), OSError),
    ],
    ids=repr,
)
def test_addresses_that_do_not_bind(open_socket, address, error):
    with pytest.raises(error):
        open_socket("AF_CAN", "SOCK_RAW", "CAN_RAW").bind(address)


def test_name_too_long_has_its_own_words(open_socket):
    with pytest.raises(OSError, match=r"^AF_CAN interface name too long$"):
        open_socket("AF_CAN", "SOCK_RAW", "CAN_RAW").bind(("x" * 16,))
