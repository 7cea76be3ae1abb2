"""Every method of a socket, called with the same arguments on a socket of each module in the same state.

Knows the names of the methods from the stdlib's class, so that none is forgotten. What the functions of the
module make of their arguments is in the tests of their files; differences that are kept are in
`known_differences.toml`.
"""

from __future__ import annotations

import array
import contextlib
import functools
import io
import os
import socket
import tempfile
from typing import TYPE_CHECKING

import pytest
import rsock
from hypothesis import given, settings
from hypothesis import strategies as st
from outcomes import ODDITIES, Index, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

PAIR = ("AF_UNIX", "SOCK_STREAM"), ("AF_UNIX", "SOCK_DGRAM"), ("AF_UNIX", "SOCK_SEQPACKET")
STATES = ["tcp", "udp", "udp6", "listening", *("-".join(kind) for kind in PAIR), "timeout", "closed"]


@contextlib.contextmanager
def state(mod: Any, name: str) -> Iterator[Any]:
    """A socket in a state, one that never waits for long."""
    with contextlib.ExitStack() as stack:
        if name.startswith("AF_UNIX") or name == "timeout":
            kind = name.partition("-")[2] or "SOCK_STREAM"
            one, other = mod.socketpair(mod.AF_UNIX, getattr(mod, kind))
            stack.enter_context(other)
            other.setblocking(False)
            other.send(b"hello")
        elif name == "udp6":
            one = mod.socket(mod.AF_INET6, mod.SOCK_DGRAM)
        else:
            one = mod.socket(mod.AF_INET, mod.SOCK_DGRAM if name == "udp" else mod.SOCK_STREAM)
        stack.enter_context(one)
        one.settimeout(0.001 if name == "timeout" else 0)
        if name == "listening":
            one.bind(("127.0.0.1", 0))
            one.listen()
        if name == "closed":
            one.close()
        yield one


def _settled(value: Any, subject: Any) -> object:
    """A result in a form that is the same for both modules; what it holds open is closed."""
    if value is subject:
        return "itself"
    if isinstance(value, (socket.socket, rsock.socket)):
        with value:
            return type(value).__name__, value.family, value.type, value.proto, value.gettimeout(), value._closed
    if isinstance(value, (io.IOBase, socket.SocketIO, rsock.SocketIO)):
        with contextlib.closing(value):
            return type(value).__name__, value.mode if hasattr(value, "mode") else "", value.readable()
    if isinstance(value, tuple) and len(value) in (2, 4) and isinstance(value[1], int):
        return value[0], bool(value[1]), *value[2:]  # an address: the system picks the port
    if isinstance(value, (tuple, list)):
        return type(value).__name__, [_settled(item, subject) for item in value]
    return value


def _words(value: object) -> str:
    return str(value).replace("rsock", "socket")


def told(call: Callable[[], object]) -> Any:
    """What a call came to, in words that do not name the module."""
    found: Any = outcome(call)
    if found[0] == "raised":
        return *found[:2], [_words(item) for item in found[2]], _words(found[3]), *found[4:]
    return found


