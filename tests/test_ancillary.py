"""Ancillary data over both modules: what is sent, what comes, what is cut off, and that no descriptor leaks.

Knows the kernel's rules from cmsg(3), unix(7), ip(7) and ipv6(7). Loopback and pairs alone.
"""

from __future__ import annotations

import array
import contextlib
import errno
import os
import socket
import struct

import pytest

pytestmark = pytest.mark.needs("linux")

INT = struct.calcsize("i")
CREDENTIALS = struct.Struct("3i")
TIMEVAL = struct.Struct("@ll")
SO_TIMESTAMP, SO_TIMESTAMPNS = 29, 35
IP_TTL, IP_RECVTTL, IP_PKTINFO, IP_RECVTOS, IP_TOS = 2, 12, 8, 13, 1
IPV6_PKTINFO, IPV6_HOPLIMIT = 50, 52


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def rights(mod, *numbers):
    return mod.SOL_SOCKET, mod.SCM_RIGHTS, array.array("i", numbers)


def received(ancillary):
    """The descriptors in ancillary data, whole ones."""
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % INT])
    return list(found)


@contextlib.contextmanager
def pair(mod, kind="SOCK_DGRAM"):
    one, other = mod.socketpair(mod.AF_UNIX, getattr(mod, kind))
    with one, other:
        one.settimeout(5)
        other.settimeout(5)
        yield one, other


@contextlib.contextmanager
def udp(mod, family="AF_INET", host="127.0.0.1"):
    with (
        mod.socket(getattr(mod, family), mod.SOCK_DGRAM) as one,
        mod.socket(getattr(mod, family), mod.SOCK_DGRAM) as two,
    ):
        two.bind((host, 0))
        two.settimeout(5)
        one.connect(two.getsockname())
        yield one, two


def test_several_messages_of_several_levels(mod):
    with udp(mod) as (one, two):
        two.setsockopt(mod.IPPROTO_IP, IP_RECVTTL, 1)
        two.setsockopt(mod.IPPROTO_IP, IP_PKTINFO, 1)
        two.setsockopt(mod.IPPROTO_IP, IP_RECVTOS, 1)
        two.setsockopt(mod.SOL_SOCKET, SO_TIMESTAMP, 1)
        ancillary = [
            (mod.IPPROTO_IP, IP_TTL, struct.pack("i", 7)),
            (mod.IPPROTO_IP, IP_TOS, struct.pack("i", 0x10)),
        ]
        assert one.sendmsg([b"a", b"bc"], ancillary) == 3
        data, found, flags, address = two.recvmsg(100, 1024)
        assert (data, flags, address) == (b"abc", 0, one.getsockname())
        kinds = {(level, kind): content for level, kind, content in found}
        assert struct.unpack("i", kinds[mod.IPPROTO_IP, IP_TTL]) == (7,)
        assert kinds[mod.IPPROTO_IP, IP_TOS] == b"\x10"
        index, local, target = struct.unpack("i4s4s", kinds[mod.IPPROTO_IP, IP_PKTINFO])
        assert (mod.if_indextoname(index), mod.inet_ntoa(local), mod.inet_ntoa(target)) == (
            "lo",
            "127.0.0.1",
            "127.0.0.1",
        )
        stamp = kinds[mod.SOL_SOCKET, SO_TIMESTAMP]
        assert type(stamp) is bytes
        assert len(stamp) == TIMEVAL.size
        assert len(found) == 4


@pytest.mark.parametrize("option", [SO_TIMESTAMP, SO_TIMESTAMPNS])
def test_a_timestamp_comes_as_raw_bytes(mod, option):
    with udp(mod) as (one, two):
        two.setsockopt(mod.SOL_SOCKET, option, 1)
        one.send(b"x")
        _, [(level, kind, stamp)], _, _ = two.recvmsg(1, mod.CMSG_SPACE(TIMEVAL.size))
        assert (level, kind) == (mod.SOL_SOCKET, option)
        seconds, fraction = TIMEVAL.unpack(stamp)
        assert seconds > 1_600_000_000
        assert 0 <= fraction < 10**9


