"""Byte order, addresses as text and as bytes, sizes of control messages: as the stdlib's, argument by argument.

Follows: byteorder(3), inet(3), cmsg(3), and the running version's own words. Where rsock differs on purpose,
the test says what it does.
"""

from __future__ import annotations

import _socket
import inspect

import pytest
import rsock
import rsock._rsock
from outcomes import INTS, ODDITIES, Text, same

NUMBERS = ["htons", "ntohs", "htonl", "ntohl", "CMSG_LEN", "CMSG_SPACE"]
ONE_ARGUMENT = [*NUMBERS, "inet_aton", "inet_ntoa"]
TWO_ARGUMENTS = ["inet_pton", "inet_ntop"]
SIZES = [2**31 - back for back in range(1, 30)]
IPV4 = [
    "1.2.3.4", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",
    "1..3.4", "1.2.3.", ".1.2.3", "", "1.2.3.-4", "+1.2.3.4", "1.2.3.0x4", "1.2.3.4\n", "1.2.3.1000", "0.0.0.00",
    "\uff11.2.3.4", "1.2.3.4\0", "1.2.3.4%lo",
]  # fmt: skip
IPV6 = [
    "::", "::1", "1::", ":", ":::", "1", "1:", ":1", "::1::", "1::2::3", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1:2:3:4:5:6:7:8::", "12345::", "::00001", "::g",
    "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::01.2.3.4", "1.2.3.4::", "::1.2.3.4:5",
    "::ffff:1.2.3.4", "::ABCD:abcd", "1:::2", "::1%1", "fe80::1%lo", "::1 ", " ::1", "::-1", "::1\0", "1:2:3:4:5:6:7:",
]  # fmt: skip
LOOSE = [
    "1", "0x7f.1", "0X7F.0.0.1", "0377.1", "08", "0x", "0x1g", "1.65535", "1.16777215", "1.16777216", "1.2.65535",
    "1.2.65536", "4294967295", "4294967296", "99999999999999999999", "00000000001.2.3.4", "+1", "-1", "1.2.3.4;x",
    "1.", "1.2.3.4\t", "1.2.3.4\r\n", "1.2.3.4\x0b\x0c", "1.2.3.4\xa0", "\udc80", "é", "0", "0.0", "256.1", "1.256.1.1",
]  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [*INTS, *ODDITIES, *SIZES], ids=repr)
def test_number_is_taken_as_stock_takes_it(name, value):
    same(name, value)


@pytest.mark.parametrize("name", [*ONE_ARGUMENT, *TWO_ARGUMENTS])
@pytest.mark.parametrize("args", [(), (1, 2, 3), (1, 2), ("1",), (1,), (2, "1.2.3.4", 1)], ids=repr)
def test_count_of_arguments_is_judged_as_stock_judges_it(name, args):
    same(name, *args)


@pytest.mark.parametrize("name", [*ONE_ARGUMENT, *TWO_ARGUMENTS])
@pytest.mark.parametrize("keywords", [{"x": 1}, {"integer": 1}, {"af": 2, "ip": "1"}], ids=repr)
def test_keywords_are_refused_as_stock_refuses_them(name, keywords):
    same(name, **keywords)


@pytest.mark.parametrize("text", [*IPV4, *LOOSE, *ODDITIES, Text("1.2.3.4")], ids=repr)
def test_inet_aton_reads_what_stock_reads(text):
    same("inet_aton", text)


@pytest.mark.parametrize("tail", [" x", "\t;x", "\n1.2.3.4", " .5", "  \x0b0"], ids=repr)
def test_inet_aton_refuses_text_after_white_space(tail):
    assert _socket.inet_aton("1.2.3.4" + tail) == b"\1\2\3\4"
    with pytest.raises(OSError, match="illegal IP address string passed to inet_aton"):
        rsock.inet_aton("1.2.3.4" + tail)


@pytest.mark.parametrize("family", [2, 10, 0, 1, -1, 2**31, 2**63, 2**64, *ODDITIES], ids=repr)
@pytest.mark.parametrize("text", ["1.2.3.4", "::1", "x\0", "é", b"1.2.3.4", None, 1, bytearray(b"1")], ids=repr)
def test_inet_pton_judges_family_and_text_in_the_order_of_stock(family, text):
    same("inet_pton", family, text)


@pytest.mark.parametrize("family", [_socket.AF_INET, _socket.AF_INET6])
@pytest.mark.parametrize("text", [*IPV4, *IPV6, *LOOSE, Text("::1")], ids=repr)
def test_inet_pton_reads_what_stock_reads(family, text):
    same("inet_pton", family, text)


@pytest.mark.parametrize("packed", [b"\1\2\3\4", b"", b"123", b"12345", bytearray(b"abcd"), *ODDITIES], ids=repr)
def test_inet_ntoa_takes_what_stock_takes(packed):
    same("inet_ntoa", packed)


@pytest.mark.parametrize("family", [2, 10, 0, 1, -1, 2**31, 2**63, 2**64, *ODDITIES], ids=repr)
@pytest.mark.parametrize("packed", [b"\1\2\3\4", bytes(16), b"", b"12345", "abcd", None, bytearray(4)], ids=repr)
def test_inet_ntop_judges_family_and_bytes_in_the_order_of_stock(family, packed):
    same("inet_ntop", family, packed)


@pytest.mark.parametrize(
    "text", ["::", "::1", "1::", "::1.2.3.4", "::ffff:1.2.3.4", "::2", "1:0:0:2:0:0:0:3", "1:0:2::"]
)
def test_ipv6_text_is_that_of_stock(text):
    packed = _socket.inet_pton(_socket.AF_INET6, text)
    same("inet_ntop", _socket.AF_INET6, packed)
    assert rsock.inet_pton(rsock.AF_INET6, rsock.inet_ntop(rsock.AF_INET6, packed)) == packed


def test_conversions_of_byte_order_undo_each_other(mod):
    for value in (0, 1, 0x1234, 0xFFFF):
        assert mod.ntohs(mod.htons(value)) == value
    for value in (0, 1, 0x12345678, 0xFFFFFFFF):
        assert mod.ntohl(mod.htonl(value)) == value


@pytest.mark.parametrize("name", [*ONE_ARGUMENT, *TWO_ARGUMENTS])
def test_signature_is_that_of_stock(name):
    stock, ours = getattr(_socket, name), getattr(rsock._rsock, name)
    assert ours.__text_signature__ == stock.__text_signature__
    assert (ours.__name__, ours.__qualname__) == (name, name)
    assert inspect.getdoc(ours)
