"""VSOCK through the guest's own loopback transport: stream and seqpacket.

Addresses are (cid, port); the local one is cid 1. Follows: vsock(7).
"""

from __future__ import annotations

import errno
import fcntl
import struct

import pytest

LOCAL = 1  # VMADDR_CID_LOCAL, which the stdlib has no name for on every version
KINDS = ["SOCK_STREAM", "SOCK_SEQPACKET"]


@pytest.fixture(params=KINDS)
def connection(request, mod, open_socket):
    server = open_socket("AF_VSOCK", request.param)
    server.bind((mod.VMADDR_CID_ANY, mod.VMADDR_PORT_ANY))
    server.listen()
    client = open_socket("AF_VSOCK", request.param)
    client.connect((LOCAL, server.getsockname()[1]))
    peer, address = server.accept()
    peer.settimeout(client.gettimeout())
    with peer:
        yield server, client, peer, address


def test_names(mod, connection):
    server, client, peer, address = connection
    cid, port = server.getsockname()
    assert cid == mod.VMADDR_CID_ANY == 0xFFFFFFFF
    assert peer.getsockname() == (LOCAL, port) == client.getpeername()
    assert address == peer.getpeername() == (LOCAL, client.getsockname()[1])
    assert port != address[1]
    assert f"raddr={address}" in repr(peer)


def test_bind_to_a_port(open_socket):
    sock = open_socket("AF_VSOCK", "SOCK_STREAM")
    sock.bind((LOCAL, 0xFEDCBA98))
    assert sock.getsockname() == (LOCAL, 0xFEDCBA98)
    with pytest.raises(OSError) as caught:
        open_socket("AF_VSOCK", "SOCK_STREAM").bind((LOCAL, 0xFEDCBA98))
    assert caught.value.errno == errno.EADDRINUSE


def test_data_flows_both_ways(connection):
    _, client, peer, _ = connection
    client.send(b"there")
    assert peer.recvfrom(100) == (b"there", None)
    room = bytearray(20)
    peer.sendmsg([b"and ", b"back"])
    assert client.recvmsg_into([room])[0] == 8
    assert room[:8] == b"and back"


@pytest.mark.parametrize("connection", ["SOCK_SEQPACKET"], indirect=True)
def test_message_boundaries(connection):
    _, client, peer, _ = connection
    client.send(b"a")
    client.send(b"bc")
    assert [peer.recv(100), peer.recv(100)] == [b"a", b"bc"]


@pytest.mark.parametrize("connection", ["SOCK_STREAM"], indirect=True)
def test_large_stream_and_its_end(mod, connection):
    _, client, peer, _ = connection
    sent = bytes(range(256)) * 512
    client.sendall(sent)
    client.shutdown(mod.SHUT_WR)
    received = bytearray()
    while data := peer.recv(65536):
        received += data
    assert received == sent


def test_buffer_sizes_are_integers_of_64_bits(mod, connection):
    _, client, _, _ = connection
    for option, value in (
        (mod.SO_VM_SOCKETS_BUFFER_MAX_SIZE, 1 << 33),
        (mod.SO_VM_SOCKETS_BUFFER_MIN_SIZE, 4096),
        (mod.SO_VM_SOCKETS_BUFFER_SIZE, 0xFFFF0000),
    ):
        client.setsockopt(mod.AF_VSOCK, option, value)
        assert client.getsockopt(mod.AF_VSOCK, option) == value
    with pytest.raises(OSError, match=r"^getsockopt string buffer not allowed$"):
        client.getsockopt(mod.AF_VSOCK, mod.SO_VM_SOCKETS_BUFFER_SIZE, 8)


def test_local_cid(mod):
    with open("/dev/vsock", "rb") as device:
        answer = fcntl.ioctl(device, mod.IOCTL_VM_SOCKETS_GET_LOCAL_CID, bytes(4))
    assert struct.unpack("=I", answer)[0] in (LOCAL, mod.VMADDR_CID_ANY)


def test_nobody_listens(open_socket):
    with pytest.raises(ConnectionResetError):
        open_socket("AF_VSOCK", "SOCK_STREAM").connect((LOCAL, 9))


@pytest.mark.parametrize("address", [(), (1,), (1, 2, 3), ("a", 1), (1, "a"), "name", None], ids=repr)
def test_forms_that_are_no_address(open_socket, address):
    sock = open_socket("AF_VSOCK", "SOCK_STREAM")
    for call in (sock.bind, sock.connect):
        with pytest.raises(TypeError):
            call(address)
