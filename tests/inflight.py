"""Calls that wait, in threads of their own: made to wait for certain, disturbed, and looked at.

A thread is in its call when the kernel says that it sleeps in a system call which is no futex, the one that threads
of Python wait for each other with. So no test sleeps in the hope that a call has begun.
"""

from __future__ import annotations

import contextlib
import platform
import select
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from support import LIMIT, listener, tcp_pair, unix_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FUTEX = {"x86_64": 202, "aarch64": 98}.get(platform.machine())
ROOM = 1 << 20
LOTS = bytes(64 << 20)
"""More than any pair of sockets holds."""
SETTLED = 50
"""Milliseconds without room, after which none is to come."""


class InFlight(threading.Thread):
    """A call in a thread; `outcome` is what it returned or raised, and `seconds` how long it took."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self.outcome: Any = None
        self.seconds = 0.0
        self.start()

    def run(self) -> None:
        begun = time.perf_counter()
        try:
            self.outcome = self._call()
        except BaseException as error:
            self.outcome = error
        self.seconds = time.perf_counter() - begun

    def wait_until_waiting(self) -> InFlight:
        """Return when the thread sleeps in a system call of its own."""
        path = f"/proc/self/task/{self.native_id}/syscall"
        end = time.monotonic() + LIMIT
        while time.monotonic() < end and self.is_alive():
            with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as file:
                number = file.read().split()[0]
                if number.isdigit() and int(number) != FUTEX:
                    return self
            time.sleep(0)
        raise AssertionError(f"the call does not wait: {self.outcome!r}")

    def finish(self, within: float = LIMIT) -> Any:
        """Return what came of the call."""
        self.join(within)
        assert not self.is_alive(), f"still waits after {within} s"
        return self.outcome


def needs_proc() -> None:
    """Skip where the kernel does not tell what a thread is doing."""
    try:
        with open("/proc/thread-self/syscall", encoding="ascii") as file:
            file.read()
    except OSError:
        pytest.skip("the kernel does not tell what a thread waits in (/proc/<pid>/syscall)")
    if FUTEX is None:
        pytest.skip("no number of futex known for this machine")


READS = {
    "recv": lambda sock: sock.recv(10),
    "recv_large": lambda sock: sock.recv(ROOM),
    "recv_into": lambda sock: sock.recv_into(bytearray(10)),
    "recvfrom": lambda sock: sock.recvfrom(10)[0],
    "recvfrom_into": lambda sock: sock.recvfrom_into(bytearray(10))[0],
    "recvmsg": lambda sock: sock.recvmsg(10, 100)[0],
    "recvmsg_into": lambda sock: sock.recvmsg_into([bytearray(5), bytearray(5)])[0],
}
WRITES = {
    "send": lambda sock: sock.send(LOTS),
    "sendall": lambda sock: sock.sendall(LOTS),
    "sendmsg": lambda sock: sock.sendmsg([LOTS]),
    "sendto": lambda sock: sock.sendto(LOTS, sock.getpeername()),
}
CALLS = [*READS, *WRITES, "accept", "connect"]


def fill(sock: Any) -> None:
    """Send until there is no room, and none comes: what the kernel still has under way makes some."""
    sock.setblocking(False)
    poller = select.poll()
    poller.register(sock, select.POLLOUT)
    settled = False
    while not settled:
        poller.poll(SETTLED)
        settled = True
        with contextlib.suppress(BlockingIOError):
            while sock.send(LOTS[:ROOM]):
                settled = False


@contextlib.contextmanager
def waiting(mod: Any, name: str, timeout: float | None) -> Iterator[tuple[Any, InFlight, Any]]:
    """Yield a socket, a call on it that waits, and what ends the call; that is done at the end if the call still waits."""
    with contextlib.ExitStack() as stack:
        if name in READS:
            one, other = stack.enter_context(unix_pair(mod))
            call, release = READS[name], lambda: other.send(b"x")
        elif name in WRITES:
            one, other = stack.enter_context(tcp_pair(mod))
            fill(one)
            call = WRITES[name]
            release = other.close
        elif name == "accept":
            one = stack.enter_context(listener(mod))
            target = one.getsockname()
            call = lambda sock: sock.accept()[0].close()  # noqa: E731

            def release():
                with mod.socket() as client:
                    client.connect(target)
        else:
            # The queue is full, so that the kernel leaves the next one waiting.
            full = stack.enter_context(mod.socket())
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            target = full.getsockname()
            for _ in range(4):
                filler = stack.enter_context(mod.socket())
                filler.setblocking(False)
                filler.connect_ex(target)
            one = stack.enter_context(mod.socket())
            call = lambda sock: sock.connect(target)  # noqa: E731
            release = full.close
        one.settimeout(timeout)
        thread = InFlight(lambda: call(one))
        try:
            yield one, thread.wait_until_waiting(), release
        finally:
            if thread.is_alive():
                release()
            thread.finish()
