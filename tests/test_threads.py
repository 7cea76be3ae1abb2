"""Sockets that several threads have in hand: closed, detached, shut down and changed while calls are under way.

Follows: PEP 703 and the `socket` chapter for what may be expected; close(2) for what goes wrong where a number is
closed under a call. What stock does with the same is in the README's table, by the tests that are hazards.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import subprocess
import sys
import textwrap
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from hazards import ABSENT, OK, Fault, hazard, main
from inflight import CALLS, READS, InFlight, needs_proc, waiting
from support import LIMIT, unix_pair

ROUNDS = int(os.environ.get("RSOCK_ROUNDS", "2000"))
TIMED = 30.0
AT_ONCE = 2.0
"""Seconds: far below the timeout, and above what a busy machine takes to run a thread."""


def is_bad_descriptor(outcome):
    return isinstance(outcome, OSError) and outcome.errno == errno.EBADF


@pytest.mark.thread_unsafe(reason="measures times")
@pytest.mark.parametrize("how", ["close", "detach"])
@pytest.mark.parametrize("name", CALLS)
def test_timed_call_ends_at_once(name, how):
    """As stock does not: there the call goes on to its timeout, on a number that may be another socket's by then."""
    needs_proc()
    rsock = __import__("rsock")
    with waiting(rsock, name, TIMED) as (sock, call, _):
        number = getattr(sock, how)()
        outcome = call.finish(within=AT_ONCE)
        assert is_bad_descriptor(outcome), outcome
        if how == "detach":
            os.close(number)


@pytest.mark.needs("linux", "unix")
@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_errqueue_waits_where_the_family_has_none(mod, kind):
    """MSG_ERRQUEUE is a flag like any other to AF_UNIX, which then waits for data."""
    needs_proc()
    with unix_pair(mod, kind) as (one, other):
        call = InFlight(lambda: one.recv(5, 0x2000)).wait_until_waiting()
        other.send(b"x")
        assert call.finish() == b"x"


@pytest.mark.thread_unsafe(reason="measures times")
@pytest.mark.parametrize("timeout", [TIMED, None])
@pytest.mark.parametrize("name", CALLS)
def test_shutdown_ends_a_call(mod, name, timeout):
    needs_proc()
    with waiting(mod, name, timeout) as (sock, call, _):
        sock.shutdown(mod.SHUT_RDWR)
        outcome = call.finish(within=AT_ONCE)
        if name in READS:
            assert outcome in (b"", 0)
        else:
            assert isinstance(outcome, OSError)
            assert outcome.errno in (errno.EPIPE, errno.EINVAL, errno.ECONNRESET)


@pytest.mark.parametrize("how", ["close", "detach"])
@pytest.mark.parametrize("name", CALLS)
def test_blocking_call_keeps_its_number(name, how):
    """A call without a timeout goes on, as in stock; but its number is nobody else's before it has ended."""
    needs_proc()
    rsock = __import__("rsock")
    with waiting(rsock, name, None) as (sock, call, release):
        number = sock.fileno()
        inode = os.fstat(number).st_ino
        given = getattr(sock, how)()
        assert sock.fileno() == -1
        assert call.is_alive()
        assert os.fstat(number).st_ino == inode
        if how == "detach":
            assert given != number
            assert os.fstat(given).st_ino == inode
            os.close(given)
            assert os.fstat(number).st_ino == inode
        release()
        assert not is_bad_descriptor(call.finish())
        with pytest.raises(OSError) as caught:
            sock.recv(1)
        assert is_bad_descriptor(caught.value)
        assert not is_open_on(number, inode)


def is_open_on(number, inode):
    try:
        return os.fstat(number).st_ino == inode
    except OSError:
        return False


