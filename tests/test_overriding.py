"""What hangs on it that the methods call each other by way of the object, and look up names in the module.

Subclasses, tests that patch the class, and tools that put a class of their own into the module rely on that. Must
not know: which way the methods take where nobody did any of it.
Follows: what the stdlib's class does.
"""

from __future__ import annotations

import contextlib
import enum
import gc
import os
import pickle
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import rsock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

TRACED = ["__init__", "_accept", "_real_close", "accept", "close", "dup", "fileno", "gettimeout", "settimeout"]
TRACED += ["setblocking", "__exit__"]


@pytest.fixture
def connected(mod: ModuleType) -> Iterator[tuple[Any, Any]]:
    """A listener of the plain class, and a client that it has not accepted yet."""
    with mod.create_server(("127.0.0.1", 0)) as listener, mod.create_connection(listener.getsockname()) as client:
        yield listener, client


def traced(name: str, original: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:
    def wrapper(*args: Any, **keywords: Any) -> Any:
        calls.append(" ".join([name, *keywords]))
        return original(*args, **keywords)

    return wrapper


def trace(mod: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    for name in TRACED:
        monkeypatch.setattr(mod.socket, name, traced(name, getattr(mod.socket, name), calls))
    return calls


def test_accept_asks_an_overridden_gettimeout(mod, connected):
    asked = []

    class Asked(mod.socket):
        def gettimeout(self):
            asked.append(self)
            return 0.0

    with Asked(fileno=connected[0].detach()) as listener:
        accepted, _ = listener.accept()
        accepted.close()
        assert asked == [listener]


@pytest.mark.thread_unsafe(reason="sets the default timeout")
def test_accept_asks_for_no_timeout_where_there_is_a_default(mod, connected):
    class Mute(mod.socket):
        def gettimeout(self):
            raise AssertionError("asked")

    with Mute(fileno=connected[0].detach()) as listener:
        mod.setdefaulttimeout(5)
        try:
            accepted, _ = listener.accept()
        finally:
            mod.setdefaulttimeout(None)
        assert accepted.gettimeout() == 5
        accepted.close()


def test_accept_reads_overridden_attributes(mod, connected):
    class Odd(mod.socket):
        proto = 6

    with Odd(fileno=connected[0].detach()) as listener:
        accepted, _ = listener.accept()
        with accepted:
            assert (type(accepted), accepted.proto) == (mod.socket, 6)


@pytest.mark.parametrize("given", [(-1, None), ("1", None), (1.5, None), (None, None)])
def test_accept_with_an_odd_number(mod, given):
    class Odd(mod.socket):
        def _accept(self):
            return given

    with Odd() as listener:
        if given[0] is None:
            # That is a new socket, as ever.
            accepted, _ = listener.accept()
            accepted.close()
        else:
            with pytest.raises((TypeError, ValueError)):
                listener.accept()


@pytest.mark.parametrize("given", [(), (1,), (1, 2, 3), None, 5])
def test_accept_with_no_pair(mod, given):
    class Odd(mod.socket):
        def _accept(self):
            return given

    with Odd() as listener, pytest.raises((TypeError, ValueError)):
        listener.accept()


@pytest.mark.thread_unsafe(reason="changes the module")
def test_accept_gives_the_class_of_the_module(mod, connected, monkeypatch):
    class Counted(mod.socket):
        pass

    monkeypatch.setattr(mod, "socket", Counted)
    accepted, _ = connected[0].accept()
    with accepted:
        assert type(accepted) is Counted


@pytest.mark.thread_unsafe(reason="changes the module")
@pytest.mark.thread_unsafe(reason="changes the module")
def test_socketpair_gives_the_class_of_the_module(mod, monkeypatch):
    class Own(mod.socket):
        pass

    monkeypatch.setattr(mod, "socket", Own)
    one, other = mod.socketpair(mod.AF_UNIX, mod.SOCK_SEQPACKET)
    with one, other:
        assert (type(one), type(other)) == (Own, Own)
        assert (one.family, one.type, other.type) == (mod.AF_UNIX, mod.SOCK_SEQPACKET, mod.SOCK_SEQPACKET)
        one.send(b"through")
        assert other.recv(10) == b"through"


@pytest.mark.thread_unsafe(reason="changes the module")
def test_socketpair_leaves_nothing_open_where_its_second_end_cannot_be(monkeypatch):
    made = []

    class OnlyOne(rsock.socket):
        def __init__(self, *args, **keywords):
            if made:
                raise LookupError("one is enough")
            made.append(self)
            super().__init__(*args, **keywords)

    monkeypatch.setattr(rsock, "socket", OnlyOne)
    with pytest.raises(LookupError):
        rsock.socketpair()
    assert made[0].fileno() == -1


def test_makefile_uses_the_stream_of_the_module(mod, connected, monkeypatch):
    class Stream(mod.SocketIO):
        pass

    monkeypatch.setattr(mod, "SocketIO", Stream)
    with connected[1].makefile("rb", 0) as stream:
        assert type(stream) is Stream


@pytest.mark.thread_unsafe(reason="changes the module")
def test_fromfd_uses_dup_of_the_module(mod, connected, monkeypatch):
    asked = []
    monkeypatch.setattr(mod, "dup", traced("dup", mod.dup, asked))
    mod.fromfd(connected[1].fileno(), mod.AF_INET, mod.SOCK_STREAM).close()
    assert asked == ["dup"]


@pytest.mark.thread_unsafe(reason="changes the class")
def test_patched_methods_are_called(mod, connected, monkeypatch):
    listener, client = connected
    calls = trace(mod, monkeypatch)
    client.dup().close()
    assert calls == ["dup", "fileno", "__init__ fileno", "gettimeout", "settimeout", "close", "_real_close"]
    calls.clear()
    listener.settimeout(5)
    accepted, _ = listener.accept()
    assert calls == ["settimeout", "accept", "_accept", "__init__ fileno", "gettimeout", "setblocking"]
    calls.clear()
    with accepted:
        pass
    assert calls == ["__exit__", "close", "_real_close"]


@pytest.mark.thread_unsafe(reason="changes the class")
def test_patches_that_come_and_go(mod, connected):
    listener, client = connected
    for _ in range(3):
        with pytest.MonkeyPatch.context() as patch:
            calls = trace(mod, patch)
            with client.dup():
                pass
            assert calls.count("_real_close") == 1
        with client.dup() as twin:
            pass
        assert twin.fileno() == -1
        assert calls.count("_real_close") == 1
    mod.socket.unknown_name = 1
    del mod.socket.unknown_name
    accepted, _ = listener.accept()
    accepted.close()
    assert accepted.fileno() == -1


ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((2, 2), {}),
    ((2,), {"type": 2, "proto": 17}),
    ((), {"fileno": None, "family": 1}),
]


@pytest.mark.thread_unsafe(reason="changes the class")
@pytest.mark.parametrize(("given", "named"), ARGUMENTS)
def test_a_call_of_the_class_goes_by_a_patched_init(mod, monkeypatch, given, named):
    seen = []
    original = mod.socket.__init__

    def own(*args: Any, **keywords: Any) -> Any:
        seen.append((args[1:], keywords))
        return original(*args, **keywords)

    with mod.socket(*given, **named) as sock:
        expected = sock.family, sock.type, sock.proto
    monkeypatch.setattr(mod.socket, "__init__", own)
    with mod.socket(*given, **named) as sock:
        assert (sock.family, sock.type, sock.proto) == expected
    assert seen == [(given, named)]
    monkeypatch.undo()
    with mod.socket(*given, **named) as sock:
        assert (sock.family, sock.type, sock.proto) == expected
    assert len(seen) == 1


@pytest.mark.thread_unsafe(reason="changes the class")
def test_a_call_of_the_class_gives_what_a_patched_new_gives(mod, monkeypatch):
    monkeypatch.setattr(mod.socket, "__new__", lambda cls, *args: [cls, *args])
    assert mod.socket(2, 1) == [mod.socket, 2, 1]


@pytest.mark.thread_unsafe(reason="changes the class")
def test_subclasses_are_made_after_new_was_patched_and_put_back(mod):
    class Own(mod.socket):
        def __new__(cls, *args):
            return super().__new__(cls, *args)

    with pytest.MonkeyPatch.context() as patch:
        original = mod.socket.__new__
        patch.setattr(mod.socket, "__new__", lambda cls, *args: original(cls, *args))
        mod.socket(mod.AF_INET, mod.SOCK_DGRAM).close()
    for cls in (Own, mod.socket):
        with cls(mod.AF_INET, mod.SOCK_DGRAM) as sock:
            assert (type(sock), sock.type) == (cls, mod.SOCK_DGRAM)
    assert mod.SocketType.__new__(mod.socket).fileno() == -1


@pytest.mark.parametrize(
    ("protocol", "words"),
    [(0, "'socket' object cannot be interpreted as an integer"), (2, "cannot pickle 'socket' object")],
)
def test_a_pickle_is_refused_in_the_words_of_stock(mod, protocol, words):
    with mod.socket() as sock, pytest.raises(TypeError) as caught:
        pickle.dumps(sock, protocol)
    assert str(caught.value) == words


@pytest.mark.parametrize(("name", "shown"), [("proto", "proto=1,"), ("fileno", "fd=5,")])
def test_repr_shows_numbers_as_numbers(mod, name, shown):
    class Own(mod.socket):
        proto = True

        def fileno(self):
            return 5.7 if name == "fileno" else super().fileno()

    with Own() as sock:
        assert shown in repr(sock)


@pytest.mark.parametrize("error", [OSError, AttributeError, KeyboardInterrupt, NotImplementedError])
def test_repr_passes_over_what_says_that_there_is_no_address(mod, error):
    class Own(mod.socket):
        def getpeername(self):
            raise error

    expected = None if error is OSError or (error is AttributeError and sys.version_info >= (3, 11)) else error
    with Own(mod.AF_INET, mod.SOCK_DGRAM) as sock:
        if expected is None:
            assert repr(sock).endswith(", laddr=('0.0.0.0', 0)>")
        else:
            with pytest.raises(expected):
                repr(sock)


def test_repr_of_a_path_in_no_encoding(mod, tmp_path):
    with mod.socket(mod.AF_UNIX) as sock:
        sock.bind(os.fsencode(tmp_path) + b"/\xff")
        assert "/\udcff>" in repr(sock)


def test_a_keyword_is_known_by_its_own_text(mod):
    class Key(str, enum.Enum):
        FAMILY = "family"

    with mod.socket(**{Key.FAMILY: mod.AF_UNIX}) as sock:
        assert sock.family == mod.AF_UNIX


def test_an_unclosed_socket_says_nothing_of_a_repr_that_fails(mod, capsys):
    class Unready(mod.socket):
        def __init__(self):
            super().__init__()
            raise LookupError

        def __repr__(self):
            return self.name

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(LookupError):
            Unready()
        gc.collect()
    assert capsys.readouterr().err == ""


def test_a_call_of_a_subclass_goes_by_its_own_methods(mod):
    class Own(mod.socket):
        def __new__(cls, name, **keywords):
            made = super().__new__(cls)
            made.name = name
            return made

        def __init__(self, name, **keywords):
            super().__init__(**keywords)

    with Own("twin", type=mod.SOCK_DGRAM) as sock:
        assert (type(sock), sock.name, sock.type) == (Own, "twin", mod.SOCK_DGRAM)


@pytest.mark.parametrize("default", [-1, -1.0, True, None])
def test_what_stands_for_a_default_of_the_constructor(mod, default):
    outcomes = []
    for place in range(3):
        given = [mod.AF_INET, mod.SOCK_STREAM, 0]
        given[place] = default
        try:
            with mod.socket(*given) as sock:
                outcomes.append((sock.family, sock.type, sock.proto))
        except (TypeError, OSError) as error:
            outcomes.append((type(error), str(error)))
    usual = (mod.AF_INET, mod.SOCK_STREAM, 0)
    if default == -1:
        assert outcomes == [usual] * 3
    elif default is None:
        assert {outcome[0] for outcome in outcomes} == {TypeError}
    else:
        assert outcomes[0][0] == mod.AF_UNIX
        assert outcomes[1] == usual


def test_descriptors_are_sent_and_received_by_what_the_methods_must_know(mod):
    class Small(mod.socket):
        def sendmsg(self, buffers, ancillary):
            return super().sendmsg(buffers, ancillary)

        def recvmsg(self, size, room):
            return super().recvmsg(size, room)

    one, other = (Small(fileno=end.detach()) for end in mod.socketpair())
    with one, other:
        assert mod.send_fds(one, [b"x"], []) == 1
        assert mod.recv_fds(other, 5, 1)[:2] == (b"x", [])


def test_with_does_not_close_again_what_is_closed(mod):
    class Counted(mod.socket):
        closes = 0

        def close(self):
            self.closes += 1
            super().close()

    with Counted() as sock:
        sock.close()
    assert sock.closes == 1
    with Counted() as sock:
        number = sock.detach()
    mod.close(number)
    assert sock.closes == 0
    with Counted() as sock:
        pass
    assert sock.closes == 1
