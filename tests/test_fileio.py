"""`makefile` and `SocketIO`: modes, buffers, timeouts, and who closes the connection.

Follows: the `socket.makefile` entry of the Python library reference, the `io` chapter.
"""

from __future__ import annotations

import gc
import io
import sys
import warnings

import pytest
from support import LIMIT, recv_exactly, tcp_pair, unix_pair

MODES = [
    # mode, buffering, class of the file, mode of the raw stream
    ("r", None, io.TextIOWrapper, "rb"),
    ("", None, io.TextIOWrapper, "rb"),
    ("w", None, io.TextIOWrapper, "wb"),
    ("rw", None, io.TextIOWrapper, None),
    ("rb", None, io.BufferedReader, "rb"),
    ("b", -1, io.BufferedReader, "rb"),
    ("wb", 17, io.BufferedWriter, "wb"),
    ("rwb", None, io.BufferedRWPair, None),
    ("brw", 1, io.BufferedRWPair, None),
]


@pytest.mark.parametrize(("mode", "buffering", "cls", "raw_mode"), MODES)
def test_mode_picks_the_class(mod, mode, buffering, cls, raw_mode):
    with unix_pair(mod) as (sock, _), sock.makefile(mode, buffering) as file:
        assert type(file) is cls
        if cls is io.TextIOWrapper:
            assert file.mode == mode
            file = file.buffer
        if raw_mode is not None:
            assert type(file.raw) is mod.SocketIO
            assert file.raw.mode == raw_mode
            assert file.raw.name == file.name == sock.fileno()


@pytest.mark.parametrize(("mode", "raw_mode"), [("rb", "rb"), ("wb", "wb"), ("rwb", "rwb"), ("b", "rb")])
def test_no_buffering_gives_the_raw_stream(mod, mode, raw_mode):
    with unix_pair(mod) as (sock, _), sock.makefile(mode, 0) as file:
        assert type(file) is mod.SocketIO
        assert file.mode == raw_mode
        assert file.readable() == ("r" in raw_mode)
        assert file.writable() == ("w" in raw_mode)
        assert file.seekable() is False
        assert file.fileno() == sock.fileno()


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "text"),
    [
        (("q",), {}, ValueError, "invalid mode 'q' (only r, w, b allowed)"),
        (("r", 0), {}, ValueError, "unbuffered streams must be binary"),
        ((1,), {}, TypeError, "'int' object is not iterable"),
        (("r",), {"encoding": "no such"}, LookupError, "unknown encoding: no such"),
        (("r",), {"newline": "x"}, ValueError, "illegal newline value: x"),
    ],
)
def test_bad_arguments(mod, arguments, keywords, error, text):
    with unix_pair(mod) as (sock, _):
        with pytest.raises(error) as caught:
            sock.makefile(*arguments, **keywords)
        assert str(caught.value) == text
        del caught  # its traceback holds the raw stream
        gc.collect()
        sock.close()
        assert sock.fileno() == -1


def test_socketio_refuses_other_modes(mod, monkeypatch):
    complaints = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    with unix_pair(mod) as (sock, _):
        for mode in ("x", "", "b", "wr", "r+"):
            with pytest.raises(ValueError, match=r"^invalid mode: ") as caught:
                mod.SocketIO(sock, mode)
            assert repr(mode) in str(caught.value)
    del caught
    gc.collect()
    if mod.__name__ == "rsock":  # 3.13's own stumbles over the half-made object
        assert not complaints


def test_text_goes_through_both_ways(mod):
    with (
        tcp_pair(mod) as (client, server),
        client.makefile("rw", encoding="utf-16-le", newline="\r\n") as file,
        server.makefile("rwb") as other,
    ):
        file.write("grüße\n")
        file.flush()
        assert other.readline() + other.read(1) == "grüße\r\n".encode("utf-16-le")
        other.write("antwort\r\nrest".encode("utf-16-le"))
        other.flush()
        server.shutdown(mod.SHUT_WR)
        assert list(file) == ["antwort\r\n", "rest"]


@pytest.mark.parametrize("buffering", [0, 1, 2, 1000, None])
def test_lines_come_whole_whatever_the_buffer(mod, buffering):
    lines = [b"x" * size + b"\n" for size in (0, 1, 5, 999, 1000, 20_000)]
    with unix_pair(mod) as (one, other), other.makefile("rb", buffering) as file:
        one.sendall(b"".join(lines))
        one.shutdown(mod.SHUT_WR)
        assert file.readlines() == lines


def test_writes_wait_for_the_flush(mod):
    with unix_pair(mod) as (one, other):
        other.setblocking(False)
        with one.makefile("wb", 100) as file:
            file.write(b"held back")
            with pytest.raises(BlockingIOError):
                other.recv(1)
            file.flush()
            assert other.recv(100) == b"held back"


def test_raw_write_may_be_short(mod):
    with unix_pair(mod) as (one, other):
        one.setblocking(False)
        data = bytes(1 << 22)
        with one.makefile("wb", 0) as file:
            count = file.write(data)
            assert 0 < count < len(data)
            assert file.write(data) is None
        assert recv_exactly(other, count) == data[:count]


def test_raw_read_gives_none_where_it_would_block(mod):
    with unix_pair(mod) as (one, other):
        one.setblocking(False)
        with one.makefile("rb", 0) as file:
            assert file.read(1) is None
            assert file.readinto(bytearray(1)) is None
            other.send(b"ab")
            assert file.read(1) == b"a"
            other.close()
            assert file.read(9) == b"b"
            assert file.read(9) == b""


