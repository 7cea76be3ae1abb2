"""Every function of the module, called with the same generated arguments on both modules.

Each has arguments that it takes; one or two of them at a time are replaced by what it does not take, or one is
given by a name that it may not have. Knows nothing of what a function does: `test_differential.py` has the methods.
Differences that are kept are in `known_differences.toml` and left out here.
"""

from __future__ import annotations

import socket
from typing import Any

import pytest
import rsock
import test_differential as methods
from hypothesis import assume, given, settings
from hypothesis import strategies as st

# Where create_server() and create_connection() fail otherwise than by OSError, stock leaves a socket open.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.thread_unsafe(reason="the getprotobyname of the stdlib shares its answer among threads"),
]

# name -> arguments that it takes
TAKEN: dict[str, tuple[object, ...]] = {
    "CMSG_LEN": (1,),
    "CMSG_SPACE": (1,),
    "create_connection": (("127.0.0.1", 1), 0.1, None),
    "create_server": (("127.0.0.1", 0),),
    "getaddrinfo": ("127.0.0.1", 80, 0, 0, 0, 0),
    "getdefaulttimeout": (),
    "getfqdn": ("127.0.0.1",),
    "gethostbyaddr": ("127.0.0.1",),
    "gethostbyname": ("127.0.0.1",),
    "gethostbyname_ex": ("127.0.0.1",),
    "gethostname": (),
    "getnameinfo": (("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV),
    "getprotobyname": ("tcp",),
    "getservbyname": ("http", "tcp"),
    "getservbyport": (80, "tcp"),
    "has_dualstack_ipv6": (),
    "htonl": (1,),
    "htons": (1,),
    "if_indextoname": (1,),
    "if_nameindex": (),
    "if_nametoindex": ("lo",),
    "inet_aton": ("127.0.0.1",),
    "inet_ntoa": (b"abcd",),
    "inet_ntop": (socket.AF_INET, b"abcd"),
    "inet_pton": (socket.AF_INET, "127.0.0.1"),
    "ntohl": (1,),
    "ntohs": (1,),
    "socket": (socket.AF_INET, socket.SOCK_STREAM, 0, None),
    "socketpair": (socket.AF_UNIX, socket.SOCK_STREAM, 0),
}
# What closes or duplicates a number could hit one of the test's own; `test_differential.py` picks theirs.
ELSEWHERE = {"close", "dup", "fromfd", "fromshare", "send_fds", "recv_fds", "sethostname", "setdefaulttimeout"}
KEYWORDS = ["family", "type", "proto", "fileno", "host", "port", "flags", "address", "timeout", "source_address"]
KEYWORDS += ["all_errors", "backlog", "reuse_port", "dualstack_ipv6", "name", "nonsense", "famly", "adress", "self"]
# No name that a resolver would be asked about, no address of another machine, no number that C cuts down.
WORDS: list[object] = ["", "x" * 63 + ".invalid", "127.0.0.1", "::1", "1", "http", "tcp", "udp", "lo", "\udc80", "é\0"]
NUMBERS = [number for number in methods.NUMBERS if not 2**31 <= abs(number) < 2**63]  # type: ignore[operator]
ARGUMENTS = [*WORDS, *NUMBERS, *methods.ODDITIES, *methods.BUFFERS, *methods.LISTS, object, 1.5, float("nan"), b"abcd"]
RESOLVED = ("gethostby", "getaddrinfo", "getfqdn", "getnameinfo", "create_")


def hold(name: str, args: list[object], keywords: dict[str, object], several: bool = False) -> None:
    found = []
    for mod in (socket, rsock):

        def call(mod: Any = mod) -> object:
            made = [methods._fresh(arg) for arg in args]
            return methods._settled(getattr(mod, name)(*made, **keywords), None)

        found.append(methods.told(call))
    stock, ours = found
    if ours != stock and not (several and methods.refused((stock,)) and methods.refused((ours,))):
        raise AssertionError(f"{name}(*{args!a:.300}, **{keywords!a})\nstock: {stock!a:.500}\nrsock: {ours!a:.500}")


def harmless(name: str, value: object) -> bool:
    """Whether a value in place of an argument asks no resolver and no network, and C does not cut it down."""
    if name.startswith(RESOLVED):
        return not (isinstance(value, (str, bytes, bytearray)) and value not in ("", "127.0.0.1", "::1", "1", b""))
    if name == "if_indextoname" and isinstance(value, int):
        return abs(value) < 2**32
    return not (name == "socket" and isinstance(value, int) and value > 2)


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_count_and_names_of_arguments(name):
    taken = list(TAKEN[name])
    for count in range(len(taken) + 1):
        hold(name, taken[:count], {})
    for extra in range(1, 4):
        hold(name, taken + [1] * extra, {})
    for keyword in KEYWORDS:
        hold(name, [], {keyword: 0})
        hold(name, taken, {keyword: 0})


@pytest.mark.parametrize("name", sorted(name for name in TAKEN if TAKEN[name]))
def test_each_argument_by_itself(name):
    taken = list(TAKEN[name])
    for place in range(len(taken)):
        for value in ARGUMENTS:
            if harmless(name, value) and not (name == "socket" and place == 3):
                hold(name, [*taken[:place], value, *taken[place + 1 :]], {})


@pytest.mark.parametrize("name", sorted(name for name in TAKEN if len(TAKEN[name]) > 1))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_several_arguments(data, name):
    args = list(TAKEN[name])
    for place in data.draw(st.sets(st.integers(0, len(args) - 1), min_size=2, max_size=3)):
        args[place] = data.draw(st.sampled_from(ARGUMENTS))
        assume(harmless(name, args[place]) and not (name == "socket" and place == 3))
    hold(name, args, {}, several=True)


def test_no_function_is_left_out():
    functions = {
        name
        for name in socket.__all__
        if callable(getattr(socket, name)) and not isinstance(getattr(socket, name), type)
    }
    assert functions <= {*TAKEN, *ELSEWHERE}
