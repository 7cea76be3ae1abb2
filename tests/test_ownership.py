"""Known faults of who owns a descriptor: leaked, closed twice, taken by another process. None is to be in rsock.

The docstring names the fault by its number and says what caused it; see `hazards.py` for how they run. Faults of
memory are in test_memory_safety.py, those between threads in test_threads.py.
"""

from __future__ import annotations

import array
import contextlib
import gc
import os
import pickle
import resource
import signal
import ssl
import sys
import threading
import time
import warnings
from functools import partial

from hazards import ABSENT, OK, descriptors, hazard, main, must_raise
from inflight import InFlight
from support import listener, tcp_pair, unix_pair

INT = array.array("i").itemsize


def received_descriptors(ancillary):
    """Return the numbers that came with a message."""
    numbers = array.array("i")
    for _, _, data in ancillary:
        numbers.frombytes(data[: len(data) - len(data) % INT])
    return list(numbers)


def rights(mod, count):
    """Return the ancillary data that sends so many descriptors."""
    return [(mod.SOL_SOCKET, mod.SCM_RIGHTS, array.array("i", [0] * count))]


@hazard("gh-80931")
def test_truncated_rights_leak_nothing(mod):
    """gh-80931: descriptors that come with a message whose control buffer is too short for them."""
    with unix_pair(mod) as (one, other):
        before = descriptors()
        for room in range(mod.CMSG_SPACE(5 * INT) + 2):
            one.sendmsg([b"x"], rights(mod, 5))
            _, ancillary, _, _ = other.recvmsg(1, room)
            for number in received_descriptors(ancillary):
                os.close(number)
        return OK if descriptors() == before else f"leaks {len(descriptors() - before)} descriptors"


@hazard("gh-111675")
def test_rights_at_the_limit_leak_nothing(mod):
    """gh-111675: descriptors that come when the process may have no more (RLIMIT_NOFILE)."""
    with unix_pair(mod) as (one, other):
        before = descriptors()
        for room in (1, 3, 20):
            one.sendmsg([b"x"], rights(mod, 20))
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(before) + 1 + room, 4096))
            data, ancillary, _, _ = other.recvmsg(1, mod.CMSG_SPACE(20 * INT))
            resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
            for number in received_descriptors(ancillary):
                os.close(number)
            if data != b"x":
                return "loses data"
        return OK if descriptors() == before else f"leaks {len(descriptors() - before)} descriptors"


@hazard("rights lost to an error", stock=("leaks 3 descriptors",))
def test_rights_are_closed_where_the_answer_fails(mod):
    """A message with descriptors is received, and there is no memory for the answer: nobody can ever close them."""
    try:
        from _testcapi import remove_mem_hooks, set_nomemory
    except ImportError:
        return ABSENT
    with unix_pair(mod) as (one, other):
        before = descriptors()
        room, lost = mod.CMSG_SPACE(3 * INT), 0
        for start in range(60):
            one.sendmsg([b"x"], rights(mod, 3))
            set_nomemory(start, start + 1)
            try:
                ancillary = other.recvmsg(1, room)[1]
            except MemoryError:
                ancillary = []
                lost += 1
            finally:
                remove_mem_hooks()
            for number in received_descriptors(ancillary):
                os.close(number)
            drain(mod, other)
        leaked = descriptors() - before
        if leaked:
            return f"leaks {len(leaked)} descriptors"
        return OK if lost else "did not fail"


def drain(mod, sock):
    """Take what waits on a socket, and close the descriptors that come with it."""
    with contextlib.suppress(BlockingIOError):
        while True:
            for number in received_descriptors(sock.recvmsg(100, 200, mod.MSG_DONTWAIT)[1]):
                os.close(number)