@pytest.mark.parametrize("change", ["settimeout", "setblocking", "forever"])
@pytest.mark.parametrize("timeout", [TIMED, None])
@pytest.mark.parametrize("name", [*READS, "accept"])
def test_change_of_mode_does_not_disturb_a_call(mod, name, timeout, change):
    needs_proc()
    with waiting(mod, name, timeout) as (sock, call, release):
        if change == "settimeout":
            sock.settimeout(TIMED)
        elif change == "setblocking":
            sock.setblocking(False)
        else:
            sock.settimeout(None)
        assert call.is_alive()
        release()
        outcome = call.finish()
        assert outcome in (b"x", 1, None), outcome


def test_timeout_counts_while_a_duplicate_is_made_blocking(mod):
    """O_NONBLOCK belongs to the open file: whoever has a duplicate may clear it."""
    with unix_pair(mod) as (sock, _), mod.create_server(("127.0.0.1", 0)) as server:
        for waits, call in ((sock, lambda: sock.recv(1)), (server, server.accept)):
            waits.settimeout(0.05)
            with waits.dup() as copy:
                copy.setblocking(True)
                ticker = InFlight(partial(time.sleep, 0.01))
                with pytest.raises(TimeoutError):
                    call()
                assert ticker.finish() is None
                assert ticker.seconds < AT_ONCE  # the interpreter was not held


class Reader(threading.Thread):
    """Receives from whatever socket is in the box, for as long as there is one."""

    def __init__(self, box, receive):
        super().__init__(daemon=True)
        self.box, self.receive, self.seen = box, receive, bytearray()
        self.start()

    def run(self):
        while (sock := self.box[0]) is not None:
            with contextlib.suppress(OSError):
                self.seen += self.receive(sock)


MARK = b"MARK"
RECEIVES = {
    "recv": lambda sock: sock.recv(4),
    "recvfrom": lambda sock: sock.recvfrom(4)[0],
    "recvmsg": lambda sock: sock.recvmsg(4)[0],
    "recv_peek": lambda sock: sock.recv(4, 0x40),
    "recv_large": lambda sock: sock.recv(200_000),
}


def race(mod, timeout, end, rounds, receives=RECEIVES):
    """Close sockets under readers, take their numbers for others, and see whether a reader touches those.

    Return how often the new socket had the number of the old one, and what went wrong, or None.
    """
    box = [None]
    one, other = mod.socketpair()
    box[0] = one
    readers = [Reader(box, receive) for receive in receives.values()]
    reused = 0
    fault = None
    for _ in range(rounds):
        number = one.fileno()
        if timeout is None:
            other.send(b"d" * random.randrange(8))
        if end == "close":
            one.close()
        else:
            os.close(one.detach())
        fresh, peer = mod.socketpair()
        reused += number in (fresh.fileno(), peer.fileno())
        fresh.settimeout(5)
        peer.settimeout(5)
        fresh.send(MARK)
        peer.send(MARK)
        try:
            if (fresh.recv(4), peer.recv(4)) != (MARK, MARK):
                fault = "takes bytes of another socket"
        except TimeoutError:
            fault = "takes bytes of another socket"
        other.close()
        if fault or any(MARK[:1] in reader.seen for reader in readers):
            fault = "takes bytes of another socket"
            break
        one, other = fresh, peer
        one.settimeout(timeout)
        box[0] = one
    box[0] = None
    one.close()
    other.close()
    for reader in readers:
        reader.join(LIMIT)
    return reused, fault