@pytest.mark.needs("ipv6")
def test_pktinfo_and_hop_limit_of_ipv6(mod):
    with udp(mod, "AF_INET6", "::1") as (one, two):
        two.setsockopt(mod.IPPROTO_IPV6, mod.IPV6_RECVPKTINFO, 1)
        two.setsockopt(mod.IPPROTO_IPV6, mod.IPV6_RECVHOPLIMIT, 1)
        lo = mod.if_nametoindex("lo")
        source = struct.pack("16sI", mod.inet_pton(mod.AF_INET6, "::1"), lo)
        ancillary = [
            (mod.IPPROTO_IPV6, IPV6_PKTINFO, source),
            (mod.IPPROTO_IPV6, IPV6_HOPLIMIT, array.array("i", [9])),
        ]
        one.sendmsg([b"x"], ancillary)
        _, found, flags, _ = two.recvmsg(1, 1024)
        kinds = {(level, kind): content for level, kind, content in found}
        assert kinds[mod.IPPROTO_IPV6, IPV6_PKTINFO] == source
        assert struct.unpack("i", kinds[mod.IPPROTO_IPV6, IPV6_HOPLIMIT]) == (9,)
        assert flags == 0


def test_credentials(mod):
    with pair(mod) as (one, other):
        other.setsockopt(mod.SOL_SOCKET, mod.SO_PASSCRED, 1)
        own = CREDENTIALS.pack(os.getpid(), os.getuid(), os.getgid())
        one.sendmsg([b"x"], [(mod.SOL_SOCKET, mod.SCM_CREDENTIALS, own)])
        assert other.recvmsg(1, mod.CMSG_SPACE(len(own)))[1] == [(mod.SOL_SOCKET, mod.SCM_CREDENTIALS, own)]
        one.send(b"y")  # the kernel tells them of itself, too
        assert other.recvmsg(1, 1024)[1] == [(mod.SOL_SOCKET, mod.SCM_CREDENTIALS, own)]


def test_credentials_beside_descriptors(mod):
    with pair(mod) as (one, other):
        other.setsockopt(mod.SOL_SOCKET, mod.SO_PASSCRED, 1)
        one.sendmsg([b"x"], [rights(mod, one.fileno())])
        found = other.recvmsg(1, 1024)[1]
        assert {kind for _, kind, _ in found} == {mod.SCM_RIGHTS, mod.SCM_CREDENTIALS}
        [number] = received(found)
        assert os.fstat(number).st_ino == os.fstat(one.fileno()).st_ino
        os.close(number)


@pytest.mark.thread_unsafe(reason="counts the descriptors of the process")
@pytest.mark.parametrize("room", range(12))
def test_descriptors_that_do_not_fit_are_not_leaked(mod, room):
    with pair(mod) as (one, other):
        one.sendmsg([b"x"], [rights(mod, *[one.fileno()] * 8)])
        before = descriptors()
        size = mod.CMSG_LEN(0) + room * INT if room else 0
        data, found, flags, _ = other.recvmsg(1, size)
        numbers = received(found)
        assert data == b"x"
        assert bool(flags & mod.MSG_CTRUNC) == (room < 8)
        assert len(numbers) <= min(room, 8)
        for number in numbers:
            os.close(number)
        assert descriptors() == before


@pytest.mark.thread_unsafe(reason="counts the descriptors of the process")
def test_descriptors_of_a_message_that_nobody_wants_the_data_of(mod):
    with pair(mod, "SOCK_STREAM") as (one, other):
        before = descriptors()
        one.sendmsg([b"x"], [rights(mod, one.fileno())])
        assert other.recv(1) == b"x"
        one.sendmsg([b"y"], [rights(mod, one.fileno())])
        assert other.recvmsg(1)[:3] == (b"y", [], mod.MSG_CTRUNC)
        assert descriptors() == before


@pytest.mark.thread_unsafe(reason="counts the descriptors of the process")
@pytest.mark.parametrize("flag", ["MSG_CMSG_CLOEXEC", None])
def test_descriptors_are_inherited_unless_asked_otherwise(mod, flag):
    with pair(mod) as (one, other):
        one.sendmsg([b"x"], [rights(mod, one.fileno())])
        _, found, flags, _ = other.recvmsg(1, 1024, getattr(mod, flag) if flag else 0)
        [number] = received(found)
        assert os.get_inheritable(number) == (flag is None)
        assert flags == (getattr(mod, flag) if flag else 0)
        os.close(number)


