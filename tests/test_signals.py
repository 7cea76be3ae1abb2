"""A timer's signal every millisecond, during each call that waits: PEP 475, timeouts that stay right, no byte lost.

Follows: PEP 475; the `signal` chapter: handlers run in the main thread, between a call's tries.
"""

from __future__ import annotations

import contextlib
import hashlib
import signal
import time

import pytest
from inflight import CALLS, LOTS, READS, WRITES, InFlight
from support import LIMIT, listener, tcp_pair, unix_pair

TICK = 0.001
TIMEOUT = 0.2
SLACK = 0.05 * TIMEOUT
CHUNK = 1 << 16
TOTAL = 8 << 20

pytestmark = pytest.mark.thread_unsafe(reason="signals go to the main thread")


class Interrupted(Exception):
    """What a handler raises."""


@contextlib.contextmanager
def ticking(handler):
    """Send SIGALRM every millisecond."""
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def stuck(mod, name):
    """Yield a socket and a call on it that has to wait."""
    with contextlib.ExitStack() as stack:
        if name in READS:
            sock, _ = stack.enter_context(unix_pair(mod))
            yield sock, READS[name]
        elif name in WRITES:
            sock, _ = stack.enter_context(tcp_pair(mod))
            sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while sock.send(LOTS[: 1 << 20]):
                    pass
            yield sock, WRITES[name]
        elif name == "accept":
            yield stack.enter_context(listener(mod)), lambda sock: sock.accept()
        else:
            server = stack.enter_context(listener(mod, backlog=0))
            for _ in range(4):
                filler = stack.enter_context(mod.socket())
                filler.setblocking(False)
                filler.connect_ex(server.getsockname())
            yield stack.enter_context(mod.socket()), lambda sock: sock.connect(server.getsockname())


@pytest.mark.parametrize("name", CALLS)
def test_timeout_stays_right(mod, name):
    ticks, late = [], []
    for _ in range(5):  # a busy machine may be late, but not each time
        with stuck(mod, name) as (sock, call):
            sock.settimeout(TIMEOUT)
            begun = time.perf_counter()
            with ticking(lambda *_: ticks.append(1)), pytest.raises(TimeoutError):
                call(sock)
            took = time.perf_counter() - begun
        assert took >= TIMEOUT * 0.99
        late.append(took - TIMEOUT)
        if late[-1] <= SLACK:
            break
    assert min(late) <= SLACK
    assert len(ticks) > 3


@pytest.mark.parametrize("timeout", [LIMIT, None])
@pytest.mark.parametrize("name", CALLS)
def test_raising_handler_ends_the_call(mod, name, timeout):
    ticks = []

    def handler(*_):
        ticks.append(1)
        if len(ticks) == 5:
            raise Interrupted

    with stuck(mod, name) as (sock, call):
        sock.settimeout(timeout)
        begun = time.perf_counter()
        with pytest.raises(Interrupted), ticking(handler):
            call(sock)
        assert time.perf_counter() - begun < LIMIT / 2
        sock.settimeout(0)
        assert sock.fileno() >= 0
        if name in WRITES:  # still of use; the peer's kernel may have made room
            with contextlib.suppress(BlockingIOError):
                call(sock)
        else:
            with pytest.raises(OSError):
                call(sock)