@hazard("gh-75701, gh-73750")
def test_failing_constructors_leak_nothing(mod):
    """gh-75701: a connection, a server or an adopted descriptor that cannot be had leaves one behind."""
    with mod.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()
    pipe, other_end = os.pipe()
    with listener(mod) as taken:
        before = descriptors()
        for call in (
            lambda: mod.create_connection(nobody),
            lambda: mod.create_connection(nobody, source_address=("127.0.0.1", taken.getsockname()[1])),
            lambda: mod.create_server(taken.getsockname()),
            lambda: mod.create_server(("127.0.0.1", 0), family=mod.AF_INET, dualstack_ipv6=True),
            lambda: mod.socket(fileno=pipe),
            lambda: mod.socket(fileno=2**31 - 1),
            lambda: mod.socket(999),
            lambda: mod.socket(mod.AF_INET, 999),
            lambda: mod.socketpair(mod.AF_INET),
            lambda: taken.connect(nobody),
        ):
            must_raise((OSError, ValueError), call)
            gc.collect()
        leaked = descriptors() - before
        if leaked or not {pipe, other_end} <= descriptors():
            return f"leaks {len(leaked)} descriptors"
    return OK


@hazard("fromfd of what is no socket", stock=("leaks 1 descriptors",))
def test_fromfd_leaks_no_duplicate(mod):
    """`fromfd` duplicates a descriptor, and then finds that it is no socket."""
    pipe, _ = os.pipe()
    before = descriptors()
    must_raise(OSError, mod.fromfd, pipe, mod.AF_INET, mod.SOCK_STREAM)
    gc.collect()
    leaked = descriptors() - before
    return f"leaks {len(leaked)} descriptors" if leaked else OK


@hazard("gh-73750")
def test_one_warning_for_an_unclosed_socket(mod):
    """gh-73750: a socket that nobody closed is closed, with one ResourceWarning that names it."""
    before = descriptors()
    sock = mod.socket()
    text = f"unclosed {sock!r}"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del sock
        gc.collect()
        mod.socket().close()
    if [str(one.message) for one in caught] != [text] or caught[0].category is not ResourceWarning:
        return f"warns {[str(one.message) for one in caught]}"
    return OK if descriptors() == before else "leaks a descriptor"


@hazard("gunicorn#1375, btsocket#1, python-manhole#58")
def test_descriptors_are_closed_once(mod):
    """gunicorn#1375: `dup`, `fromfd`, `detach`, `fileno=` and pickles: each number has one owner and is closed once."""
    before = descriptors()
    one, other = mod.socketpair()
    copies = [one.dup(), mod.fromfd(one.fileno(), one.family, one.type)]
    number = one.fileno()
    if one.detach() != number or one.fileno() != -1 or one.detach() != -1:
        return "detaches twice"
    one.close()
    adopted = mod.socket(fileno=number)
    adopted.__init__(fileno=number)  # again, on its own number
    must_raise(TypeError, pickle.dumps, adopted)
    for sock in (adopted, *copies):
        os.fstat(sock.fileno())
        sock.close()
        sock.close()
        stranger = os.open("/dev/null", os.O_RDONLY)  # gets the number
        sock.close()
        sock.detach()
        del sock
        gc.collect()
        os.fstat(stranger)
        os.close(stranger)
    other.close()
    return OK if descriptors() == before else "leaks a descriptor"


@hazard("a subclass that fails late")
def test_subclass_that_fails_after_it_took_the_number(mod):
    """`dup` of a subclass whose `__init__` raises in the end: the number is its object's, and is closed once."""

    class Late(mod.socket):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            if kwargs.get("fileno") is not None or len(args) > 3:
                raise RuntimeError("too late")

    with Late() as sock:
        before = descriptors()
        error = must_raise(RuntimeError, sock.dup)
        strangers = [os.open("/dev/null", os.O_RDONLY) for _ in range(4)]
        del error
        gc.collect()
        for stranger in strangers:
            os.fstat(stranger)
            os.close(stranger)
        return OK if descriptors() == before else "leaks a descriptor"


@hazard("CVE-2024-3219", stock=("takes a stranger for its peer",))
def test_emulated_pair_refuses_a_stranger(mod):
    """CVE-2024-3219: another process connects first to the listener of an emulated `socketpair`."""
    pair = getattr(mod, "_fallback_socketpair", None)
    if pair is None:
        return ABSENT
    original = mod.socket
    strangers = []

    class Raced(original):
        def connect(self, address):
            stranger = original()
            stranger.connect(address)
            strangers.append(stranger)
            return super().connect(address)

    before = descriptors()
    mod.socket = Raced
    for _ in range(50):
        try:
            pair()
        except OSError:
            pass  # ConnectionError, or a getpeername() that came before the connection was there
        else:
            return "takes a stranger for its peer"
    mod.socket = original
    for stranger in strangers:
        stranger.close()
    gc.collect()
    return OK if descriptors() == before else "leaks a descriptor"


