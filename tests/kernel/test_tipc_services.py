"""What TIPC offers beyond messages: the topology server and the socket options.

Follows: tipc(7), linux/tipc.h (tipc_subscr, tipc_event, tipc_group_req).
"""

from __future__ import annotations

import errno
import struct

import pytest
from guest_setup import TIPC_NODE

SERVICE = 0x22334455
SUBSCRIPTION = struct.Struct("=5I8s")
EVENT = struct.Struct("=5I5I8s")
HANDLE = b"a handle"
# Options that the stdlib has no name for.
NODE_RECVQ_DEPTH, SOCK_RECVQ_DEPTH, MCAST_BROADCAST, MCAST_REPLICAST = 131, 132, 133, 134
GROUP_JOIN, GROUP_LEAVE, SOCK_RECVQ_USED, NODELAY = 135, 136, 137, 138
GROUP_LOOPBACK = 1


@pytest.fixture
def topology(mod, open_socket):
    sock = open_socket("AF_TIPC", "SOCK_SEQPACKET")
    sock.connect((mod.TIPC_ADDR_NAME, mod.TIPC_TOP_SRV, mod.TIPC_TOP_SRV, 0))
    return sock


@pytest.mark.parametrize("watched", ["TIPC_SUB_SERVICE", "TIPC_SUB_PORTS"])
def test_topology_events(mod, open_socket, topology, watched):
    request = (SERVICE, 0, 100, mod.TIPC_WAIT_FOREVER & 0xFFFFFFFF, getattr(mod, watched))
    topology.send(SUBSCRIPTION.pack(*request, HANDLE))
    server = open_socket("AF_TIPC", "SOCK_RDM")
    reference = server.getsockname()[2]
    server.bind((mod.TIPC_ADDR_NAMESEQ, SERVICE, 11, 22, mod.TIPC_NODE_SCOPE))
    event = EVENT.unpack(topology.recv(EVENT.size))
    assert event == (mod.TIPC_PUBLISHED, 11, 22, reference, TIPC_NODE, *request, HANDLE)
    server.close()
    event = EVENT.unpack(topology.recv(EVENT.size))
    assert event == (mod.TIPC_WITHDRAWN, 11, 22, reference, TIPC_NODE, *request, HANDLE)


def test_topology_subscription_runs_out(mod, topology):
    request = (SERVICE, 5, 6, 10, mod.TIPC_SUB_SERVICE)
    topology.send(SUBSCRIPTION.pack(*request, HANDLE))
    event = EVENT.unpack(topology.recv(EVENT.size))
    assert event[0] == mod.TIPC_SUBSCR_TIMEOUT
    assert event[5:] == (*request, HANDLE)


def test_topology_subscription_is_cancelled(mod, open_socket, topology):
    ever = mod.TIPC_WAIT_FOREVER & 0xFFFFFFFF
    watch = (SERVICE, 0, 100, ever, mod.TIPC_SUB_SERVICE)
    topology.send(SUBSCRIPTION.pack(*watch, b"the 1st."))
    topology.send(SUBSCRIPTION.pack(*watch[:4], watch[4] | mod.TIPC_SUB_CANCEL, b"the 1st."))
    # The server works through its requests in order: this one's end is the end of both.
    topology.send(SUBSCRIPTION.pack(SERVICE, 200, 200, 1, mod.TIPC_SUB_SERVICE, HANDLE))
    assert EVENT.unpack(topology.recv(EVENT.size))[0] == mod.TIPC_SUBSCR_TIMEOUT
    server = open_socket("AF_TIPC", "SOCK_RDM")
    server.bind((mod.TIPC_ADDR_NAME, SERVICE, 45, 0, mod.TIPC_NODE_SCOPE))
    topology.send(SUBSCRIPTION.pack(*watch, b"the 2nd."))
    event = EVENT.unpack(topology.recv(EVENT.size))
    assert (event[1:3], event[-1]) == ((45, 45), b"the 2nd.")