@pytest.mark.thread_unsafe(reason="needs the process's numbers for itself")
@pytest.mark.timeout(60 + ROUNDS / 20)
@pytest.mark.parametrize("end", ["close", "detach"])
@pytest.mark.parametrize("timeout", [TIMED, None, 0.0])
def test_reused_number_is_never_touched(timeout, end):
    """RSOCK_ROUNDS=1000000 makes it a million rounds."""
    reused, fault = race(__import__("rsock"), timeout, end, ROUNDS // 6)
    assert fault is None
    assert reused  # or the race was none


@pytest.mark.thread_unsafe(reason="has threads of its own")
def test_timeout_is_never_torn(mod):
    """gh-153935: a timeout that one thread sets is read whole by others."""
    values = [None, 0.0, 1.5, 86400.25, 0.001]
    with mod.socket() as sock:
        end = time.monotonic() + 0.5
        odd = []

        def setter(value):
            while time.monotonic() < end:
                sock.settimeout(value)

        def getter():
            while time.monotonic() < end:
                got = sock.gettimeout()
                if got not in values:
                    odd.append(got)
                if sock.getblocking() not in (True, False):
                    odd.append("getblocking")

        threads = [threading.Thread(target=setter, args=(value,)) for value in values]
        threads += [threading.Thread(target=getter) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
        assert not odd


@pytest.mark.thread_unsafe(reason="has threads of its own")
def test_anything_on_a_shared_socket(mod):
    """Every method from several threads, on a socket that is closed and opened again all the time."""
    calls = [
        lambda sock: sock.recv(10, mod.MSG_DONTWAIT),
        lambda sock: sock.send(b"x", mod.MSG_DONTWAIT | mod.MSG_NOSIGNAL),
        lambda sock: sock.recv_into(bytearray(5), 0, mod.MSG_DONTWAIT),
        lambda sock: sock.sendmsg([b"a", b"b"], [], mod.MSG_DONTWAIT),
        lambda sock: sock.recvmsg(10, 100, mod.MSG_DONTWAIT),
        lambda sock: sock.settimeout(0.001),
        lambda sock: sock.setblocking(False),
        lambda sock: (sock.getsockname(), sock.getpeername()),
        lambda sock: repr(sock),
        lambda sock: (sock.fileno(), sock.family, sock.type, sock.proto, sock.timeout),
        lambda sock: sock.getsockopt(mod.SOL_SOCKET, mod.SO_TYPE),
        lambda sock: sock.dup().close(),
        lambda sock: sock.makefile("rb").close(),
        lambda sock: sock.shutdown(mod.SHUT_RD),
        lambda sock: sock.close(),
    ]
    box = [mod.socketpair()]
    end = time.monotonic() + 1
    odd = []

    def work(seed):
        rng = random.Random(seed)
        while time.monotonic() < end:
            sock = rng.choice(box[0])
            try:
                rng.choice(calls)(sock)
            except (OSError, ValueError):  # ValueError: a file on a socket that is closed
                pass
            except BaseException as error:
                odd.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    while time.monotonic() < end:
        for sock in box[0]:
            sock.close()
        box[0] = mod.socketpair()
        time.sleep(0.002)
    for thread in threads:
        thread.join(LIMIT)
    for sock in box[0]:
        sock.close()
    assert not odd


def test_declared_safe_without_the_interpreter_lock():
    """The slot Py_mod_gil of the module's definition says that it needs no lock (from 3.13 on)."""
    if sys.version_info < (3, 13):
        pytest.skip("Py_mod_gil came with 3.13")
    import ctypes

    path = (
        sys.modules["rsock._rsock"].__file__ if "rsock._rsock" in sys.modules else __import__("rsock")._rsock.__file__
    )
    library = ctypes.PyDLL(path)
    library.PyInit__rsock.restype = ctypes.c_void_p
    definition = library.PyInit__rsock()
    # PyModuleDef: the base (an object, m_init, m_index, m_copy), name, doc, size, methods, then the slots.
    pointer = ctypes.sizeof(ctypes.c_void_p)
    slots = ctypes.c_void_p.from_address(definition + object.__basicsize__ + 7 * pointer).value

    class Slot(ctypes.Structure):
        _fields_ = [("id", ctypes.c_int), ("value", ctypes.c_void_p)]

    found = {}
    at = slots
    while (slot := Slot.from_address(at)).id:
        found[slot.id] = slot.value
        at += ctypes.sizeof(Slot)
    py_mod_gil, py_mod_gil_not_used = 4, 1
    assert found[py_mod_gil] == py_mod_gil_not_used


def test_source_declares_no_need_of_the_lock():
    source = Path(__file__).resolve().parent.parent / "src" / "lib.rs"
    assert "#[pymodule(gil_used = false)]" in source.read_text(encoding="utf-8")


@pytest.mark.thread_unsafe(reason="starts processes")
def test_threads_in_calls_at_the_end_of_the_process(programs):
    """Daemon threads that come back from a call while the interpreter shuts down."""
    code = """
        import socket, threading
        def loop(sock):
            while True:
                try:
                    sock.recv(1)
                except TimeoutError:
                    pass
        pairs = [socket.socketpair() for _ in range(8)]
        for one, other in pairs:
            one.settimeout(0.0005)
            threading.Thread(target=loop, args=(one,), daemon=True).start()
        def pump(one, other):
            while True:
                one.send(b"x")
                other.recv(1)
        threading.Thread(target=pump, args=socket.socketpair(), daemon=True).start()
        print("done")
    """
    path = programs.folder / "daemons.py"
    path.write_text(textwrap.dedent(code), encoding="utf-8")
    launcher = ["-m", "rsock"] if programs.on == "rsock" else []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, *launcher, str(path)], capture_output=True, text=True, check=False, timeout=LIMIT
        )
        assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@hazard("static answers", stock=("answers another look-up",))