@hazard("CVE-2022-42919")
def test_no_abstract_names(mod):
    """CVE-2022-42919: helper sockets with abstract names, to which every user of the machine can connect."""
    one, other = mod.socketpair()
    one.settimeout(0.01)
    must_raise(TimeoutError, one.recv, 1)  # makes what a wait needs
    inodes = set()
    for number in descriptors():
        with contextlib.suppress(OSError):
            inodes.add(os.readlink(f"/proc/self/fd/{number}").removeprefix("socket:[").rstrip("]"))
    with open("/proc/self/net/unix", encoding="utf-8") as table:
        names = [line.split()[7:] for line in table if line.split()[6] in inodes]
    other.close()
    return OK if not any(names) else f"has the names {names}"


@hazard("CVE-2023-40217")
def test_data_before_the_handshake_is_not_trusted(mod):
    """CVE-2023-40217: data that came before the handshake of a connection that is closed already passes for TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tcp_pair(mod) as (client, server):
        client.sendall(b"plain text")
        while len(server.recv(10, mod.MSG_PEEK)) < 10:
            pass
        server.shutdown(mod.SHUT_RDWR)
        client.close()
        wrapped = None
        try:
            wrapped = context.wrap_socket(server, server_side=True)
            got = wrapped.recv(100)
        except OSError:
            return OK
        finally:
            if wrapped is not None:
                wrapped.close()
    return f"trusts {got!r}" if got else OK


@hazard("timed wait at the limit")
def test_timed_wait_needs_no_descriptor(mod):
    """A wait with a timeout, in a process that may have no more descriptors (RLIMIT_NOFILE)."""
    with unix_pair(mod) as (one, other):
        one.settimeout(0.2)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(descriptors()) + 1, 4096))
        with contextlib.suppress(OSError):
            while True:
                os.dup(0)
        must_raise(TimeoutError, one.recv, 1)
        one.settimeout(20)
        threading.Timer(0.1, lambda: other.send(b"x")).start()
        if one.recv(1) != b"x":
            return "loses data"
        raised = []
        waiter = threading.Thread(target=lambda: raised.append(must_raise(OSError, one.recv, 1)))
        waiter.start()
        if mod.__name__ != "socket":  # stock sleeps on
            time.sleep(0.1)  # without a descriptor nobody can look whether the call waits yet
            one.close()
            waiter.join(5)
            if waiter.is_alive():
                return "sleeps on"
    return OK


@hazard("a limit of one descriptor")
def test_timed_wait_in_a_sandbox_of_one_descriptor(mod):
    """A sandbox that forbids new descriptors by the least limit under which poll still works; see ppoll(2)."""
    with unix_pair(mod) as (one, other):
        one.settimeout(0.01)
        must_raise(TimeoutError, one.recv, 1)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
        must_raise(TimeoutError, one.recv, 1)
        one.settimeout(20)
        threading.Timer(0.1, lambda: other.send(b"x")).start()
        got = [one.recv(1)]
        other_thread = InFlight(lambda: one.recv(1))  # which has not waited before
        threading.Timer(0.1, lambda: other.send(b"y")).start()
        got.append(other_thread.finish())
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return OK if got == [b"x", b"y"] else "loses data"


@hazard("children of a server with threads")
def test_child_has_no_descriptor_of_other_threads_waits(mod):
    """A forked child has the sockets that it knows of, and nothing else that only the parent's threads use."""
    expected = descriptors()
    pairs = [mod.socketpair() for _ in range(8)]
    calls = []
    for one, _ in pairs:
        one.settimeout(20)
        calls.append(InFlight(partial(one.recv, 1)).wait_until_waiting())
    read, write = os.pipe()
    expected |= {read, write} | {sock.fileno() for pair in pairs for sock in pair}
    if not os.fork():
        os.write(write, str(len(descriptors() - expected)).encode())
        os._exit(0)
    os.wait()
    for _, other in pairs:
        other.send(b"x")
    for call in calls:
        call.finish()
    return OK if os.read(read, 10) == b"0" else "keeps what is not its own"


