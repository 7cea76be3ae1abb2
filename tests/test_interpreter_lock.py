"""Calls that need not wait never give up the interpreter.

With a switch interval of hours a thread that computes has the interpreter for good as soon as
another thread gives it away. Here one counts, and stands still as long as nobody does.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import sysconfig
import threading
import time

import pytest
import rsock

HOURS = 10_000.0
ENOUGH = 100_000
TURNS = 100

pytestmark = [
    pytest.mark.thread_unsafe(reason="sets the switch interval of the process"),
    pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="there is no lock to give up"),
]


class Counter:
    """A thread that counts while it has the interpreter, and no further than is enough."""

    def __init__(self):
        self.count = 0
        self._go = threading.Event()
        self._stop = False
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        self._go.wait()
        while self.count < ENOUGH and not self._stop:
            self.count += 1

    def __enter__(self):
        self._thread.start()
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(HOURS)
        self._go.set()
        return self

    def __exit__(self, *_):
        self._stop = True
        sys.setswitchinterval(self._interval)
        self._thread.join()


@pytest.fixture(autouse=True)
def _calm():
    """Let rsock see that threads of earlier tests no longer wait for each other: then it gives more up."""
    with rsock.socket(type=rsock.SOCK_DGRAM) as sock, mmap.mmap(-1, 1) as page:
        sock.setblocking(False)
        for _ in range(1000):
            with contextlib.suppress(BlockingIOError):
                sock.recv_into(page)  # memory that may fault is never touched with the lock


@contextlib.contextmanager
def pair(timeout, kind=rsock.SOCK_STREAM):
    left, right = rsock.socketpair(rsock.AF_UNIX, kind)
    with left, right:
        left.settimeout(timeout)
        right.settimeout(timeout)
        yield left, right


def test_it_would_be_seen():
    ready, _ = pipe = os.pipe()
    with Counter() as counter:
        deadline = time.monotonic() + 30
        while not counter.count and time.monotonic() < deadline:
            os.fstat(ready)  # gives the interpreter up for no more than a moment
    for number in pipe:
        os.close(number)
    assert counter.count


@pytest.mark.parametrize("timeout", [None, 0, 30])
def test_data_that_is_there(timeout):
    with pair(timeout) as (left, right):
        buffer = bytearray(4)
        with Counter() as counter:
            for _ in range(TURNS):
                left.send(b"data")
                right.recv(4)
                left.sendall(b"data")
                right.recv_into(buffer)
                left.sendmsg([b"da", b"ta"])
                right.recvmsg(4)
            seen = counter.count
    assert seen == 0


@pytest.mark.parametrize("timeout", [None, 0, 30])
def test_datagrams_that_are_there(timeout):
    with rsock.socket(type=rsock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(timeout)
        address = sock.getsockname()
        with Counter() as counter:
            for _ in range(TURNS):
                sock.sendto(b"data", address)
                sock.recvfrom(4)
            seen = counter.count
    assert seen == 0


def test_questions_and_options():
    with pair(None) as (left, _), Counter() as counter:
        for _ in range(TURNS):
            left.setsockopt(rsock.SOL_SOCKET, rsock.SO_KEEPALIVE, 1)
            left.getsockopt(rsock.SOL_SOCKET, rsock.SO_KEEPALIVE)
            left.getsockname()
            left.settimeout(3)
            left.settimeout(None)
            rsock.socket().close()
        seen = counter.count
    assert seen == 0


def connections(family, count):
    """A listener with that many connections to accept, and their other ends."""
    stack = contextlib.ExitStack()
    listener = stack.enter_context(rsock.socket(family))
    listener.bind(("127.0.0.1", 0) if family == rsock.AF_INET else b"\0" + os.urandom(8).hex().encode())
    listener.listen(count)
    for _ in range(count):
        stack.enter_context(rsock.socket(family)).connect(listener.getsockname())
    return stack, listener


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a connection may go before it is accepted")
@pytest.mark.parametrize("family", [rsock.AF_INET, rsock.AF_UNIX])
@pytest.mark.parametrize("timeout", [None, 0, 30])
def test_connections_that_are_there(family, timeout):
    stack, listener = connections(family, 20)
    with stack:
        listener.settimeout(timeout)
        with Counter() as counter:
            for _ in range(20):
                listener.accept()[0].close()
            seen = counter.count
    assert seen == 0


@pytest.mark.parametrize("tell", [rsock.socket.fileno, rsock.socket.dup, lambda sock: os.waitpid(fork(), 0)])
def test_a_listener_that_others_may_use_is_never_waited_for_with_the_lock(tell):
    # Whoever has the number, or a copy, may take the connection between a look and the call.
    stack, listener = connections(rsock.AF_UNIX, 1)
    with stack:
        told = tell(listener)
        with Counter() as counter:
            deadline = time.monotonic() + 30
            while not counter.count and time.monotonic() < deadline:
                listener.accept()[0].close()
                connect(listener)
            seen = counter.count
        if isinstance(told, rsock.socket):
            told.close()
    assert seen


def fork():
    child = os.fork()
    if child == 0:
        os._exit(0)
    return child


def connect(listener):
    with rsock.socket(listener.family) as sock:
        sock.setblocking(False)
        sock.connect(listener.getsockname())