def test_buffered_read_without_blocking(mod):
    with unix_pair(mod) as (one, other):
        one.setblocking(False)
        with one.makefile("rb") as file:
            assert file.read(1) is None
            other.send(b"abc")
            assert file.read(2) == b"ab"
            assert file.read() == b"c"


def test_timeout_leaves_the_stream_unreadable(mod):
    with unix_pair(mod) as (one, other):
        one.settimeout(0.01)
        with one.makefile("rwb", 0) as file:
            with pytest.raises(TimeoutError):
                file.read(1)
            other.send(b"x")
            with pytest.raises(OSError, match=r"^cannot read from timed out object$"):
                file.read(1)
            assert file.write(b"y") == 1
            assert other.recv(1) == b"y"
        with one.makefile("rb") as file:
            assert file.read(1) == b"x"


def test_timed_out_reader_says_so_through_the_buffer(mod):
    with unix_pair(mod) as (one, other):
        one.settimeout(0.01)
        other.send(b"no newline")
        with one.makefile("r") as file:
            with pytest.raises(TimeoutError):
                file.readline()
            with pytest.raises(OSError, match=r"^cannot read from timed out object$"):
                file.readline()


def test_wrong_direction(mod):
    with unix_pair(mod) as (sock, _):
        with sock.makefile("wb", 0) as file, pytest.raises(io.UnsupportedOperation) as caught:
            file.read(1)
        assert str(caught.value) == "File or stream is not readable."
        with sock.makefile("rb", 0) as file, pytest.raises(io.UnsupportedOperation) as caught:
            file.write(b"x")
        assert str(caught.value) == "File or stream is not writable."


def test_closed_stream(mod):
    with unix_pair(mod) as (sock, _):
        file = sock.makefile("rwb", 0)
        file.close()
        file.close()
        assert file.closed
        assert file.name == -1
        assert file.mode == "rwb"
        for call in (file.readable, file.writable, file.seekable):
            with pytest.raises(ValueError, match=r"^I/O operation on closed socket\.$"):
                call()
        for call in (file.fileno, lambda: file.read(1), lambda: file.write(b"x")):
            with pytest.raises(ValueError, match=r"^I/O operation on closed file\.$"):
                call()


def test_connection_lasts_as_long_as_its_last_stream(mod):
    with tcp_pair(mod) as (client, server):
        first, second = client.makefile("rb"), client.makefile("wb", 0)
        client.close()
        assert client._closed
        assert client.fileno() >= 0
        second.write(b"still here")
        assert recv_exactly(server, 10) == b"still here"
        second.close()
        assert client.fileno() >= 0
        first.close()
        assert client.fileno() == -1
        server.settimeout(LIMIT)
        assert server.recv(1) == b""


def test_stream_that_is_dropped_lets_go(mod):
    with unix_pair(mod) as (sock, _):
        file = sock.makefile("rb", 0)
        sock.close()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            del file
            gc.collect()
        assert sock.fileno() == -1


def test_stream_outlives_a_detached_socket(mod):
    with unix_pair(mod) as (sock, _):
        file = sock.makefile("rb", 0)
        mod.close(sock.detach())
        with pytest.raises(OSError, match="Bad file descriptor"):
            file.read(1)
        file.close()


def test_readinto_fills_what_it_is_given(mod):
    with unix_pair(mod) as (one, other), one.makefile("rb", 0) as file:
        buffer = bytearray(b"....")
        other.send(b"abcdef")
        assert file.readinto(memoryview(buffer)[1:3]) == 2
        assert buffer == b".ab."
        assert file.readall.__self__ is file
        other.close()
        assert file.readall() == b"cdef"


def test_large_stream_through_buffers(mod):
    data = bytes(range(256)) * 4000
    with unix_pair(mod) as (one, other):
        one.settimeout(LIMIT)
        received = bytearray()
        other.setblocking(False)
        with one.makefile("wb") as out, other.makefile("rb") as into:
            view = memoryview(data)
            for start in range(0, len(data), 10_000):
                out.write(view[start : start + 10_000])
                out.flush()
                received += into.read() or b""
        assert received == data


def test_makefile_of_a_subclass(mod):
    class Counting(mod.socket):
        calls = 0

        def recv_into(self, *arguments):
            self.calls += 1
            return super().recv_into(*arguments)

    one, other = mod.socketpair()
    with other, Counting(one.family, one.type, one.proto, one.detach()) as sock:
        other.send(b"x\n")
        with sock.makefile("r") as file:
            assert file.readline() == "x\n"
        assert sock.calls == 1


@pytest.mark.parametrize("mode", [("r",), ("a", "b"), (), "x", None])
def test_refused_mode_is_told(mod, mode, monkeypatch):
    # From 3.13 on the stdlib's half-made stream complains when it goes.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    one, other = mod.socketpair()
    with one, other:
        try:
            expected = "invalid mode: %r" % mode  # noqa: UP031 - a tuple is spread
        except TypeError as error:
            expected = str(error)
        with pytest.raises((TypeError, ValueError)) as caught:
            mod.SocketIO(one, mode)
        assert str(caught.value) == expected
        del caught
        gc.collect()


def test_closing_a_stream_over_no_socket(mod):
    stream = mod.SocketIO(None, "r")
    with pytest.raises(AttributeError, match="_decref_socketios"):
        stream.close()
    assert stream.closed
    stream.close()


def test_stream_keeps_a_socket_that_failed_to_let_go(mod):
    class Failing:
        def _decref_socketios(self):
            raise ZeroDivisionError

    sock = Failing()
    stream = mod.SocketIO(sock, "r")
    with pytest.raises(ZeroDivisionError):
        stream.close()
    assert stream._sock is sock
