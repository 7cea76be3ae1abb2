"""The enums of the module: members, their text, their pickles, and who gives them out.

Follows: `enum` of the running version, which decides what repr and str look like.
"""

from __future__ import annotations

import copy
import enum
import pickle
import socket
import sys

import pytest
import rsock
from children import run_python
from support import unix_pair

CLASSES = {
    "AddressFamily": ("AF_", enum.IntEnum),
    "SocketKind": ("SOCK_", enum.IntEnum),
    "MsgFlag": ("MSG_", enum.IntFlag),
    "AddressInfo": ("AI_", enum.IntFlag),
}
SAMPLES = ["AF_INET", "AF_UNIX", "SOCK_STREAM", "SOCK_RAW", "MSG_PEEK", "MSG_OOB", "AI_PASSIVE"]


@pytest.mark.parametrize("name", CLASSES)
def test_constants_are_members(mod, name):
    prefix, base = CLASSES[name]
    cls = getattr(mod, name)
    assert issubclass(cls, base)
    # AF_DECnet, with small letters, has stayed a plain int
    constants = {key: value for key, value in vars(mod).items() if key.startswith(prefix) and key.isupper()}
    assert constants
    assert constants == dict(cls.__members__)
    for key, value in constants.items():
        assert value is cls[key]


@pytest.mark.parametrize("name", CLASSES)
def test_each_member_of_the_stdlib_reads_the_same(name):
    ours, stock = getattr(rsock, name), getattr(socket, name)
    assert repr(ours) == repr(stock)
    assert ours.__doc__ == stock.__doc__
    for key, member in stock.__members__.items():
        twin = ours[key]
        assert twin == member
        assert type(twin) is ours
        for form in (repr, str, format, hash, lambda x: f"{x:>20}"):
            assert form(twin) == form(member)


@pytest.mark.parametrize("name", ["MsgFlag", "AddressInfo"])
def test_flags_combine_as_in_the_stdlib(name):
    ours, stock = getattr(rsock, name), getattr(socket, name)
    first, second, *_ = stock.__members__
    for value in (0, int(stock[first]) | int(stock[second]), 1 << 28):
        assert repr(ours(value)) == repr(stock(value))
        assert str(ours(value)) == str(stock(value))
    assert repr(ours[first] | ours[second]) == repr(stock[first] | stock[second])
    assert repr(~ours[first] & ours[second]) == repr(~stock[first] & stock[second])


def test_extension_keeps_plain_ints():
    for name in SAMPLES:
        assert type(getattr(rsock._rsock, name)) is int


@pytest.mark.parametrize("name", SAMPLES)
def test_member_comes_back_from_a_pickle(mod, name):
    member = getattr(mod, name)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(member, protocol)) is member
    assert copy.deepcopy(member) is member


@pytest.mark.skipif(sys.version_info < (3, 11), reason="3.10 cannot pickle a combination of flags")
def test_combined_flags_come_back_from_a_pickle(mod):
    flags = mod.MSG_PEEK | mod.MSG_OOB
    again = pickle.loads(pickle.dumps(flags))
    assert again == flags
    assert type(again) is mod.MsgFlag


def test_pickles_of_an_installed_rsock_are_those_of_the_stdlib():
    stock = [pickle.dumps([getattr(socket, name) for name in SAMPLES], protocol) for protocol in range(6)]
    run_python(f"""
        import pickle, sys
        import rsock
        rsock.install()
        import socket
        members = [getattr(socket, name) for name in {SAMPLES}]
        stock = {stock}
        for protocol, text in enumerate(stock):
            assert pickle.dumps(members, protocol) == text
            loaded = pickle.loads(text)
            assert all(a is b for a, b in zip(loaded, members, strict=True)), loaded
        rsock.uninstall()
        for protocol in range(6):
            assert pickle.loads(pickle.dumps(members, protocol)) == members
    """)


def test_socket_gives_members(mod):
    with unix_pair(mod, "SOCK_DGRAM") as (one, _):
        assert one.family is mod.AddressFamily.AF_UNIX
        assert one.type is mod.SocketKind.SOCK_DGRAM


def test_getaddrinfo_gives_members(mod):
    [(family, kind, proto, canonical, address)] = mod.getaddrinfo("127.0.0.1", 80, type=mod.SOCK_STREAM)
    assert family is mod.AF_INET
    assert kind is mod.SOCK_STREAM
    assert (proto, canonical, address) == (mod.IPPROTO_TCP, "", ("127.0.0.1", 80))


def test_converter_keeps_what_has_no_member(mod):
    convert = mod._intenum_converter
    assert convert(int(mod.AF_INET), mod.AddressFamily) is mod.AF_INET
    assert convert(12345, mod.AddressFamily) == 12345
    assert type(convert(12345, mod.AddressFamily)) is int