def test_importance(mod, open_socket):
    sock = open_socket("AF_TIPC", "SOCK_RDM")
    levels = [
        mod.TIPC_LOW_IMPORTANCE,
        mod.TIPC_MEDIUM_IMPORTANCE,
        mod.TIPC_HIGH_IMPORTANCE,
        mod.TIPC_CRITICAL_IMPORTANCE,
    ]
    assert levels == [0, 1, 2, 3]
    for level in reversed(levels):
        sock.setsockopt(mod.SOL_TIPC, mod.TIPC_IMPORTANCE, level)
        assert sock.getsockopt(mod.SOL_TIPC, mod.TIPC_IMPORTANCE) == level
    with pytest.raises(OSError) as caught:
        sock.setsockopt(mod.SOL_TIPC, mod.TIPC_IMPORTANCE, 4)
    assert caught.value.errno == errno.EINVAL


@pytest.mark.parametrize(
    ("option", "initial", "value"),
    [
        ("TIPC_SRC_DROPPABLE", 0, 1),
        ("TIPC_DEST_DROPPABLE", 1, 0),
        ("TIPC_CONN_TIMEOUT", 8000, 1234),
    ],
)
def test_option_is_kept(mod, open_socket, option, initial, value):
    sock, number = open_socket("AF_TIPC", "SOCK_RDM"), getattr(mod, option)
    assert sock.getsockopt(mod.SOL_TIPC, number) == initial
    sock.setsockopt(mod.SOL_TIPC, number, value)
    assert sock.getsockopt(mod.SOL_TIPC, number, 4) == struct.pack("=I", value)
    sock.setsockopt(mod.SOL_TIPC, number, struct.pack("=I", initial))
    assert sock.getsockopt(mod.SOL_TIPC, number) == initial


def test_queue_depths_count_waiting_messages(mod, open_socket):
    server, client = open_socket("AF_TIPC", "SOCK_RDM"), open_socket("AF_TIPC", "SOCK_RDM")
    server.bind((mod.TIPC_ADDR_NAME, SERVICE, 1, 0, mod.TIPC_NODE_SCOPE))
    for count in range(3):
        assert server.getsockopt(mod.SOL_TIPC, SOCK_RECVQ_DEPTH) == count
        client.sendto(b"waiting", (mod.TIPC_ADDR_NAME, SERVICE, 1, 0))
    assert server.getsockopt(mod.SOL_TIPC, SOCK_RECVQ_USED) > 0
    assert server.getsockopt(mod.SOL_TIPC, NODE_RECVQ_DEPTH) == 0


def test_multicast_method_and_nodelay(mod, open_socket):
    sock = open_socket("AF_TIPC", "SOCK_RDM")
    for option in (MCAST_BROADCAST, MCAST_REPLICAST):
        sock.setsockopt(mod.SOL_TIPC, option, None, 0)
    stream = open_socket("AF_TIPC", "SOCK_STREAM")
    stream.setsockopt(mod.SOL_TIPC, NODELAY, 1)
    with pytest.raises(OSError) as caught:
        stream.setsockopt(mod.SOL_TIPC, MCAST_BROADCAST, 1)
    assert caught.value.errno == errno.EINVAL


def test_communication_group(mod, open_socket):
    members = [open_socket("AF_TIPC", "SOCK_RDM") for _ in range(2)]
    for instance, member in enumerate(members, 4711):
        request = struct.pack("=4I", SERVICE, instance, mod.TIPC_NODE_SCOPE, GROUP_LOOPBACK)
        member.setsockopt(mod.SOL_TIPC, GROUP_JOIN, request)
    assert members[0].getsockopt(mod.SOL_TIPC, GROUP_JOIN, 16)[:4] == struct.pack("=I", SERVICE)
    assert members[1].sendto(b"anycast", (mod.TIPC_ADDR_NAME, SERVICE, 4711, 0)) == 7
    assert members[0].recvfrom(100) == (b"anycast", members[1].getsockname())
    members[0].setsockopt(mod.SOL_TIPC, GROUP_LEAVE, None, 0)
    with pytest.raises(OSError) as caught:
        members[0].send(b"x")
    assert caught.value.errno in (errno.EDESTADDRREQ, errno.ENOTCONN)