def verdict(mod: Any, where: str, name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> object:
    """What a method answers, in a form that can be compared; and what it did to its buffers."""
    with state(mod, where) as subject:
        made = [_fresh(arg) for arg in args]
        named = {key: _fresh(arg) for key, arg in keywords.items()}

        def call() -> object:
            answer = getattr(subject, name)(*made, **named)
            if name in DESCRIPTORS and type(answer) is int and answer >= 0:
                if name != "fileno":
                    os.close(answer)
                return "a descriptor"
            return _settled(answer, subject)

        found = told(call)
        after = subject.fileno() >= 0, subject.gettimeout(), subject._closed, subject._io_refs
        for one in made:
            if isinstance(one, io.IOBase):
                one.close()
        buffers = [bytes(one) for one in made if isinstance(one, (bytearray, array.array))]
        return found, after, buffers if found[0] == "returned" else []


class Make:
    """An argument that is made anew for each call, because calls change it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.code = compile(text, "argument", "eval")

    def __call__(self) -> Any:
        return eval(self.code, {"array": array.array, "file": file})

    def __repr__(self) -> str:
        return self.text


def _fresh(value: object) -> Any:
    if isinstance(value, Make):
        return value()
    return bytearray(value) if isinstance(value, bytearray) else value


def file() -> Any:
    held = tempfile.TemporaryFile()  # noqa: SIM115
    held.write(b"0123456789")
    held.seek(0)
    return held


DESCRIPTORS = {"fileno", "detach", "_accept"}
# What `sendfile()` and `close()` have for themselves.
PRIVATE = {"_sendfile_use_send", "_sendfile_use_sendfile", "_check_sendfile_params"}
METHODS = sorted(
    name
    for name in dir(socket.socket)
    if not name.startswith("__") and callable(getattr(socket.socket, name)) and name not in PRIVATE
)
METHODS += ["__enter__", "__exit__", "__getstate__"]
NUMBERS: list[object] = [
    0,
    1,
    -1,
    5,
    2**15,
    2**31 - 1,
    -(2**31),
    2**31,
    2**32,
    2**63 - 1,
    2**63,
    2**64,
    -(2**64),
    10**30,
]
# With an empty label, so that no name server is asked where one is taken for a host.
BUFFERS: list[object] = [b"", b"a..", Make("bytearray(b'ab..efgh')"), Make("bytearray()"), Make("array('i', [1, 2])")]
SCOPES_OUT_OF_RANGE: list[object] = [("::1", 9, 0, -1), ("::1", 9, 0, 2**32)]
ADDRESSES: list[object] = [
    ("127.0.0.1", 0), ("127.0.0.1", 9), ("127.0.0.1",), ("127.0.0.1", 9, 0), ("127.0.0.1", "9"), ("127.0.0.1", -1),
    ("127.0.0.1", 65536), ("127.0.0.1", 10**30), ("127.0.0.1", None), (None, 9), (b"127.0.0.1", 9), ["127.0.0.1", 9],
    ("::1", 0), ("::1", 9, 0, 0), ("::1", 9, -1), ("::1", 9, 2**20), *SCOPES_OUT_OF_RANGE,
    ("::1", 9, 0, 0, 0), (), "/nonexistent/rsock", b"\0", "x" * 200, b"x" * 108, b"x" * 109, ("", 0),
    ("127.0.0.1", Index(9)), ("127.0.0.1", 9.0), ("127.0.0.1\0", 9), ("127.0.0.1", True), (bytearray(b"127.0.0.1"), 9),
]  # fmt: skip
LISTS: list[object] = [
    [], [b"abc"], [b"abc", b"de"], (b"a",), [1], [None], iter(()), {b"a": 1}, [Make("bytearray(b'abc')")()],
    [(1, 2, b"x")], [(1, 2)], [(1, 2, 3)], [(1, 2, b"x", 4)], [("1", 2, b"x")], [(2**31, 2, b"x")], [(1, -(2**40), b"")],
    [1, 2],
]  # fmt: skip
FLAGS = [0, socket.MSG_PEEK, socket.MSG_DONTWAIT, socket.MSG_OOB, socket.MSG_PEEK | socket.MSG_DONTWAIT]
VALUES = [*NUMBERS, *ODDITIES, *BUFFERS, *ADDRESSES, *LISTS, "", "r", "rb", "wb", "é", object, 1.5, float("nan"), -1.0]
OFTEN = [*FLAGS, *BUFFERS, *ODDITIES, *NUMBERS[:5]]
KEYWORDS = ["buffer", "nbytes", "flags", "family", "type", "address", "mode", "buffering", "encoding", "errors"]
KEYWORDS += ["newline", "file", "offset", "count", "inheritable", "op", "iv", "assoclen", "nonsense"]
# What a word is taken for from 3.13 on, and what a method written in Python knows.
KEYWORDS += ["self", "famly", "bufer", "Flags", "nbyte", "inheritible", "fileno_", "selfish"]


def port_zero(argument: Any) -> Any:
    """An address with its port 0 where that is one to bind to, so that no two threads want the same."""
    if type(argument) is not tuple:
        return argument
    match argument:
        case (host, Index(), *rest):
            return host, Index(0), *rest
        case (host, port, *rest) if type(port) is int and port == 9:
            return host, 0, *rest
    return argument


REFUSALS = (TypeError, ValueError, OverflowError, MemoryError)


def refused(found: Any) -> bool:
    return found[0][0] == "raised" and issubclass(found[0][1], REFUSALS)


def hold(where: str, name: str, *args: Any, several: bool = False, **keywords: Any) -> None:
    """Fail if the two modules differ on a call; where `several` arguments may be wrong, either may be told."""
    if name == "bind" and where.startswith(("AF_UNIX", "timeout")):
        return  # it would leave files; the tests of the families bind to paths
    if name == "bind":
        args = tuple(port_zero(argument) for argument in args)
    wanted, got = (verdict(mod, where, name, args, keywords) for mod in (socket, rsock))
    if wanted != got and not (several and refused(wanted) and refused(got)):
        call = f"{where}.{name}(*{args!a:.300}, **{keywords!a:.200})"
        raise AssertionError(f"{call}\nstock: {wanted!a:.600}\nrsock: {got!a:.600}")


@pytest.mark.parametrize("where", STATES)
@pytest.mark.parametrize("name", METHODS)
def test_count_and_names_of_arguments(name, where):
    hold(where, name)
    for count in range(2, 8):
        hold(where, name, *[1] * count)
    for keyword in KEYWORDS:
        hold(where, name, **{keyword: 1})


@pytest.mark.parametrize("where", ["tcp", "udp", "AF_UNIX-SOCK_STREAM", "closed"])
@pytest.mark.parametrize("name", METHODS)
def test_one_argument(name, where):
    for value in VALUES:
        hold(where, name, value)


@pytest.mark.parametrize("name", METHODS)
@given(data=st.data())
@settings(max_examples=30)
def test_many_arguments(data, name):
    where = data.draw(st.sampled_from(STATES))
    argument = st.sampled_from(OFTEN) | st.sampled_from(VALUES)
    args = data.draw(st.lists(argument, min_size=2, max_size=4))
    keywords = data.draw(st.dictionaries(st.sampled_from(KEYWORDS), st.sampled_from(OFTEN), max_size=1))
    if where == "closed":
        # The kernel looks at odd flags before the number; rsock asks it nothing about a closed socket.
        args = [argument for argument in args if argument not in NUMBERS[2:]]
    if where == "udp6":
        # A scope id that C cuts down is an error here: see `scope-id-range` of the known differences.
        args = [argument for argument in args if argument not in SCOPES_OUT_OF_RANGE]
    hold(where, name, *args, several=True, **keywords)


# No number that C could cut down to one that is open: stock closes descriptor 0 for close(2**40).
NO_DESCRIPTOR = [None, -1, -5, 10**30, -(10**30), "1", b"1", 1.0, (), Index(-1), Index(10**30), object(), 99999]
SMALL = [None, 0, 1, 2, -1, 99, "1", 1.0, b"", (), Index(1), 2**31, -(2**31) - 1, 2**63, 10**30, True, socket.AF_INET]
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *(("socket", (value,), {}) for value in SMALL),
    *(("socket", (socket.AF_INET, value), {}) for value in SMALL),
    *(("socket", (socket.AF_INET, socket.SOCK_STREAM, value), {}) for value in SMALL),
    *(("socket", (), {key: value}) for key in ("family", "type", "proto", "nonsense") for value in SMALL),
    *(("socket", (), {"fileno": value}) for value in NO_DESCRIPTOR if value is not None),
    *(("socketpair", (value,), {}) for value in SMALL),
    *(("socketpair", (socket.AF_UNIX, value), {}) for value in SMALL),
    *(("socketpair", (None, socket.SOCK_DGRAM, value), {}) for value in SMALL),
    *((name, (value,), {}) for name in ("close", "dup") for value in NO_DESCRIPTOR),
    *(("fromfd", (value, socket.AF_INET, socket.SOCK_STREAM), {}) for value in NO_DESCRIPTOR if value is not None),
    *((name, (1,) * count, {}) for name in ("has_dualstack_ipv6", "getdefaulttimeout") for count in (0, 1, 2)),
    *(("setdefaulttimeout", args, {}) for args in [(), (None, None), ("1",), (-1,), (float("nan"),), (10**30,), (2**63,)]),
    *(("send_fds", args, {}) for args in [(), (1,), (None, [b"x"], [1])]),
    *(("recv_fds", args, {}) for args in [(), (1,), (1, 2, 3), (None, 1, 1)]),
    *(("create_connection", args, {}) for args in [(), (1,), (("127.0.0.1",),), (("127.0.0.1", -1),), (("127.0.0.1", "x"),)]),
]  # fmt: skip


def answer(mod: Any, name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> object:
    return _settled(getattr(mod, name)(*args, **keywords), None)


@pytest.mark.parametrize("name", sorted({name for name, _, _ in CALLS}))
def test_function(name):
    for called, args, keywords in CALLS:
        if called != name:
            continue
        wanted, got = (told(functools.partial(answer, mod, name, args, keywords)) for mod in (socket, rsock))
        assert got == wanted, (name, args, keywords)


def test_no_method_is_left_out():
    assert len(METHODS) > 30
    assert {"recv", "sendmsg", "accept", "makefile"} <= set(METHODS)


def test_a_difference_is_seen():
    with pytest.raises(AssertionError, match=r"udp6\.bind"):
        hold("udp6", "bind", ("::1", 0, 0, 1 << 32))
