"""Configures a freshly booted guest: loopback and vcan0 up, a TIPC node address, RDS warmed up.

Uses the stock library alone and no tool of the host (a container has neither iproute2 nor tipc), so everything goes
through netlink: rtnetlink(7), linux/genetlink.h, linux/tipc_netlink.h. Must not know what the tests do.
"""

import socket
import struct
import sys

NLM_F_REQUEST_ACK = 0x5
NLM_F_CREATE_EXCL = 0x600
NLMSG_ERROR = 2
RTM_NEWLINK = 16
IFF_UP = 1
NESTED = 0x8000
GENL_ID_CTRL = 16
TIPC_NODE = (1 << 24) | (1 << 12) | 10  # 1.1.10: zone, cluster and node differ from each other and from 0


def attribute(kind, payload):
    raw = struct.pack("=HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def transact(protocol, kind, flags, payload):
    """Sends one request; returns the payloads of its answers, or raises the kernel's error."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as s:
        s.bind((0, 0))
        s.send(struct.pack("=IHHII", 16 + len(payload), kind, flags | NLM_F_REQUEST_ACK, 1, 0) + payload)
        answers = []
        for _ in range(100):
            data = s.recv(65536)
            while data:
                length, answer, _, _, _ = struct.unpack_from("=IHHII", data)
                if answer == NLMSG_ERROR:
                    code = struct.unpack_from("=i", data, 16)[0]
                    if code:
                        raise OSError(-code, "netlink request refused")
                    return answers
                answers.append(data[16:length])
                data = data[(length + 3) & ~3 :]
    raise OSError("netlink request without an end")


def link_up(index=0, name=None, kind=None):
    """Sets link `index` up, or makes the link `name` of this kind and sets it up."""
    request = struct.pack("=BBHiII", 0, 0, 0, index, IFF_UP, IFF_UP)
    flags = 0
    if name:
        flags = NLM_F_CREATE_EXCL
        request += attribute(3, name.encode() + b"\0") + attribute(18, attribute(1, kind.encode()))
    transact(socket.NETLINK_ROUTE, RTM_NEWLINK, flags, request)


def set_up(name):
    """Sets the link of this name up."""
    request = struct.pack("=BBHiII", 0, 0, 0, 0, IFF_UP, IFF_UP)
    request += attribute(3, name.encode() + b"\0")
    transact(socket.NETLINK_ROUTE, RTM_NEWLINK, 0, request)


def attributes(data):
    """The attributes of a netlink message, by number."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found[kind] = data[4:length]
        data = data[(length + 3) & ~3 :]
    return found


def link_pair(ends, process=None):
    """Makes a veth pair; its second end may go to another process's network.

    `ends` maps two names to hardware addresses. With both ends here they are set up,
    and carry frames when this returns: what is sent before is lost.
    """
    first, second = (
        bytes(16) + attribute(3, name.encode() + b"\0") + attribute(1, hardware) for name, hardware in ends.items()
    )
    if process is not None:
        second += attribute(19, struct.pack("=I", process))
    kind = attribute(1, b"veth") + attribute(2, attribute(1, second))
    request = first + attribute(18, kind)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as events:
        events.settimeout(10)
        events.bind((0, 1))
        transact(socket.NETLINK_ROUTE, RTM_NEWLINK, NLM_F_CREATE_EXCL, request)
        waiting = set(ends) if process is None else set()
        for name in waiting:
            set_up(name)
        operational = b"\6"
        while waiting:
            fields = attributes(events.recv(65536)[32:])
            if fields.get(16) == operational:
                waiting.discard(fields[3].rstrip(b"\0").decode())


def generic_family(name):
    request = struct.pack("=BBH", 3, 1, 0) + attribute(2, name.encode() + b"\0")
    (answer,) = transact(16, GENL_ID_CTRL, 0, request)
    return struct.unpack("=H", attributes(answer[4:])[1])[0]


def tipc_request(command, nest, field):
    request = struct.pack("=BBH", command, 1, 0) + attribute(NESTED | nest, field)
    transact(16, generic_family("TIPCv2"), 0, request)


def tipc_node(address=TIPC_NODE):
    """Give the node its address, as `tipc node set addr` does."""
    tipc_request(15, 7, attribute(2, struct.pack("=I", address)))


def tipc_bearer(link):
    """Lets TIPC find other nodes over a link, as `tipc bearer enable` does."""
    tipc_request(3, 1, attribute(1, b"eth:" + link.encode() + b"\0"))


def rds_warm_up():
    """The first loopback message after boot is lost if its sender closes at once; this is that message."""
    addr = ("127.0.0.1", 0)
    with (
        socket.socket(21, socket.SOCK_SEQPACKET) as a,
        socket.socket(21, socket.SOCK_SEQPACKET) as b,
    ):
        a.settimeout(10)
        a.bind(addr)
        b.bind(addr)
        b.sendto(b"x", a.getsockname())
        a.recv(1)


STEPS = {
    "lo": lambda: link_up(index=1),
    "vcan0": lambda: link_up(name="vcan0", kind="vcan"),
    "TIPC node address": tipc_node,
    "RDS": rds_warm_up,
}

if __name__ == "__main__":
    for step, run in STEPS.items():
        try:
            run()
        except OSError as error:
            sys.stderr.write(f"guest set-up: {step}: {error}\n")
