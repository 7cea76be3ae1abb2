"""Processes forked while threads are inside calls: the child owns what it has, and waits on nobody of its parent's.

Follows: fork(2), pthread_atfork(3); the `os.fork` entry: only the thread that forked goes on in the child.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

from hazards import OK, Fault, hazard, main, must_raise
from inflight import InFlight
from support import LIMIT

SECONDS = 5


def in_child(body, seconds=SECONDS):
    """Run a body in a forked child; a fault where it fails, dies or takes longer."""
    child = os.fork()
    if not child:
        signal.alarm(seconds)
        try:
            body()
        except BaseException as error:
            print(f"child: {error!r}")
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        raise Fault("the child hangs" if name == "SIGALRM" else f"the child dies of {name}")
    if status:
        raise Fault("the child fails")


@hazard("datadogpy#848, psf/requests#6931", stock=("the child hangs",))
def test_fork_while_threads_resolve_and_connect(mod):
    """datadogpy#848: a lock that another thread held at the fork is held for ever in the child."""
    stop = threading.Event()
    server = mod.create_server(("127.0.0.1", 0), backlog=200)
    server.settimeout(0.01)

    def resolve():
        while not stop.is_set():
            mod.getaddrinfo("localhost", "http")
            with contextlib.suppress(OSError):
                mod.gethostbyname_ex("localhost")
                mod.getservbyport(80)

    def connect():
        while not stop.is_set():
            with contextlib.suppress(OSError), mod.create_connection(server.getsockname(), timeout=1) as sock:
                sock.settimeout(0.001)
                sock.recv(1)

    def accept():
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                server.accept()[0].close()

    threads = [threading.Thread(target=work) for work in [resolve] * 3 + [connect] * 3 + [accept] * 2]
    for thread in threads:
        thread.start()

    def child():
        if not mod.getaddrinfo("localhost", 80):
            raise Fault("resolves nothing")
        with mod.create_server(("127.0.0.1", 0)) as own, mod.create_connection(own.getsockname(), timeout=2) as sock:
            peer, _ = own.accept()
            with peer:
                sock.settimeout(0.01)
                must_raise(TimeoutError, sock.recv, 1)
                peer.send(b"x")
                sock.settimeout(2)
                if sock.recv(1) != b"x":
                    raise Fault("loses data")

    try:
        for _ in range(15):
            in_child(child)
    finally:
        stop.set()
        for thread in threads:
            thread.join(LIMIT)
    return OK


@hazard("PyO3's PyOnceLock")
def test_fork_while_values_are_made(mod):
    """Another thread makes, at the fork, what is made once and kept: the child waits for no one to finish it."""
    numbers, count = range(256), 8
    begun = threading.Barrier(count + 1)

    def use(mine):
        begun.wait()
        for number in mine:
            mod.htons(number)

    def child():
        if [mod.ntohs(mod.htons(number)) for number in numbers] != [*numbers]:
            raise Fault("swaps wrong")

    threads = [threading.Thread(target=use, args=[numbers[n::count]]) for n in range(count)]
    for thread in threads:
        thread.start()
    begun.wait()
    while any(thread.is_alive() for thread in threads):
        in_child(child)
    return OK


@hazard("calls of the parent's threads")
def test_close_in_the_child_closes(mod):
    """A close in the child, of a socket that a thread of the parent was waiting on: the number is free at once."""
    for timeout in (30.0, None):
        one, other = mod.socketpair()
        one.settimeout(timeout)
        call = InFlight(lambda: one.recv(1)).wait_until_waiting()
        number = one.fileno()

        def child():
            one.close()
            must_raise(OSError, os.fstat, number)
            fresh, peer = mod.socketpair()
            fresh.settimeout(2)
            peer.send(b"x")
            if fresh.recv(1) != b"x":
                raise Fault("loses data")
            waiter = InFlight(lambda: fresh.recv(1)).wait_until_waiting()
            if mod.__name__ != "socket":  # stock sleeps on
                fresh.close()
                waiter.finish(within=1)

        in_child(child)
        other.send(b"x")
        if call.finish() != b"x":
            return "the parent's call loses data"
        one.close()
        other.close()
    return OK


@hazard("use in both processes")
def test_socket_is_used_in_both_processes(mod):
    """A socket whose calls in the parent were under way at the fork goes on working in the child, and in its child."""
    one, other = mod.socketpair()
    one.settimeout(30)
    call = InFlight(lambda: one.recv(1)).wait_until_waiting()

    def grandchild():
        one.settimeout(0.02)
        must_raise(TimeoutError, one.recv, 1)
        duplicate = one.dup()
        one.close()
        must_raise(OSError, one.recv, 1)
        duplicate.close()

    def child():
        for _ in range(3):
            one.settimeout(0.02)
            must_raise(TimeoutError, one.recv, 1)
        in_child(grandchild)
        one.send(b"child")

    in_child(child)
    if other.recv(5) != b"child":
        return "loses data"
    other.send(b"x")
    return OK if call.finish() == b"x" else "loses data"


@hazard("fork in a handler")
def test_handler_that_forks(mod):
    """A signal's handler forks, while its thread is inside a call on the socket that the child closes."""
    one, other = mod.socketpair()
    one.settimeout(30)
    children = []

    def handler(*_):
        child = os.fork()
        if not child:
            number = one.fileno()
            one.close()
            try:
                os.fstat(number)
            except OSError:
                os._exit(0)
            os._exit(1)
        children.append(os.waitpid(child, 0)[1])
        other.send(b"x")

    signal.signal(signal.SIGUSR1, handler)
    threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGUSR1)).start()
    begun = time.monotonic()
    got = one.recv(1)
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    if got != b"x" or time.monotonic() - begun > LIMIT:
        return "loses data"
    return OK if children == [0] else "stays open in the child"


if __name__ == "__main__":
    main(globals())
