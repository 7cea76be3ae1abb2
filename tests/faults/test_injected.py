"""System calls that fail on demand: the right exception, no descriptor lost, no byte lost or doubled, of use after.

Each runs over the stdlib too, in the three modes. The leak guard of conftest.py watches the descriptors. See
`shim.c` for what fails, and the ERRORS sections of recv(2), send(2), accept(2), connect(2), poll(2).
"""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import random
import warnings

import pytest
from inflight import READS, InFlight
from support import LIMIT, listener, recv_exactly, tcp_pair, udp_pair, unix_pair

MODES = [None, 20.0, 0.0]
MEGABYTES = int(os.environ.get("RSOCK_FAULT_MB", "4"))
SENDS = {
    "send": lambda sock, data: sock.send(data),
    "sendall": lambda sock, data: sock.sendall(data) or len(data),
    "sendmsg": lambda sock, data: sock.sendmsg([data[:2], data[2:]]),
    "sendto": lambda sock, data: sock.sendto(data, sock.getpeername()),
}
FATAL = ["ECONNRESET", "ENOBUFS", "ENOMEM", "EPIPE", "ENOTCONN", "EIO"]


def raised(error):
    """Expect the OSError of a number."""
    return pytest.raises(OSError, check=lambda got: got.errno == getattr(errno, error))


@pytest.mark.parametrize("timeout", MODES)
@pytest.mark.parametrize("name", READS)
class TestReceive:
    def check(self, sock, other, name):
        other.send(b"after")
        assert READS[name](sock) in (b"after", 5)

    def test_interrupted(self, mod, faults, name, timeout):
        with unix_pair(mod) as (sock, other):
            sock.settimeout(timeout)
            other.send(b"x")
            faults.plan("recv", "EINTR", times=5)
            assert READS[name](sock) in (b"x", 1)
            assert faults.hits("recv") == 5
            self.check(sock, other, name)

    @pytest.mark.parametrize("error", FATAL)
    def test_failing(self, mod, faults, name, timeout, error):
        with unix_pair(mod) as (sock, other):
            sock.settimeout(timeout)
            other.send(b"x")
            faults.plan("recv", error)
            with raised(error):
                READS[name](sock)
            assert READS[name](sock) in (b"x", 1)
            self.check(sock, other, name)

    def test_storm_of_nothing_there(self, mod, faults, name, timeout):
        """Said to be ready, and then there is nothing, again and again."""
        with unix_pair(mod) as (sock, other):
            sock.settimeout(timeout)
            other.send(b"x")
            faults.plan("recv", "EAGAIN", times=50)
            if timeout:
                assert READS[name](sock) in (b"x", 1)
                assert faults.hits("recv") == 50
            else:
                with pytest.raises(BlockingIOError):
                    READS[name](sock)
                faults.clear()
                assert READS[name](sock) in (b"x", 1)
            self.check(sock, other, name)

    def test_endless_storm_ends_with_the_timeout(self, mod, faults, name, timeout):
        if timeout != MODES[1]:
            pytest.skip("only with a timeout")
        with unix_pair(mod) as (sock, other):
            sock.settimeout(0.05)
            other.send(b"x")
            faults.plan("recv", "EAGAIN", times=1 << 40)
            with pytest.raises(TimeoutError):
                READS[name](sock)
            faults.clear()
            assert READS[name](sock) in (b"x", 1)


@pytest.mark.parametrize("timeout", MODES)
@pytest.mark.parametrize("name", SENDS)
class TestSend:
    def test_interrupted(self, mod, faults, name, timeout):
        with tcp_pair(mod) as (sock, other):
            sock.settimeout(timeout)
            faults.plan("send", "EINTR", times=5)
            assert SENDS[name](sock, b"abcdef") == 6
            assert faults.hits("send") == 5
            assert recv_exactly(other, 6) == b"abcdef"

    @pytest.mark.parametrize("error", FATAL)
    def test_failing(self, mod, faults, name, timeout, error):
        with tcp_pair(mod) as (sock, other):
            sock.settimeout(timeout)
            faults.plan("send", error)
            with raised(error):
                SENDS[name](sock, b"lost")
            assert SENDS[name](sock, b"after") == 5
            assert recv_exactly(other, 5) == b"after"

    def test_storm_of_no_room(self, mod, faults, name, timeout):
        with tcp_pair(mod) as (sock, other):
            sock.settimeout(timeout)
            faults.plan("send", "EAGAIN", times=50)
            if timeout:
                assert SENDS[name](sock, b"abcdef") == 6
                assert faults.hits("send") == 50
            else:
                with pytest.raises(BlockingIOError):
                    SENDS[name](sock, b"abcdef")
                faults.clear()
                assert SENDS[name](sock, b"abcdef") == 6
            assert recv_exactly(other, 6) == b"abcdef"

    def test_short(self, mod, faults, name, timeout):
        with tcp_pair(mod) as (sock, other):
            sock.settimeout(timeout)
            faults.short("send", 2)
            sent = SENDS[name](sock, b"abcdef")
            assert sent in (2, 4, 6)
            assert sent == 6 or name != "sendall"
            faults.clear()
            assert recv_exactly(other, sent) == b"abcdef"[:sent]

    def test_error_after_a_part(self, mod, faults, name, timeout):
        """What went out before the error counts, where the method has a count to tell it by."""
        with tcp_pair(mod) as (sock, other):
            sock.settimeout(timeout)
            faults.short("send", 2)
            faults.plan("send", "ECONNRESET", skip=1)
            if name == "sendall":
                with pytest.raises(ConnectionResetError):
                    SENDS[name](sock, b"abcdef")
            else:
                assert SENDS[name](sock, b"abcdef") == 2
            faults.clear()
            assert recv_exactly(other, 2) == b"ab"
            sock.sendall(b"after")
            assert recv_exactly(other, 5) == b"after"


