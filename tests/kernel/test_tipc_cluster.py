"""Two TIPC nodes in one guest, so that a node's address from the wrong place shows.

The second node is tipc_node.py in a network namespace of its own, joined to this one by
a veth pair that carries TIPC. Follows: tipc(7), tipc-bearer(8).
"""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import guest_setup
import pytest
from guest_setup import TIPC_NODE

SERVICE = 0x33445566
OTHER_NODE = TIPC_NODE + 1
PROGRAM = str(Path(__file__).with_name("tipc_node.py"))


@pytest.fixture(scope="module")
def reference():
    """The reference of the second node's port."""
    command = ["unshare", "--net", sys.executable, "-I", PROGRAM]
    with subprocess.Popen(
        [*command, str(OTHER_NODE), str(SERVICE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdout.readline() == "ready\n"
            ends = {"first": b"\2\0\0\0\0\1", "second": b"\2\0\0\0\0\2"}
            guest_setup.link_pair(ends, child.pid)
            guest_setup.set_up("first")
            guest_setup.tipc_bearer("first")
            child.stdin.write("go\n")
            child.stdin.flush()
            yield int(child.stdout.readline())
        finally:
            child.kill()


@pytest.fixture
def client(mod, open_socket, reference):
    """A socket, once the other node's service is known on this one."""
    topology = open_socket("AF_TIPC", "SOCK_SEQPACKET")
    topology.connect((mod.TIPC_ADDR_NAME, mod.TIPC_TOP_SRV, mod.TIPC_TOP_SRV, 0))
    ever = 0xFFFFFFFF
    watch = (SERVICE, 0, ever, ever, mod.TIPC_SUB_SERVICE)
    topology.send(struct.pack("=5I8s", *watch, b""))
    event = struct.unpack("=10I8s", topology.recv(100))
    assert event[:5] == (mod.TIPC_PUBLISHED, 10, 19, reference, OTHER_NODE)
    return open_socket("AF_TIPC", "SOCK_RDM")


def targets(mod, reference):
    return {
        "name": (mod.TIPC_ADDR_NAME, SERVICE, 15, 0),
        "name and domain": (mod.TIPC_ADDR_NAME, SERVICE, 15, OTHER_NODE),
        "range": (mod.TIPC_ADDR_NAMESEQ, SERVICE, 0, 10),
        "port": (mod.TIPC_ADDR_ID, OTHER_NODE, reference, 0),
    }


@pytest.mark.parametrize("form", targets(guest_setup.socket, 0))
def test_message_there_and_back(mod, reference, client, form):
    client.sendto(b"asked by ", targets(mod, reference)[form])
    answer, sender = client.recvfrom(200)
    assert sender == (mod.TIPC_ADDR_ID, OTHER_NODE, reference, 0, 0)
    here = client.getsockname()
    assert here[1] == TIPC_NODE
    assert answer == b"asked by " + repr(here).encode()


def test_the_nearest_service_answers(mod, open_socket, client):
    nearby = open_socket("AF_TIPC", "SOCK_RDM")
    nearby.bind((mod.TIPC_ADDR_NAMESEQ, SERVICE, 10, 19, mod.TIPC_NODE_SCOPE))
    for number in range(4):
        client.sendto(b"%d" % number, (mod.TIPC_ADDR_NAME, SERVICE, 15, TIPC_NODE))
        assert nearby.recvfrom(10) == (b"%d" % number, client.getsockname())


def test_name_of_this_node_alone_is_not_seen_on_the_other(mod, open_socket, client):
    nearby = open_socket("AF_TIPC", "SOCK_RDM")
    nearby.bind((mod.TIPC_ADDR_NAME, SERVICE, 15, 0, mod.TIPC_NODE_SCOPE))
    client.sendto(b"to both ", (mod.TIPC_ADDR_NAMESEQ, SERVICE, 15, 15))
    assert nearby.recvfrom(100) == (b"to both ", client.getsockname())
    assert client.recvfrom(200)[1][1] == OTHER_NODE
