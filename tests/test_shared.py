"""One object in many threads: what each call promises by itself holds whoever else calls.

With an interpreter lock most of these calls are one after the other; without it, which is what these tests are for,
they are truly at once. What a call in flight makes of `close` is in test_threads.py.

Follows: the free-threading guide's "Thread Safety Guarantees"; `array.array` and `bytearray` raise BufferError for a
change of size under an export.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import rsock
from support import LIMIT

pytestmark = pytest.mark.thread_unsafe(reason="has threads of its own")
ROUNDS = 300
DONTWAIT = getattr(rsock, "MSG_DONTWAIT", 0)


def at_once(*works, count=2):
    """Run each of the functions in some threads, all of which begin together; raise what one raises."""
    gate = threading.Barrier(len(works) * count)

    def run(work):
        gate.wait(LIMIT)
        return work()

    with ThreadPoolExecutor(len(works) * count) as pool:
        running = [pool.submit(run, work) for work in works for _ in range(count)]
        return [one.result(LIMIT) for one in running]


@contextlib.contextmanager
def nonblocking_pair():
    one, other = rsock.socketpair()
    with one, other:
        one.setblocking(False)
        other.setblocking(False)
        yield one, other


def test_there_is_no_lock_where_the_interpreter_has_none():
    if hasattr(sys, "_is_gil_enabled") and "t" in sys.abiflags and os.environ.get("PYTHON_GIL") != "1":
        assert not sys._is_gil_enabled()


def test_a_buffer_does_not_shrink_under_a_call():
    shared = bytearray(5000)

    def resize():
        for round_ in range(ROUNDS * 100):
            with contextlib.suppress(BufferError):
                if round_ % 2:
                    shared.clear()
                else:
                    shared.extend(bytes(5000))

    def transfer():
        with nonblocking_pair() as (one, other):
            for _ in range(ROUNDS * 10):
                for call in (one.send, other.recv_into, one.sendall, other.recvfrom_into):
                    with contextlib.suppress(BlockingIOError):
                        call(shared)
                with contextlib.suppress(BlockingIOError):
                    one.sendmsg([shared, shared])
                with contextlib.suppress(BlockingIOError):
                    other.recvmsg_into([shared, shared])

    at_once(resize, transfer)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sendmsg")
def test_a_list_does_not_shrink_under_a_call():
    data, room, messages = [], [], []

    def change():
        for _ in range(ROUNDS * 100):
            data.append(os.urandom(3))
            room.append(bytearray(3))
            messages.append((rsock.SOL_SOCKET, rsock.SCM_RIGHTS, bytes(0)))
            if len(data) > 20:
                for one in (data, room, messages):
                    one.clear()

    def transfer():
        with nonblocking_pair() as (one, other):
            for _ in range(ROUNDS * 10):
                with contextlib.suppress(BlockingIOError):
                    one.sendmsg(data)
                with contextlib.suppress(BlockingIOError, OSError):
                    one.sendmsg([b"x"], messages)
                with contextlib.suppress(BlockingIOError):
                    other.recvmsg_into(room, 100)

    at_once(change, transfer)


def test_each_file_counts():
    one, other = rsock.socketpair()
    with other:
        files = [
            file for made in at_once(lambda: [one.makefile("rb", 0) for _ in range(ROUNDS)], count=8) for file in made
        ]
        assert one._io_refs == len(files) == 8 * ROUNDS
        one.close()
        assert one.fileno() >= 0
        shares = [files[start::8] for start in range(8)]
        at_once(*(lambda share=share: [file.close() for file in share] for share in shares), count=1)
        assert one._io_refs == 0
        assert one.fileno() == -1


def test_the_last_of_close_and_file_closes():
    for _ in range(ROUNDS):
        one, other = rsock.socketpair()
        with other:
            file = one.makefile("rb", 0)
            at_once(one.close, file.close, count=1)
            assert one.fileno() == -1
            other.setblocking(False)
            assert other.recv(1) == b""


def test_the_number_is_that_of_the_descriptor_that_stays():
    """Opened, opened again, closed and detached at once: the number is what is open, and nothing else is left."""
    for _ in range(ROUNDS):
        sock = rsock.socket()

        def reopen(sock=sock):
            with contextlib.suppress(OSError):  # EBUSY: a call on the old descriptor is under way
                sock.__init__()

        def detach(sock=sock):
            number = sock.detach()
            if number >= 0:
                os.close(number)

        at_once(reopen, sock.close, detach, reopen, count=1)
        number = sock.fileno()
        if number >= 0:
            os.fstat(number)
            assert sock.getsockopt(rsock.SOL_SOCKET, rsock.SO_TYPE) == rsock.SOCK_STREAM
        sock.close()
        assert sock.fileno() == -1


def test_the_mode_is_that_of_the_timeout_that_stays():
    with rsock.socket() as sock:
        for _ in range(ROUNDS):
            at_once(
                lambda: sock.settimeout(None), lambda: sock.settimeout(0.5), lambda: sock.setblocking(False), count=1
            )
            assert os.get_blocking(sock.fileno()) == (sock.gettimeout() is None)


def test_answers_are_each_threads_own():
    """Addresses and small ints come from caches, each of which many threads fill and read at once."""

    def look():
        with (
            rsock.socket(rsock.AF_INET, rsock.SOCK_DGRAM) as one,
            rsock.socket(rsock.AF_INET, rsock.SOCK_DGRAM) as other,
        ):
            one.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            one.settimeout(LIMIT)
            here, there = one.getsockname(), other.getsockname()
            for round_ in range(ROUNDS):
                text = str(round_).encode()
                assert other.sendto(text, here) == len(text)
                assert one.recvfrom(100) == (text, there)
                assert one.getsockname() == here
        for port in range(0, 65536, 7):
            assert rsock.htons(port) == int.from_bytes(port.to_bytes(2, sys.byteorder), "big")

    at_once(look, count=6)


def test_many_accept_from_one_listener():
    with rsock.create_server(("127.0.0.1", 0), backlog=100) as server:
        server.settimeout(LIMIT)
        address = server.getsockname()

        def serve():
            seen = []
            for _ in range(ROUNDS // 10):
                sock, peer = server.accept()
                with sock:
                    seen.append(peer)
                    assert sock.getpeername() == peer
            return seen

        def call():
            seen = []
            for _ in range(ROUNDS // 10):
                with rsock.create_connection(address, LIMIT) as sock:
                    seen.append(sock.getsockname())
                    assert sock.recv(1) == b""
            return seen

        seen = at_once(serve, call, count=3)
    accepted, called = (sorted(peer for part in half for peer in part) for half in (seen[:3], seen[3:]))
    assert accepted == called
