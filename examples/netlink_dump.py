"""Lists links, addresses and routes as JSON, or watches links come and go, by AF_NETLINK.

    python -m rsock examples/netlink_dump.py [links | addresses | routes]...
    python -m rsock examples/netlink_dump.py watch [count]

The names are those that `ip -json` prints. A dump is answered in several messages, each
a header, a fixed part and attributes: netlink(7), rtnetlink(7).
"""

import itertools
import json
import socket
import struct
import sys

HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence number, port
ATTRIBUTE = struct.Struct("=HH")  # length, type
LINK = struct.Struct("=BxHiII")  # family, hardware, index, flags, changed flags
ADDRESS = struct.Struct("=BBBBi")  # family, prefix length, flags, scope, index
ROUTE = struct.Struct("=BBBBBBBBI")  # family, two prefix lengths, tos, table, protocol, scope, type, flags
NEXT_HOP = struct.Struct("=HBBi")  # length, flags, weight - 1, index

NLM_F_REQUEST, NLM_F_DUMP, NLM_F_DUMP_INTR = 0x1, 0x300, 0x10
NLMSG_ERROR, NLMSG_DONE = 2, 3
RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE = 16, 17, 18, 22, 26
RTMGRP_LINK = 1
KERNEL = (0, 0)
LONGEST = 65536  # the kernel makes no dump's message longer than 32 KiB
ATTEMPTS = 10

FAMILIES = {socket.AF_INET: "inet", socket.AF_INET6: "inet6"}
LINK_FLAGS = {"UP": 0x1, "BROADCAST": 0x2, "LOOPBACK": 0x8, "POINTOPOINT": 0x10, "NOARP": 0x80, "MULTICAST": 0x1000}
OPERSTATES = ("UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP")
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host"}
TABLES = {253: "default", 254: "main", 255: "local"}
PROTOCOLS = {1: "redirect", 2: "kernel", 3: "boot", 4: "static", 9: "ra"}
ROUTE_TYPES = (
    *("none", "unicast", "local", "broadcast", "anycast", "multicast"),
    *("blackhole", "unreachable", "prohibit", "throw", "nat", "xresolve"),
)


def messages(data):
    """The messages of one datagram: type, flags, sequence number and payload of each."""
    while data:
        length, kind, flags, sequence, _ = HEADER.unpack_from(data)
        yield kind, flags, sequence, data[HEADER.size : length]
        data = data[(length + 3) & ~3 :]


def attributes(data):
    """The attributes that follow the fixed part, by type; the top bits are flags."""
    found = {}
    while len(data) >= ATTRIBUTE.size:
        length, kind = ATTRIBUTE.unpack_from(data)
        found[kind & 0x3FFF] = data[ATTRIBUTE.size : length]
        data = data[(length + 3) & ~3 :]
    return found


def dump(sock, request, fixed, sequence):
    """The payloads of a dump, and whether something changed meanwhile."""
    header = HEADER.pack(HEADER.size + len(fixed), request, NLM_F_REQUEST | NLM_F_DUMP, sequence, 0)
    sock.sendto(header + fixed, KERNEL)
    payloads, interrupted = [], False
    while True:
        data, sender = sock.recvfrom(LONGEST)
        if sender != KERNEL:
            continue
        for kind, flags, answered, payload in messages(data):
            if answered != sequence:
                continue
            interrupted = interrupted or bool(flags & NLM_F_DUMP_INTR)
            if kind == NLMSG_DONE:
                return payloads, interrupted
            if kind == NLMSG_ERROR:
                raise OSError(-struct.unpack_from("=i", payload)[0], "the kernel refused the dump")
            payloads.append(payload)


def text(raw):
    """A string attribute, which ends with NUL."""
    return raw.rstrip(b"\0").decode()


def number(raw):
    """An integer attribute."""
    return struct.unpack("=I", raw)[0]


def present(**fields):
    """The fields that there are."""
    return {name: value for name, value in fields.items() if value is not None}


def read(fields, kind, parse):
    """One attribute, or None where it was not sent."""
    return parse(fields[kind]) if kind in fields else None