def test_into_several_buffers_with_a_message(mod):
    with pair(mod) as (one, other):
        one.sendmsg([b"abcdef"], [rights(mod, one.fileno())])
        buffers = [bytearray(2), bytearray(0), array.array("B", bytes(3)), bytearray(3)]
        count, found, flags, address = other.recvmsg_into(buffers, 1024)
        assert (count, flags, address) == (6, 0, None)
        assert [bytes(one) for one in buffers] == [b"ab", b"", b"cde", b"f\0\0"]
        [number] = received(found)
        os.close(number)


def test_data_that_is_cut_off(mod):
    with pair(mod) as (one, other):
        one.sendmsg([b"abcdef"], [rights(mod, one.fileno())])
        data, found, flags, _ = other.recvmsg(2, 1024)
        assert (data, flags) == (b"ab", mod.MSG_TRUNC)
        [number] = received(found)
        os.close(number)


@pytest.mark.parametrize(
    ("ancillary", "wanted"),
    [
        ([(socket.SOL_SOCKET, socket.SCM_RIGHTS, b"\xff\xff\xff\x7f")], errno.EBADF),
        ([(socket.SOL_SOCKET, socket.SCM_RIGHTS, bytes(INT * 254))], errno.EINVAL),
        ([(socket.SOL_SOCKET, 99, b"x")], errno.EINVAL),
        ([(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, b"short")], errno.EINVAL),
        ([(socket.SOL_SOCKET, socket.SCM_RIGHTS, bytes(1 << 20))], errno.ENOBUFS),
    ],
)
def test_a_message_that_the_kernel_refuses(mod, ancillary, wanted):
    with pair(mod) as (one, _), pytest.raises(OSError) as caught:
        one.sendmsg([b"x"], ancillary)
    assert caught.value.errno == wanted


@pytest.mark.parametrize("size", [-1, -(2**31)])
def test_a_negative_room_is_refused(mod, size):
    with pair(mod) as (one, _):
        with pytest.raises(ValueError, match="invalid ancillary data buffer length"):
            one.recvmsg(1, size)
        with pytest.raises(ValueError, match="invalid ancillary data buffer length"):
            one.recvmsg_into([bytearray(1)], size)


@pytest.mark.parametrize("size", [2**31, 2**40, 2**62, 2**63 - 1])
def test_a_room_that_no_message_has_is_refused(mod, size):
    with pair(mod) as (one, _), pytest.raises((ValueError, OverflowError, OSError, MemoryError)):
        one.setblocking(False)
        one.recvmsg(1, size)


@pytest.mark.parametrize("name", ["CMSG_LEN", "CMSG_SPACE"])
@pytest.mark.parametrize("size", [-1, 2**31 - 1, 2**31, 2**62, 2**63 - 1, 2**64])
def test_a_length_out_of_range_is_refused(mod, name, size):
    with pytest.raises(OverflowError):
        getattr(mod, name)(size)


def test_lengths_are_those_of_the_headers(mod):
    for size in (*range(64), 1 << 16):
        assert mod.CMSG_LEN(size) == socket.CMSG_LEN(size)
        assert mod.CMSG_SPACE(size) == socket.CMSG_SPACE(size)
        assert mod.CMSG_LEN(size) <= mod.CMSG_SPACE(size)


def test_recvmsg_with_trunc_gives_what_fitted(mod):
    left, right = mod.socketpair(mod.AF_UNIX, mod.SOCK_DGRAM)
    with left, right:
        for _ in range(2):
            left.send(b"hello world")
        assert right.recvmsg(5, 0, mod.MSG_TRUNC)[:3] == (b"hello", [], mod.MSG_TRUNC)
        buffer = bytearray(5)
        assert right.recvmsg_into([buffer], 0, mod.MSG_TRUNC)[:3] == (11, [], mod.MSG_TRUNC)
        assert buffer == b"hello"


def test_item_may_be_any_sequence(mod):
    class Item:
        def __init__(self, *values):
            self.values = values

        def __len__(self):
            return len(self.values)

        def __getitem__(self, index):
            return self.values[index]

    read, write = os.pipe()
    left, right = mod.socketpair()
    with left, right, os.fdopen(read), os.fdopen(write):
        for item in (Item(*rights(mod, read)), list(rights(mod, read))):
            left.sendmsg([b"x"], [item])
            _, ancillary, _, _ = right.recvmsg(1, 100)
            (number,) = received(ancillary)
            os.close(number)
        with pytest.raises(TypeError):
            left.sendmsg([b"x"], [{0: mod.SOL_SOCKET, 1: mod.SCM_RIGHTS, 2: b""}])
