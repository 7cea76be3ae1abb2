"""`socket.sendfile`: both ways, offsets and counts, where the file stands after, and what is refused.

Follows: the `socket.sendfile` entry of the Python library reference, sendfile(2).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import tempfile
import threading

import pytest
import rsock
from support import LIMIT, recv_exactly, tcp_pair, udp_pair, unix_pair

CONTENT = bytes(range(256)) * 1200 + b"tail"


@contextlib.contextmanager
def opened(kind, content=CONTENT):
    """Yield a file with some content, at its start: a regular one, or one that has no descriptor."""
    if kind == "memory":
        yield io.BytesIO(content)
        return
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file


@contextlib.contextmanager
def draining(sock):
    """Read a socket to its end in another thread; yield the list that gets the bytes."""
    parts = []

    def drain():
        while part := sock.recv(1 << 18):
            parts.append(part)

    thread = threading.Thread(target=drain)
    thread.start()
    try:
        yield parts
    finally:
        thread.join(LIMIT)
        assert not thread.is_alive()


@pytest.mark.parametrize("kind", ["regular", "memory"])
@pytest.mark.parametrize("timeout", [None, LIMIT])
@pytest.mark.parametrize(
    ("offset", "count"),
    [
        (0, None),
        (5000, None),
        (0, 1),
        (0, 8192),
        (0, 8193),
        (5000, 100_000),
        (7, len(CONTENT) + 99),
        (len(CONTENT), None),
        (len(CONTENT) + 5, None),
    ],
)
def test_part_of_a_file(mod, kind, timeout, offset, count):
    wanted = CONTENT[offset:] if count is None else CONTENT[offset : offset + count]
    with tcp_pair(mod) as (client, server), opened(kind) as file:
        client.settimeout(timeout)
        with draining(server) as parts:
            sent = client.sendfile(file, offset, count)
            if wanted:
                assert file.tell() == offset + len(wanted)
            client.shutdown(mod.SHUT_WR)
        assert sent == len(wanted)
        assert b"".join(parts) == wanted


@pytest.mark.parametrize("way", ["_sendfile_use_sendfile", "_sendfile_use_send"])
def test_each_way_by_itself(mod, way):
    with unix_pair(mod) as (one, other), opened("regular") as file:
        with draining(other) as parts:
            assert getattr(one, way)(file, 4, 100_000) == 100_000
            one.shutdown(mod.SHUT_WR)
        assert b"".join(parts) == CONTENT[4:100_004]


@pytest.mark.parametrize("kind", ["regular", "memory"])
def test_empty_file(mod, kind):
    with unix_pair(mod) as (one, _), opened(kind, b"") as file:
        assert one.sendfile(file) == 0
        assert one.sendfile(file, 0, 10) == 0


def test_reads_on_where_a_file_without_descriptor_stands(mod):
    with unix_pair(mod) as (one, other):
        file = io.BytesIO(b"0123456789")
        file.seek(4)
        assert one.sendfile(file) == 6
        assert other.recv(20) == b"456789"


def test_file_that_only_reads(mod):
    class Source:
        sizes = []

        def read(self, size):
            self.sizes.append(size)
            return b"once" if len(self.sizes) == 1 else b""

    with unix_pair(mod) as (one, other):
        assert one.sendfile(Source(), 0, 100) == 4
        assert other.recv(20) == b"once"
        assert Source.sizes == [100, 96]


@pytest.mark.parametrize(
    ("count", "error"),
    [(0, ValueError), (-1, ValueError), (1.5, TypeError), ("x", TypeError)],
)
def test_bad_count(mod, count, error):
    with unix_pair(mod) as (one, _), opened("regular") as file:
        for call in (one.sendfile, one._sendfile_use_send, one._sendfile_use_sendfile):
            with pytest.raises(error) as caught:
                call(file, 0, count)
            assert str(caught.value) == f"count must be a positive integer (got {count!r})"


def test_refusals(mod):
    with opened("regular") as file, udp_pair(mod) as (datagram, _), unix_pair(mod) as (stream, _):
        with pytest.raises(ValueError, match=r"^only SOCK_STREAM type sockets are supported$"):
            datagram.sendfile(file)
        stream.setblocking(False)
        for source in (file, io.BytesIO(b"x")):
            with pytest.raises(ValueError, match=r"^non-blocking sockets are not supported$"):
                stream.sendfile(source)
        with (
            tempfile.TemporaryFile("w+") as text,
            pytest.raises(ValueError, match=r"^file should be opened in binary mode$"),
        ):
            stream.sendfile(text)


def test_closed_socket(mod):
    with opened("regular") as file:
        sock = mod.socket()
        sock.close()
        with pytest.raises(ValueError, match=r"^Invalid file descriptor: -1$"):
            sock.sendfile(file)


def test_gives_up_before_the_first_byte(mod):
    with unix_pair(mod) as (one, _):
        with pytest.raises(mod._GiveupOnSendfile) as caught:
            one._sendfile_use_sendfile(io.BytesIO(b"x"))
        assert isinstance(caught.value.args[0], io.UnsupportedOperation)


def test_falls_back_where_the_system_call_refuses(mod, monkeypatch):
    def refuse(*_):
        raise OSError(22, "Invalid argument")

    with unix_pair(mod) as (one, other), opened("regular", b"by hand") as file:
        monkeypatch.setattr(os, "sendfile", refuse)
        assert one.sendfile(file) == 7
        assert other.recv(20) == b"by hand"


def test_falls_back_where_there_is_no_system_call(monkeypatch):
    # the stdlib decides when it is imported
    with unix_pair(rsock) as (one, other), opened("regular", b"by hand") as file:
        monkeypatch.delattr(os, "sendfile")
        assert one.sendfile(file) == 7
        assert other.recv(20) == b"by hand"


@pytest.mark.parametrize("way", ["_sendfile_use_sendfile", "_sendfile_use_send"])
def test_position_tells_what_was_sent_before_a_timeout(mod, way):
    with unix_pair(mod) as (one, other), opened("regular", bytes(1 << 23)) as file:
        one.settimeout(0.05)
        with pytest.raises(TimeoutError, match=r"^timed out$"):
            getattr(one, way)(file)
        sent = file.tell()
        assert 0 < sent < 1 << 23
        one.shutdown(mod.SHUT_WR)
        assert len(recv_exactly(other, sent)) == sent
        assert other.recv(1) == b""


def test_position_tells_what_was_sent_before_an_error(mod, monkeypatch):
    real, calls = os.sendfile, []

    def fail_later(target, source, offset, count):
        calls.append(offset)
        if len(calls) == 3:
            raise OSError(5, "Input/output error")
        return real(target, source, offset, min(count, 1000))

    with unix_pair(mod) as (one, other), opened("regular") as file:
        monkeypatch.setattr(os, "sendfile", fail_later)
        with pytest.raises(OSError, match="Input/output error"):
            one.sendfile(file, 10)
        assert calls == [10, 1010, 2010]
        assert file.tell() == 2010
        assert recv_exactly(other, 2000) == CONTENT[10:2010]


def test_peer_that_went_away(mod):
    with tcp_pair(mod) as (client, server), opened("regular", bytes(1 << 24)) as file:
        server.close()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            client.sendfile(file)


@pytest.mark.needs("linux")
@pytest.mark.thread_unsafe(reason="ten times two gibibytes")
def test_file_of_more_than_two_gibibytes(mod):
    size = (1 << 31) + 54_321
    tail = os.urandom(54_321)
    digest = hashlib.sha256()
    seen = 0
    with unix_pair(mod) as (one, other), tempfile.TemporaryFile() as file:
        file.truncate(1 << 31)
        file.seek(1 << 31)
        file.write(tail)
        file.flush()

        def drain():
            nonlocal seen
            buffer = memoryview(bytearray(1 << 20))
            while count := other.recv_into(buffer):
                start = max((1 << 31) - seen, 0)
                digest.update(buffer[min(start, count) : count])
                seen += count

        thread = threading.Thread(target=drain)
        thread.start()
        try:
            assert one.sendfile(file) == size
            one.shutdown(mod.SHUT_WR)
        finally:
            thread.join(LIMIT)
        assert seen == size
        assert digest.digest() == hashlib.sha256(tail).digest()
        assert file.tell() == size


@pytest.mark.needs("linux")
def test_offset_of_more_than_two_gibibytes(mod):
    with unix_pair(mod) as (one, other), tempfile.TemporaryFile() as file:
        file.seek(5 << 30)
        file.write(b"far out")
        file.flush()
        assert one.sendfile(file, 5 << 30) == 7
        assert other.recv(20) == b"far out"
        assert one.sendfile(file, (5 << 30) + 4, 2) == 2
        assert other.recv(20) == b"ou"


def test_close_in_another_thread_sends_nothing_elsewhere(monkeypatch):
    real = os.sendfile
    with unix_pair(rsock) as (one, other), opened("regular") as file, contextlib.ExitStack() as stack:
        number = one.fileno()

        def close_behind(target, source, offset, count):
            if offset:
                one.close()
                fresh = stack.enter_context(tempfile.TemporaryFile())
                assert fresh.fileno() != number, "the number is given away"
            return real(target, source, offset, min(count, 1000))

        monkeypatch.setattr(os, "sendfile", close_behind)
        with pytest.raises(OSError) as caught:
            one.sendfile(file, 0, 3000)
        assert caught.value.errno == errno.EBADF
        monkeypatch.undo()
        with pytest.raises(OSError):
            os.fstat(number)
        assert recv_exactly(other, 2000) == CONTENT[:2000]
        assert other.recv(1) == b""


@pytest.mark.thread_unsafe(reason="forks")
@pytest.mark.needs("fork")
def test_child_of_a_fork_can_close_what_is_being_sent(mod, monkeypatch):
    """A sendfile under way leaves nothing open in a child that has closed its copies."""
    real = os.sendfile
    ends, held = os.pipe()
    children = []

    def fork_once(target, source, offset, count):
        if not children:
            child = os.fork()
            if not child:
                one.close()
                other.close()
                os.close(held)
                os.read(ends, 1)
                os._exit(0)
            children.append(child)
        return real(target, source, offset, count)

    with unix_pair(mod) as (one, other), opened("regular") as file:
        monkeypatch.setattr(os, "sendfile", fork_once)
        try:
            one.sendfile(file, 0, 1000)
            monkeypatch.undo()
            one.close()
            assert recv_exactly(other, 1000) == CONTENT[:1000]
            other.settimeout(LIMIT)
            assert other.recv(1) == b""
        finally:
            os.close(held)
            os.close(ends)
            os.waitpid(children[0], 0)


def test_exception_of_a_handler_leaks_nothing(mod, monkeypatch):
    """Whatever raises in the middle of a sendfile, no descriptor is left."""

    def interrupted(*_):
        raise KeyboardInterrupt

    with unix_pair(mod) as (one, _), opened("regular") as file:
        monkeypatch.setattr(os, "sendfile", interrupted)
        with pytest.raises(KeyboardInterrupt):
            one.sendfile(file)
