"""Texts of addresses and names that hypothesis thinks of: as the stdlib's, each.

The strategies draw near the borders of the grammars: groups that are too long, too many or missing, octal and
hexadecimal numbers, scopes, ports as text.
"""

from __future__ import annotations

import _socket
import ipaddress

import hypothesis.strategies as st
import rsock._rsock
from hypothesis import example, given
from outcomes import same

IN, IN6 = _socket.AF_INET, _socket.AF_INET6

octets = st.one_of(
    st.integers(0, 255).map(str), st.integers(0, 70000).map(str), st.text("0123456789", max_size=5), st.just("")
)
quads = st.lists(octets, min_size=1, max_size=5).map(".".join)
loose_numbers = st.one_of(
    octets,
    st.integers(0, 2**33).map(str),
    st.integers(0, 2**33).map(hex),
    st.integers(0, 2**33).map(lambda value: f"0{value:o}"),
    st.text("0123456789abcdefxX", max_size=4),
)
loose_quads = st.lists(loose_numbers, min_size=1, max_size=5).map(".".join)
groups = st.one_of(st.integers(0, 0xFFFF).map("{:x}".format), st.text("0123456789abcdefABCDEFg", max_size=5))
colons = st.sampled_from([":", ":", ":", ":", "::"])
ipv6_like = st.builds(
    lambda head, parts, tail: head + "".join(map("".join, parts)) + tail,
    st.sampled_from(["", "", ":", "::"]),
    st.lists(st.tuples(groups, colons), max_size=9),
    st.one_of(groups, quads, st.just("")),
)
ipv6 = st.one_of(
    ipv6_like,
    st.ip_addresses(v=6).map(str),
    st.ip_addresses(v=6).map(lambda ip: ip.exploded),
    st.text("0123456789abcdef:.", max_size=45),
)
# Runs of zeroes are what the text of an address is about.
packed_ipv6 = st.one_of(
    st.lists(st.sampled_from([0, 0, 0, 1, 0xFF, 0xFFFF, 0x0A0B]), min_size=8, max_size=8).map(
        lambda words: b"".join(word.to_bytes(2, "big") for word in words)
    ),
    st.binary(min_size=16, max_size=16),
)
scopes = st.one_of(
    st.sampled_from(["lo", "1", "01", "0", "nosuch", "", "4294967295", "4294967296", "-1", "+1", "1x", "%1"]),
    st.integers(0, 2**33).map(str),
)
ports = st.one_of(
    st.none(), st.integers(-(2**33), 2**33), st.integers(0, 65535).map(str), st.text("0123456789 +-", max_size=7)
)
hints = st.tuples(
    st.sampled_from([0, IN, IN6]),
    st.sampled_from([0, 1, 2, 3, 5]),
    st.sampled_from([0, 6, 17, 1, 132]),
    st.sampled_from([0, 1, 2, 0x400, 0x401, 3]),
)


@given(st.one_of(quads, st.ip_addresses(v=4).map(str), st.text("0123456789.", max_size=16)))
def test_ipv4_text_is_read_alike(text):
    same("inet_pton", IN, text)


@given(
    st.one_of(quads, loose_quads, st.text("0123456789abcdefx.", max_size=16)),
    st.sampled_from(["", "", " ", "\n", "\t \x0b"]),
)
def test_inet_aton_reads_alike(text, tail):
    same("inet_aton", text + tail)


@given(ipv6)
@example("1:2:3:4:5:6:7::")
@example("::1:2:3:4:5:6:7")
@example("1:2:3:4::5:6:7:8")
def test_ipv6_text_is_read_alike(text):
    same("inet_pton", IN6, text)


@given(packed_ipv6)
@example(bytes(16))
@example(bytes(10) + b"\xff\xff" + bytes(4))
@example(bytes(12) + bytes([0, 0, 0, 2]))
@example(bytes(12) + bytes([0, 1, 0, 2]))
def test_ipv6_text_is_written_alike(packed):
    same("inet_ntop", IN6, packed)
    text = rsock._rsock.inet_ntop(IN6, packed)
    assert ipaddress.IPv6Address(text).packed == packed


@given(st.binary(max_size=20), st.sampled_from([IN, IN6, 1]))
def test_bytes_of_any_length_are_judged_alike(packed, family):
    same("inet_ntop", family, packed)
    same("inet_ntoa", packed)


@given(st.text(max_size=20), st.sampled_from([IN, IN6]))
def test_any_text_is_judged_alike(text, family):
    same("inet_pton", family, text)


@given(st.one_of(quads, loose_quads, ipv6, st.builds("{}%{}".format, ipv6, scopes)), ports, hints)
@example("fe80::1%lo", 80, (0, 0, 0, 0))
@example("::ffff:1.2.3.4", 80, (IN, 1, 0, 0))
@example("1.2.3.4", "080", (0, 0, 0, 0x400))
def test_literals_are_looked_up_alike(host, port, hint):
    family, kind, proto, flags = hint
    same("getaddrinfo", host, port, family, kind, proto, flags | _socket.AI_NUMERICHOST)


@given(st.text(max_size=60).filter(lambda text: "\0" not in text))
@example("a..b")
@example("é" * 60)
def test_names_are_encoded_alike(host):
    same("getaddrinfo", host, 80, 0, 1, 0, _socket.AI_NUMERICHOST)


@given(st.integers(-(2**70), 2**70))
def test_numbers_are_swapped_alike(value):
    for name in ("htons", "ntohs", "htonl", "ntohl", "CMSG_LEN", "CMSG_SPACE"):
        same(name, value)


@given(
    packed_ipv6, st.integers(0, 65535), st.integers(0, 2**20), st.integers(0, 2**33), st.sampled_from([3, 1 | 2 | 16])
)
def test_addresses_are_named_alike(packed, port, flowinfo, scope, flags):
    host = _socket.inet_ntop(IN6, packed)
    same("getnameinfo", (host, port, flowinfo, scope), flags)
