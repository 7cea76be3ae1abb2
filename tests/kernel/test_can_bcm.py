"""The CAN broadcast manager: frames that the kernel sends and watches by itself.

Follows: linux/can/bcm.h and the kernel's networking/can documentation. The job
structure is in native alignment: seconds and microseconds are C longs.
"""

from __future__ import annotations

import errno
import struct

import pytest

BUS = ("vcan0",)
FRAME = struct.Struct("=IB3x8s")
# opcode, flags, count, ival1 (s, us), ival2 (s, us), can_id, nframes
JOB = struct.Struct("@3I4l2I0q")
NUMBER = 0x321


def job(opcode, *frames, flags=0, count=0, first=(0, 0), second=(0, 0), number=NUMBER):
    return JOB.pack(opcode, flags, count, *first, *second, number, len(frames)) + b"".join(frames)


def frame(data, number=NUMBER):
    return FRAME.pack(number, len(data), data)


@pytest.fixture
def manager(open_socket):
    sock = open_socket("AF_CAN", "SOCK_DGRAM", "CAN_BCM")
    sock.connect(BUS)
    return sock


@pytest.fixture
def bus(open_socket):
    sock = open_socket("AF_CAN", "SOCK_RAW", "CAN_RAW")
    sock.bind(BUS)
    return sock


def test_job_is_56_bytes_and_then_frames(manager, mod, bus):
    assert JOB.size == 56
    assert manager.send(job(mod.CAN_BCM_TX_SEND, frame(b"once"))) == 56 + FRAME.size
    assert bus.recvfrom(100) == (frame(b"once"), BUS)


def test_unconnected_manager_takes_its_bus_from_sendto(mod, open_socket, bus):
    sock = open_socket("AF_CAN", "SOCK_DGRAM", "CAN_BCM")
    with pytest.raises(OSError) as caught:
        sock.send(job(mod.CAN_BCM_TX_SEND, frame(b"x")))
    assert caught.value.errno == errno.ENOTCONN
    sock.connect(("",))
    sock.sendto(job(mod.CAN_BCM_TX_SEND, frame(b"named")), BUS)
    assert bus.recv(100) == frame(b"named")


def test_cyclic_job_runs_out_and_says_so(mod, manager, bus):
    flags = mod.CAN_BCM_SETTIMER | mod.CAN_BCM_STARTTIMER | mod.CAN_BCM_TX_COUNTEVT
    frames = [frame(b"tick"), frame(b"tock")]
    manager.send(job(mod.CAN_BCM_TX_SETUP, *frames, flags=flags, count=4, first=(0, 10_000)))
    assert [bus.recv(100) for _ in range(4)] == frames * 2
    message, address = manager.recvfrom(200)
    assert address == ("",)  # the message is the manager's own, from no bus
    fields = JOB.unpack_from(message)
    assert (fields[0], fields[7]) == (mod.CAN_BCM_TX_EXPIRED, NUMBER)


def test_job_is_read_back_and_deleted(mod, manager):
    manager.send(
        job(mod.CAN_BCM_TX_SETUP, frame(b"kept"), first=(1, 250_000), second=(2, 500_000), flags=mod.CAN_BCM_SETTIMER)
    )
    manager.send(job(mod.CAN_BCM_TX_READ))
    message = manager.recv(200)
    fields = JOB.unpack_from(message)
    assert fields[0] == mod.CAN_BCM_TX_STATUS
    assert fields[3:] == (1, 250_000, 2, 500_000, NUMBER, 1)
    assert message[JOB.size :] == frame(b"kept")
    manager.send(job(mod.CAN_BCM_TX_DELETE))
    with pytest.raises(OSError) as caught:
        manager.send(job(mod.CAN_BCM_TX_READ))
    assert caught.value.errno == errno.EINVAL


def test_watch_reports_changes_only(mod, manager, bus):
    mask = FRAME.pack(NUMBER, 8, b"\xff\0\0\0\0\0\0\0")
    manager.send(job(mod.CAN_BCM_RX_SETUP, mask))
    for data in (b"aaaaaaaa", b"abbbbbbb", b"bbbbbbbb"):
        bus.send(frame(data))
    bus.send(frame(b"cccccccc", NUMBER + 1))
    for changed in (b"aaaaaaaa", b"bbbbbbbb"):
        message, address = manager.recvfrom(200)
        assert JOB.unpack_from(message)[0] == mod.CAN_BCM_RX_CHANGED
        assert (message[JOB.size :], address) == (frame(changed), BUS)


def test_watch_reports_silence(mod, manager, bus):
    flags = mod.CAN_BCM_RX_FILTER_ID | mod.CAN_BCM_SETTIMER | mod.CAN_BCM_STARTTIMER
    manager.send(job(mod.CAN_BCM_RX_SETUP, flags=flags, first=(0, 20_000)))
    bus.send(frame(b"heard"))
    opcodes = [JOB.unpack_from(manager.recv(200))[0] for _ in range(2)]
    assert sorted(opcodes) == sorted([mod.CAN_BCM_RX_CHANGED, mod.CAN_BCM_RX_TIMEOUT])


def test_answer_to_a_remote_request(mod, manager, bus):
    flags = mod.CAN_BCM_RX_RTR_FRAME
    manager.send(job(mod.CAN_BCM_RX_SETUP, frame(b"answer"), flags=flags, number=NUMBER | mod.CAN_RTR_FLAG))
    bus.send(FRAME.pack(NUMBER | mod.CAN_RTR_FLAG, 0, b""))
    assert bus.recv(100) == frame(b"answer")


def test_manager_has_no_names(manager):
    for call in (manager.getsockname, manager.getpeername):
        with pytest.raises(OSError) as caught:
            call()
        assert caught.value.errno == errno.EOPNOTSUPP