def test_lookups_of_several_threads(mod):
    """The `getservbyname` of all threads shares one place for its answer: a thread gets the port of another's service."""
    wanted = {name: mod.getservbyname(name, "tcp") for name in ("http", "domain", "ssh")}
    wrong = []

    def look_up():
        for _ in range(1500):
            for name, port in wanted.items():
                try:
                    found = mod.getservbyname(name, "tcp")
                except OSError:
                    found = None
                if found != port:
                    wrong.append(name)

    threads = [threading.Thread(target=look_up) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    return "answers another look-up" if wrong else OK


@hazard("gh-154224, gh-91913", stock=("sleeps on to its timeout",))
def test_close_wakes_a_timed_call(mod):
    """gh-154224: `close` leaves a call that waits with a timeout, in another thread, asleep until that has passed."""
    for name in CALLS:
        with waiting(mod, name, 3.0) as (sock, call, _):
            sock.close()
            call.join(AT_ONCE)
            if call.is_alive():
                raise Fault("sleeps on to its timeout")
    return OK


@hazard("gh-121544, gh-116912, gevent#26", stock=("takes bytes of another socket",))
def test_closed_number_is_not_touched(mod):
    """gh-121544: `close` frees the number under a call of another thread, which goes on with it when it is reused."""
    one, other = mod.socketpair()
    one.settimeout(3)
    reader = InFlight(lambda: one.recv(4)).wait_until_waiting()
    number = one.fileno()
    one.close()
    fresh, peer = mod.socketpair()
    if number not in (fresh.fileno(), peer.fileno()):
        reader.finish()
        fresh, peer = mod.socketpair()
    for sock in (fresh, peer):
        sock.send(MARK)
    with contextlib.suppress(BrokenPipeError):
        other.send(b"wake")
    outcome = reader.finish()
    for sock in (fresh, peer):
        sock.settimeout(0.5)
        try:
            if sock.recv(4) != MARK:
                return "takes bytes of another socket"
        except TimeoutError:
            return "takes bytes of another socket"
    return ABSENT if outcome is None else OK


@hazard("gh-121544, accepting", stock=("accepts on another socket",))
def test_closed_listener_does_not_accept_for_another(mod):
    """gh-121544: the same with `accept`: it takes a connection that was made to another server."""
    one = mod.create_server(("127.0.0.1", 0))
    one.settimeout(3)
    accepting = InFlight(one.accept).wait_until_waiting()
    number = one.fileno()
    keep = one.dup()
    one.close()
    fresh = mod.create_server(("127.0.0.1", 0))
    if fresh.fileno() != number and mod.__name__ == "socket":
        return ABSENT
    client = mod.create_connection(fresh.getsockname())
    with contextlib.suppress(OSError):
        mod.create_connection(keep.getsockname())  # wakes the one that waits
    outcome = accepting.finish()
    if isinstance(outcome, tuple) and outcome[1] == client.getsockname():
        return "accepts on another socket"
    return OK


if __name__ == "__main__":
    main(globals())