def link(payload):
    """One answer to RTM_GETLINK."""
    _, _, index, flags, _ = LINK.unpack_from(payload)
    fields = attributes(payload[LINK.size :])
    information = attributes(fields.get(18, b""))
    return present(
        ifindex=index,
        ifname=text(fields[3]),
        kind=read(information, 1, text),
        flags=[name for name, bit in LINK_FLAGS.items() if flags & bit],
        mtu=number(fields[4]),
        operstate=OPERSTATES[fields[16][0]],
        address=read(fields, 1, lambda raw: raw.hex(":")),
        broadcast=read(fields, 2, lambda raw: raw.hex(":")),
        master=read(fields, 10, number),
    )


def address(payload):
    """One answer to RTM_GETADDR."""
    family, prefix, _, scope, index = ADDRESS.unpack_from(payload)
    fields = attributes(payload[ADDRESS.size :])

    def host(raw):
        return socket.inet_ntop(family, raw)

    # on a link between two points the first is the other end's
    local, other = fields.get(2, fields[1]), fields[1]
    return present(
        ifindex=index,
        family=FAMILIES[family],
        local=host(local),
        address=host(other) if other != local else None,
        prefixlen=prefix,
        broadcast=read(fields, 4, host),
        scope=SCOPES.get(scope, str(scope)),
        label=read(fields, 3, text),
    )


def next_hops(raw, host):
    """The ways of a route that has several."""
    hops = []
    while len(raw) >= NEXT_HOP.size:
        length, _, weight, index = NEXT_HOP.unpack_from(raw)
        gateway = attributes(raw[NEXT_HOP.size : length]).get(5)
        hops.append(present(gateway=gateway and host(gateway), ifindex=index, weight=weight + 1))
        raw = raw[(length + 3) & ~3 :]
    return hops


def route(payload):
    """One answer to RTM_GETROUTE."""
    family, prefix, _, _, table, protocol, scope, kind, _ = ROUTE.unpack_from(payload)
    fields = attributes(payload[ROUTE.size :])
    table = number(fields[15]) if 15 in fields else table

    def host(raw):
        return socket.inet_ntop(family, raw)

    def network(raw):
        return host(raw) if prefix == len(raw) * 8 else f"{host(raw)}/{prefix}"

    return present(
        family=FAMILIES[family],
        type=ROUTE_TYPES[kind],
        dst=network(fields[1]) if 1 in fields else "default",
        gateway=read(fields, 5, host),
        ifindex=read(fields, 4, number),
        table=TABLES.get(table, str(table)),
        protocol=PROTOCOLS.get(protocol, str(protocol)),
        scope=SCOPES.get(scope, str(scope)),
        prefsrc=read(fields, 7, host),
        metric=read(fields, 6, number),
        nexthops=read(fields, 9, lambda raw: next_hops(raw, host)),
    )


DUMPS = {
    "links": (RTM_GETLINK, LINK, link),
    "addresses": (RTM_GETADDR, ADDRESS, address),
    "routes": (RTM_GETROUTE, ROUTE, route),
}


def listing(sock, sequences, request, form, parse):
    """One whole dump, of the families that have a name here."""
    for _ in range(ATTEMPTS):
        payloads, interrupted = dump(sock, request, bytes(form.size), next(sequences))
        if not interrupted:
            return [parse(one) for one in payloads if request == RTM_GETLINK or one[0] in FAMILIES]
    sys.exit("the network changes faster than it can be read")


def show(names):
    """Print the listings of these names as one JSON object."""
    sequences = itertools.count(1)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.bind((0, 0))
        print("sockets from", type(sock).__module__)
        found = {name: listing(sock, sequences, *DUMPS[name]) for name in names}
    print(json.dumps(found))


def events(sock):
    """What is told to the multicast group of links, without end."""
    words = {RTM_NEWLINK: "new", RTM_DELLINK: "deleted"}
    while True:
        data, (sender, groups) = sock.recvfrom(LONGEST)
        if sender == 0:  # the kernel
            for kind, _, _, payload in messages(data):
                yield {"event": words[kind], "groups": groups, **link(payload)}


def watch(count):
    """Print the next link events, a line of JSON each."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.bind((0, RTMGRP_LINK))
        print("sockets from", type(sock).__module__)
        print("watching", flush=True)
        for event in itertools.islice(events(sock), count):
            print(json.dumps(event), flush=True)


if sys.argv[1:2] == ["watch"]:
    watch(int(sys.argv[2]) if len(sys.argv) > 2 else None)
else:
    show(sys.argv[1:] or list(DUMPS))