@pytest.mark.parametrize("timeout", MODES)
class TestAccept:
    @pytest.mark.parametrize("error", ["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "ECONNABORTED", "EPERM"])
    def test_failing(self, mod, faults, timeout, error):
        with listener(mod) as server, mod.create_connection(server.getsockname()):
            server.settimeout(timeout)
            faults.plan("accept", error)
            with raised(error):
                server.accept()
            server.accept()[0].close()

    def test_interrupted(self, mod, faults, timeout):
        with listener(mod) as server, mod.create_connection(server.getsockname()):
            server.settimeout(timeout)
            faults.plan("accept", "EINTR", times=5)
            server.accept()[0].close()

    def test_another_process_was_quicker(self, mod, faults, timeout):
        with listener(mod) as server, mod.create_connection(server.getsockname()):
            server.settimeout(timeout)
            faults.plan("accept", "EAGAIN", times=20)
            if timeout:
                server.accept()[0].close()
            else:
                with pytest.raises(BlockingIOError):
                    server.accept()
                faults.clear()
                server.accept()[0].close()

    def test_default_timeout_cannot_be_set(self, mod, faults, timeout):
        """The new socket has its descriptor already when it fails: it is closed, and closed once."""
        if timeout == 0.0:
            pytest.skip("the same for every mode")
        with listener(mod) as server, mod.create_connection(server.getsockname()):
            before = mod.getdefaulttimeout()
            mod.setdefaulttimeout(5)
            try:
                faults.plan("ioctl", "EIO", times=1)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ResourceWarning)  # stock's constructor leaves that to the collector
                    with raised("EIO"):
                        server.accept()
                    gc.collect()
            finally:
                mod.setdefaulttimeout(before)


class TestConnect:
    @pytest.mark.parametrize("timeout", MODES[:2])
    def test_interrupted(self, mod, faults, timeout):
        with listener(mod) as server, mod.socket() as sock:
            sock.settimeout(timeout)
            faults.plan("connect", "EINTR")
            sock.connect(server.getsockname())
            peer, _ = server.accept()
            with peer:
                sock.sendall(b"x")
                assert peer.recv(1) == b"x"

    @pytest.mark.parametrize("timeout", MODES)
    @pytest.mark.parametrize(
        "error", ["ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "ENOBUFS", "EACCES", "EADDRNOTAVAIL"]
    )
    def test_failing(self, mod, faults, timeout, error):
        with listener(mod) as server, mod.socket() as sock:
            sock.settimeout(timeout)
            faults.plan("connect", error, times=2)
            with raised(error):
                sock.connect(server.getsockname())
            assert sock.connect_ex(server.getsockname()) == getattr(errno, error)
            sock.settimeout(LIMIT)
            sock.connect(server.getsockname())

    def test_result_cannot_be_had(self, mod, faults):
        with listener(mod) as server, mod.socket() as sock:
            sock.settimeout(LIMIT)
            faults.plan("connect", "EINTR")
            faults.plan("getsockopt", "ENOBUFS")
            with raised("ENOBUFS"):
                sock.connect(server.getsockname())

    def test_failing_helper_leaks_nothing(self, mod, faults):
        with listener(mod) as server:
            for call, error in (("connect", "ENETUNREACH"), ("socket", "EMFILE"), ("bind", "EADDRINUSE")):
                faults.plan(call, error)
                with raised(error):
                    mod.create_connection(server.getsockname(), 5, ("127.0.0.1", 0))
            for call, error in (("bind", "EACCES"), ("listen", "EADDRINUSE"), ("socket", "ENFILE")):
                faults.plan(call, error)
                with raised(error):
                    mod.create_server(("127.0.0.1", 0))


@pytest.mark.parametrize("error", ["ENOMEM", "EINVAL"])
def test_failing_wait(mod, faults, error):
    with unix_pair(mod) as (sock, other):
        sock.settimeout(LIMIT)
        faults.plan("poll", error, times=3)
        with raised(error):
            sock.recv(1)
        faults.clear()
        other.send(b"x")
        assert sock.recv(1) == b"x"


def test_interrupted_wait(mod, faults):
    with unix_pair(mod) as (sock, _):
        sock.settimeout(0.05)
        faults.plan("poll", "EINTR", times=20)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        assert faults.hits("poll") == 20


@pytest.mark.parametrize("error", ["EMFILE", "ENFILE", "ENOMEM", "EAFNOSUPPORT", "EACCES"])
def test_failing_constructors(mod, faults, error):
    faults.plan("socket", error)
    with raised(error):
        mod.socket()
    faults.plan("socketpair", error)
    with raised(error):
        mod.socketpair()


@pytest.mark.parametrize("call", ["settimeout", "setblocking", "adopt", "dup"])
def test_mode_cannot_be_set(mod, faults, call):
    with unix_pair(mod) as (sock, other):
        before = mod.getdefaulttimeout()
        stranger = None
        try:
            if call in ("settimeout", "setblocking"):
                faults.plan("ioctl", "EIO")
                with raised("EIO"):
                    sock.settimeout(1) if call == "settimeout" else sock.setblocking(False)
            elif mod.__name__ == "rsock":  # stock has taken the number over by then, and closes it
                mod.setdefaulttimeout(5)
                number = os.dup(sock.fileno())
                faults.plan("ioctl", "EIO")
                with raised("EIO"):
                    mod.socket(fileno=number) if call == "adopt" else sock.dup()
                stranger = os.fstat(number)  # still the caller's
                os.close(number)
        finally:
            mod.setdefaulttimeout(before)
        del stranger
        gc.collect()
        sock.settimeout(LIMIT)
        other.send(b"x")
        assert sock.recv(1) == b"x"


@pytest.mark.parametrize("error", ["EINTR", "EIO", "ENOSPC"])
def test_failing_close_closes_once(mod, faults, error):
    one, other = mod.socketpair()
    with other:
        number = one.fileno()
        faults.plan("close", error)
        with raised(error):
            one.close()
        faults.clear()
        stranger = os.open(os.devnull, os.O_RDONLY)
        assert stranger == number
        one.close()
        del one
        gc.collect()
        os.fstat(stranger)
        os.close(stranger)


def test_close_forgives_a_reset(mod, faults):
    one, other = mod.socketpair()
    with other:
        faults.plan("close", "ECONNRESET")
        one.close()


@pytest.mark.parametrize("receive", ["recv", "recv_into", "recvmsg", "recvmsg_into", "makefile"])
@pytest.mark.parametrize("send", SENDS)
@pytest.mark.parametrize("timeout", MODES[:2])
def test_transfer_loses_nothing(mod, faults, timeout, send, receive):
    """Short calls, interruptions and empty promises at random: every byte arrives once."""
    total = MEGABYTES << 20
    rng = random.Random(f"{send}{receive}")
    block = rng.randbytes(1 << 20)
    sent, got = hashlib.sha256(), hashlib.sha256()
    with tcp_pair(mod) as (one, other):
        one.settimeout(timeout)
        other.settimeout(timeout)

        def transmit():
            left = total
            while left:
                data = memoryview(block)[: min(left, len(block))]
                while data:
                    count = SENDS[send](one, data)
                    sent.update(data[:count])
                    data = data[count:]
                    left -= count
            one.shutdown(mod.SHUT_WR)

        faults.short("send", rng.randrange(10_000, 60_000))
        faults.short("recv", rng.randrange(10_000, 60_000))
        # A blocking call that has nothing to say is an error of its own, in stock as well.
        error = "EAGAIN" if timeout else "EINTR"
        faults.plan("send", error, times=1 << 40, every=rng.randrange(3, 9))
        faults.plan("recv", error, times=1 << 40, every=rng.randrange(3, 9))
        faults.plan("poll", "EINTR", times=1 << 40, every=5)
        sender = InFlight(transmit)
        buffer = bytearray(1 << 17)
        file = other.makefile("rb") if receive == "makefile" else None
        while count := take(other, receive, buffer, file):
            got.update(memoryview(buffer)[:count])
        assert sender.finish(within=100 * LIMIT) is None
        if file is not None:
            file.close()
        assert faults.hits("send")
        assert faults.hits("recv")
    assert got.digest() == sent.digest()


def take(sock, method, buffer, file):
    """Receive into the buffer by any method; return the count."""
    if method == "recv_into":
        return sock.recv_into(buffer)
    if method == "recvmsg_into":
        return sock.recvmsg_into([memoryview(buffer)[:5], memoryview(buffer)[5:]])[0]
    if method == "makefile":
        return file.readinto(buffer)
    data = sock.recv(len(buffer)) if method == "recv" else sock.recvmsg(len(buffer))[0]
    buffer[: len(data)] = data
    return len(data)


@pytest.mark.parametrize("timeout", MODES[:2])
def test_datagrams_are_whole(mod, faults, timeout):
    with udp_pair(mod) as (one, other):
        one.settimeout(timeout)
        other.settimeout(timeout)
        error = "EAGAIN" if timeout else "EINTR"
        faults.plan("send", error, times=1 << 40, every=3)
        faults.plan("recv", error, times=1 << 40, every=4)
        for size in range(0, 9000, 97):
            data = os.urandom(size)
            assert one.send(data) == size
            got, sender = other.recvfrom(10_000)
            assert got == data
            assert sender == one.getsockname()