@pytest.mark.parametrize("timeout", [LIMIT, None])
@pytest.mark.parametrize("name", READS)
def test_received_bytes_are_all_there(mod, name, timeout):
    data = hashlib.shake_128(name.encode()).digest(TOTAL // 8)
    ticks = []
    with unix_pair(mod) as (sock, other):
        sock.settimeout(timeout)

        def send():
            for at in range(0, len(data), CHUNK):
                other.sendall(data[at : at + CHUNK])
                time.sleep(TICK)  # so that the reader waits, too
            other.shutdown(mod.SHUT_WR)

        sender = InFlight(send)
        got = bytearray()
        with ticking(lambda *_: ticks.append(1)):
            while part := receive(sock, name):
                got += part
        assert sender.finish() is None
    assert bytes(got) == data
    assert ticks


def receive(sock, name):
    """Receive some bytes by a method."""
    if not name.endswith("_into"):
        return READS[name](sock) if name == "recv_large" else bytes_of(getattr(sock, name)(CHUNK))
    buffer = bytearray(CHUNK)
    result = getattr(sock, name)([buffer] if name == "recvmsg_into" else buffer)
    return bytes(buffer[: result if isinstance(result, int) else result[0]])


def bytes_of(result):
    return result if isinstance(result, bytes) else result[0]


@pytest.mark.parametrize("timeout", [LIMIT, None])
@pytest.mark.parametrize("name", WRITES)
def test_sent_bytes_all_arrive_once(mod, name, timeout):
    data = hashlib.shake_128(name.encode()).digest(TOTAL)
    digest = hashlib.sha256()
    with tcp_pair(mod) as (sock, other):
        sock.settimeout(timeout)

        def receive_all():
            while part := other.recv(CHUNK):
                digest.update(part)
                time.sleep(TICK / 20)  # so that the sender waits, too

        receiver = InFlight(receive_all)
        left = memoryview(data)
        with ticking(lambda *_: None):
            while left:
                if name == "sendall":
                    sock.sendall(left)
                    break
                if name == "sendmsg":
                    sent = sock.sendmsg([left[:1000], left[1000:]])
                elif name == "sendto":
                    sent = sock.sendto(left, sock.getpeername())
                else:
                    sent = sock.send(left)
                left = left[sent:]
        sock.shutdown(mod.SHUT_WR)
        assert receiver.finish() is None
    assert digest.digest() == hashlib.sha256(data).digest()


@pytest.mark.parametrize("size", [50_000, len(LOTS)])
@pytest.mark.parametrize("name", WRITES)
def test_raising_handler_ends_a_send_that_was_begun(mod, name, size):
    """A blocking send that has sent a part and waits for room does not keep a handler from running."""
    with tcp_pair(mod) as (sock, _), contextlib.ExitStack() as stack:
        if name != "sendto":
            sock, _ = stack.enter_context(unix_pair(mod))
        data = LOTS[:size]
        calls = {
            "send": lambda: sock.send(data),
            "sendall": lambda: sock.sendall(data),
            "sendmsg": lambda: sock.sendmsg([data]),
            "sendto": lambda: sock.sendto(data, sock.getpeername()),
        }
        ticks = []

        def handler(*_):
            ticks.append(1)
            if len(ticks) == 20:
                raise Interrupted

        begun = time.monotonic()
        with pytest.raises(Interrupted), ticking(handler):
            while True:
                calls[name]()
        assert time.monotonic() - begun < LIMIT / 2


@pytest.mark.parametrize("name", ["send", "sendmsg", "sendto"])
def test_blocking_send_sends_all(mod, name):
    """Whatever room there is, a blocking send returns when all is sent, unless a signal comes."""
    size, times = 60_000, 40
    with tcp_pair(mod) as (sock, peer):
        sock.setsockopt(mod.SOL_SOCKET, mod.SO_SNDBUF, 20_000)
        data = LOTS[:size]
        calls = {
            "send": lambda: sock.send(data),
            "sendmsg": lambda: sock.sendmsg([data]),
            "sendto": lambda: sock.sendto(data, sock.getpeername()),
        }
        sender = InFlight(lambda: [calls[name]() for _ in range(times)])
        got = 0
        while got < size * times:
            got += len(peer.recv(7000))
        assert sender.finish() == [size] * times


def test_handler_may_use_the_socket(mod):
    """A handler receives from, closes or forks under the very socket that its thread waits on."""
    with unix_pair(mod) as (sock, other):
        sock.settimeout(LIMIT)
        seen = []

        def handler(*_):
            if len(seen) < 3:
                other.send(b"x")
                seen.append(sock.recv(1))
            else:
                other.send(b"end")

        with ticking(handler):
            assert sock.recv(3)[:1] == b"e"
        assert seen == [b"x"] * 3


@pytest.mark.parametrize("timeout", [LIMIT, None])
def test_handler_may_close_the_socket(mod, timeout):
    with unix_pair(mod) as (sock, _):
        sock.settimeout(timeout)
        with pytest.raises(OSError) as caught, ticking(lambda *_: sock.close()):
            sock.recv(1)
        assert caught.value.errno == 9


def test_signal_of_another_thread_does_not_end_a_wait(mod):
    """Handlers run in the main thread; a thread whose call is interrupted goes on."""
    with unix_pair(mod) as (sock, other):
        sock.settimeout(LIMIT)
        call = InFlight(lambda: sock.recv(1)).wait_until_waiting()
        before = signal.signal(signal.SIGUSR1, lambda *_: None)
        try:
            for _ in range(20):
                signal.pthread_kill(call.ident, signal.SIGUSR1)
                time.sleep(TICK)
            assert call.is_alive()
            other.send(b"x")
            assert call.finish() == b"x"
        finally:
            signal.signal(signal.SIGUSR1, before)