@hazard("a daemon's closerange")
def test_daemon_that_closes_all_numbers(mod):
    """A daemon closes all numbers that it does not know: nothing may use them, as they are given to others then."""
    one, _other = mod.socketpair()
    one.settimeout(0.01)
    must_raise(TimeoutError, one.recv, 1)
    for in_child in (True, False):
        if in_child and os.fork():
            _, status = os.wait()
            if status:
                return "uses a number of another's"
            continue
        whole = close_all_and_go_on(mod)
        if in_child:
            os._exit(not whole)
        if not whole:
            return "uses a number of another's"
    return OK


def close_all_and_go_on(mod):
    """Close every number, open others, wait on sockets; tell whether the others are whole."""
    os.closerange(3, 64)
    ends = [os.pipe() for _ in range(8)]
    for _, write in ends:
        os.write(write, b"12345678" * 2)
    left, right = mod.socketpair()
    left.settimeout(0.02)

    def wait():
        must_raise(OSError, left.recv, 1)

    wait()
    thread = threading.Thread(target=wait)
    thread.start()
    thread.join()
    left.close()
    right.close()
    gc.collect()
    return all(os.read(read, 16) == b"12345678" * 2 for read, _ in ends)


def blocks_left(work):
    """Return how many more blocks of memory are in use after a second run than before it."""
    work()
    before = sys.getallocatedblocks()
    work()
    return sys.getallocatedblocks() - before


@hazard("thread-locals")
def test_threads_leave_nothing_behind(mod):
    """What a thread kept for its next call goes with it, at once, and not under a lock that a fork may leave held."""

    def some_threads():
        for _ in range(300):
            thread = threading.Thread(target=sock.getsockname)
            thread.start()
            thread.join()

    with mod.socket(mod.AF_INET, mod.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        more = blocks_left(some_threads)
    return OK if more < 100 else "leaks with each thread"


@hazard("addresses of many peers")
def test_many_addresses_leave_nothing_behind(mod):
    """An address that is met no more is not kept, though no call of the thread ever waits."""

    def each():
        for sock in socks * 50:
            sock.getsockname()

    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(mod.socket(mod.AF_INET, mod.SOCK_DGRAM)) for _ in range(40)]
        for sock in socks:
            sock.bind(("127.0.0.1", 0))
        more = blocks_left(each)
    return OK if more < 100 else "leaks with each address"


@hazard("errors by the thousand")
def test_errors_leave_nothing_behind(mod):
    """What an error held is dropped with it, also where it is never told and the thread makes nothing but calls."""

    def repeat(call, arguments):
        for _ in range(400):
            with contextlib.suppress(OSError, TypeError, ValueError, OverflowError):
                call(*arguments)

    with mod.socket(mod.AF_INET, mod.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        calls = {
            "words": (mod.inet_aton, "no address"),
            "a number of the system": (sock.recv, 1),
            "a wrong argument": (sock.recv, "1"),
            "bytes where an int may be": (sock.setsockopt, mod.SOL_SOCKET, mod.SO_BROADCAST, bytes(4)),
            "a number too big for a signed long": (mod.htonl, 1 << 63),
            "a name in no encoding": (mod.if_nametoindex, "\udcff"),
            "no ints, and so no length": (sock.setsockopt, "x", 1, None, 4),
        }
        for name, (call, *arguments) in calls.items():
            if blocks_left(partial(repeat, call, arguments)) > 100:
                return f"{name}: leaks with each error"
    return OK


@hazard("pidfile daemons")
def test_child_of_a_closing_parent_closes(mod):
    """A socket that the parent closed while another thread was in a call on it: the child holds no copy for ever."""
    one, other = mod.socketpair()
    call = InFlight(lambda: one.recv(1)).wait_until_waiting()
    child = os.fork()
    if not child:
        one.close()
        signal.pause()
    with contextlib.suppress(OSError):
        other.send(b"x")
    call.join()
    one.close()
    other.settimeout(10)
    try:
        end = other.recv(1)
    except TimeoutError:
        return "stays open in the child"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return OK if end == b"" else "loses the end"


if __name__ == "__main__":
    main(globals())
