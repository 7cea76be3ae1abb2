"""Netlink: addresses are (pid, groups). Dumps, link events and messages between sockets.

The guest's network is the test's own, so it may make links. Follows: netlink(7),
rtnetlink(7).
"""

from __future__ import annotations

import os
import struct

import guest_setup
import pytest
from guest_setup import attributes

HEADER = struct.Struct("=IHHII")
NLM_F_REQUEST, NLM_F_DUMP = 1, 0x300
NLMSG_DONE, RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_GETADDR = 3, 16, 17, 18, 22
RTMGRP_LINK = 1
IFLA_IFNAME, IFA_LOCAL, IFA_LABEL = 3, 2, 3
DUMMY = "test0"


def messages(data):
    while data:
        length, kind, _, _, _ = HEADER.unpack_from(data)
        yield kind, data[HEADER.size : length]
        data = data[(length + 3) & ~3 :]


def dump(sock, request, size):
    """The payloads of a dump's answers, to its end."""
    sock.sendto(HEADER.pack(HEADER.size + size, request, NLM_F_REQUEST | NLM_F_DUMP, 1, 0) + bytes(size), (0, 0))
    answers = []
    while True:
        data, sender = sock.recvfrom(65536)
        assert sender == (0, 0)  # the kernel
        for kind, payload in messages(data):
            if kind == NLMSG_DONE:
                return answers
            answers.append(payload)


@pytest.fixture
def route(open_socket):
    sock = open_socket("AF_NETLINK", "SOCK_RAW", "NETLINK_ROUTE")
    sock.bind((0, 0))
    return sock


@pytest.fixture
def events(open_socket):
    sock = open_socket("AF_NETLINK", "SOCK_RAW", "NETLINK_ROUTE")
    sock.bind((0, RTMGRP_LINK))
    return sock


def next_link_event(events):
    data, (pid, groups) = events.recvfrom(65536)
    assert (pid, groups) == (0, RTMGRP_LINK)
    ((kind, payload),) = messages(data)
    return kind, attributes(payload[16:])[IFLA_IFNAME].rstrip(b"\0").decode()


def test_names(mod, open_socket, route):
    pid, groups = route.getsockname()
    assert (pid, groups) == (os.getpid(), 0)
    assert route.getpeername() == (0, 0)
    second = open_socket("AF_NETLINK", "SOCK_RAW", "NETLINK_ROUTE")
    second.bind((0, 0x11))
    assert second.getsockname()[0] not in (0, pid)
    assert second.getsockname()[1] == 0x11
    chosen = open_socket("AF_NETLINK", "SOCK_RAW", "NETLINK_USERSOCK")
    chosen.bind((0xFEDCBA98, 0))
    assert chosen.getsockname() == (0xFEDCBA98, 0)


def test_link_dump_agrees_with_if_nameindex(mod, route):
    links = {}
    for payload in dump(route, RTM_GETLINK, 16):
        index = struct.unpack_from("=BBHi", payload)[3]
        links[index] = attributes(payload[16:])[IFLA_IFNAME].rstrip(b"\0").decode()
    assert {"lo", "vcan0"} <= set(links.values())
    assert sorted(links.items()) == sorted(mod.if_nameindex())


def test_address_dump_has_loopback(mod, route):
    found = set()
    for payload in dump(route, RTM_GETADDR, 8):
        if payload[0] == mod.AF_INET:
            fields = attributes(payload[8:])
            found.add((fields[IFA_LABEL], mod.inet_ntop(mod.AF_INET, fields[IFA_LOCAL])))
    assert (b"lo\0", "127.0.0.1") in found


def test_link_events(mod, route, events):
    guest_setup.link_up(name=DUMMY, kind="dummy")
    seen = next_link_event(events)
    assert seen == (RTM_NEWLINK, DUMMY)
    index = mod.if_nametoindex(DUMMY)
    request = struct.pack("=BBHiII", 0, 0, 0, index, 0, 0)
    route.send(HEADER.pack(HEADER.size + len(request), RTM_DELLINK, NLM_F_REQUEST, 1, 0) + request)
    while seen != (RTM_DELLINK, DUMMY):
        seen = next_link_event(events)
        assert seen[1] == DUMMY


def test_membership_by_option(mod, open_socket):
    sock = open_socket("AF_NETLINK", "SOCK_RAW", "NETLINK_ROUTE")
    sock.bind((0, 0))
    sol_netlink, add_membership, group_of_links = 270, 1, 1
    sock.setsockopt(sol_netlink, add_membership, group_of_links)
    assert sock.getsockname()[1] == RTMGRP_LINK


def test_message_from_socket_to_socket(mod, open_socket):
    one, other = (open_socket("AF_NETLINK", "SOCK_DGRAM", "NETLINK_USERSOCK") for _ in range(2))
    one.bind((0, 0))
    other.bind((0, 0))
    assert one.sendmsg([b"by ", b"pid"], [], 0, other.getsockname()) == 6
    assert other.recvfrom(100) == (b"by pid", one.getsockname())
    room = bytearray(10)
    other.connect(one.getsockname())
    assert other.getpeername() == one.getsockname()
    other.send(b"back")
    assert one.recvfrom_into(room) == (4, other.getsockname())
    assert room[:4] == b"back"


def test_message_to_a_group(mod, open_socket):
    listener, sender = (open_socket("AF_NETLINK", "SOCK_DGRAM", "NETLINK_USERSOCK") for _ in range(2))
    listener.bind((0, 0x4))
    sender.bind((0, 0))
    pid, _ = sender.getsockname()
    sender.sendto(b"to all", (pid, 0x4))  # and to itself
    assert listener.recvfrom(100) == (b"to all", (pid, 0x4))
    assert sender.recvfrom(100) == (b"to all", (pid, 0x4))


@pytest.mark.parametrize("address", [(), (1,), (1, 2, 3), ("a", 1), (1, None), [0, 0], "name", 5], ids=repr)
def test_forms_that_are_no_address(route, address):
    for call in (route.connect, lambda a: route.sendto(b"x", a)):
        with pytest.raises(TypeError):
            call(address)
