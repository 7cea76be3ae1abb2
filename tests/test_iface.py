"""Network interfaces by name and by number: as the stdlib's, argument by argument.

Follows: if_nametoindex(3). Numbers that no interface can have are refused on every version; CPython before
3.13 takes their low 32 bits, which are another interface's number (gh-81194).
"""

from __future__ import annotations

import _socket
import sys

import pytest
import rsock._rsock
from outcomes import INTS, ODDITIES, Path, Text, same

NAMES = [
    "lo", b"lo", "nosuch", "", "lo\0", "lo\0x", b"lo\0", "é", "\udcff", "a" * 15, "a" * 16, "a" * 10000,
    Text("lo"), Path("lo"), Path(b"lo"), Path(1), Path("lo\0"),
]  # fmt: skip


@pytest.mark.parametrize("name", [*NAMES, *ODDITIES], ids=repr)
def test_if_nametoindex_is_that_of_stock(name):
    same("if_nametoindex", name)


@pytest.mark.parametrize("index", [*(index for index in INTS if index < 2**32 or index >= 2**64), *ODDITIES], ids=repr)
def test_if_indextoname_is_that_of_stock(index):
    same("if_indextoname", index)


@pytest.mark.parametrize("index", [2**32, 2**32 + 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_if_indextoname_never_wraps(index):
    if sys.version_info >= (3, 13):
        same("if_indextoname", index)
    words = "too large for C unsigned int" if sys.version_info >= (3, 14) else "index is too large"
    with pytest.raises(OverflowError, match=words):
        rsock._rsock.if_indextoname(index)


@pytest.mark.parametrize("name", ["if_nameindex", "if_nametoindex", "if_indextoname"])
def test_count_of_arguments_is_judged_as_stock_judges_it(name):
    same(name, 1, 2)
    same(name, index=1)
    if name != "if_nameindex":
        same(name)


@pytest.mark.parametrize("name", ["if_nameindex", "if_nametoindex", "if_indextoname"])
def test_signature_is_that_of_stock(name):
    assert getattr(rsock._rsock, name).__text_signature__ == getattr(_socket, name).__text_signature__


def test_list_agrees_with_the_single_lookups(mod):
    interfaces = mod.if_nameindex()
    assert interfaces == _socket.if_nameindex()
    for index, name in interfaces:
        assert mod.if_nametoindex(name) == index
        assert mod.if_indextoname(index) == name
