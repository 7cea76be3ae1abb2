"""Other transports under the Internet's address families: SCTP, UDP-Lite, DCCP, MPTCP.

Their addresses are those of AF_INET and AF_INET6; what is proved is that type,
protocol, options and data go through unchanged. Follows: sctp(7), udplite(7),
the kernel's networking/dccp and networking/mptcp documentation.
"""

from __future__ import annotations

import errno
import struct
import threading

import pytest

HOSTS = {"AF_INET": ("127.0.0.1", 0), "AF_INET6": ("::1", 0)}
SOCK_DCCP, IPPROTO_DCCP, SOL_DCCP, DCCP_SOCKOPT_SERVICE = 6, 33, 269, 2
SCTP_NODELAY, SCTP_MAXSEG, SCTP_EVENTS = 3, 13, 11


@pytest.fixture(params=HOSTS)
def family(request):
    return request.param


def connected(open_socket, family, kind, proto, prepare=lambda sock: None):
    """A listener's peer and its client, both with the fixture's timeout."""
    server = open_socket(family, kind, proto)
    server.bind(HOSTS[family])
    prepare(server)
    server.listen()
    client = open_socket(family, kind, proto)
    prepare(client)
    client.connect(server.getsockname())
    peer, address = server.accept()
    peer.settimeout(client.gettimeout())
    assert address == client.getsockname() == peer.getpeername()
    assert (peer.family, peer.type, peer.proto) == (client.family, client.type, client.proto)
    return client, peer


def test_sctp_one_to_one(mod, open_socket, family):
    client, peer = connected(open_socket, family, "SOCK_STREAM", "IPPROTO_SCTP")
    with peer:
        client.setsockopt(mod.IPPROTO_SCTP, SCTP_NODELAY, 1)
        assert client.getsockopt(mod.IPPROTO_SCTP, SCTP_NODELAY) == 1
        client.sendall(b"first")
        client.sendall(b"second")
        for expected in (b"first", b"second"):
            data, _, flags, sender = peer.recvmsg(100, 200)
            assert (data, sender) == (expected, client.getsockname())
            assert flags & mod.MSG_EOR
        client.close()
        assert peer.recv(100) == b""


def test_sctp_message_in_pieces_ends_with_eor(mod, open_socket, family):
    client, peer = connected(open_socket, family, "SOCK_STREAM", "IPPROTO_SCTP")
    with peer:
        client.send(b"piecewise")
        first, _, flags, _ = peer.recvmsg(5)
        assert (first, flags & mod.MSG_EOR) == (b"piece", 0)
        rest, _, flags, _ = peer.recvmsg(100)
        assert (rest, flags & mod.MSG_EOR) == (b"wise", mod.MSG_EOR)


def test_sctp_one_to_many(mod, open_socket, family):
    server = open_socket(family, "SOCK_SEQPACKET", "IPPROTO_SCTP")
    server.bind(HOSTS[family])
    server.listen()
    client = open_socket(family, "SOCK_SEQPACKET", "IPPROTO_SCTP")
    client.bind(HOSTS[family])
    client.sendto(b"to many", server.getsockname())
    data, sender = server.recvfrom(100)
    assert (data, sender) == (b"to many", client.getsockname())
    server.sendto(b"and back", sender)
    assert client.recvfrom(100) == (b"and back", server.getsockname())


def test_sctp_receive_information(mod, open_socket):
    server = open_socket("AF_INET", "SOCK_SEQPACKET", "IPPROTO_SCTP")
    server.bind(HOSTS["AF_INET"])
    server.listen()
    server.setsockopt(mod.IPPROTO_SCTP, SCTP_EVENTS, b"\1")
    client = open_socket("AF_INET", "SOCK_SEQPACKET", "IPPROTO_SCTP")
    # stream, ssn, flags, ppid, context, timetolive, tsn, cumtsn, assoc_id
    layout = struct.Struct("@HHHxx6I")
    sndrcv = 1
    control = layout.pack(3, 0, 0, 0xDEADBEEF, 0, 0, 0, 0, 0)
    client.sendmsg([b"labelled"], [(mod.IPPROTO_SCTP, sndrcv, control)], 0, server.getsockname())
    data, ancillary, _, _ = server.recvmsg(100, mod.CMSG_SPACE(layout.size))
    ((level, kind, payload),) = ancillary
    assert (data, level, kind) == (b"labelled", mod.IPPROTO_SCTP, sndrcv)
    stream, _, _, label, *_ = layout.unpack(payload)
    assert (stream, label) == (3, 0xDEADBEEF)


def test_udplite(mod, open_socket, family):
    receiver = open_socket(family, "SOCK_DGRAM", "IPPROTO_UDPLITE")
    receiver.bind(HOSTS[family])
    sender = open_socket(family, "SOCK_DGRAM", "IPPROTO_UDPLITE")
    sender.bind(HOSTS[family])
    # The numbers of linux/udp.h, which the stdlib names from 3.9 on.
    level = mod.IPPROTO_UDPLITE
    sender.setsockopt(level, mod.UDPLITE_SEND_CSCOV, 12)
    receiver.setsockopt(level, mod.UDPLITE_RECV_CSCOV, 10)
    assert sender.getsockopt(level, mod.UDPLITE_SEND_CSCOV) == 12
    assert receiver.getsockopt(level, mod.UDPLITE_RECV_CSCOV) == 10
    assert sender.sendto(b"partly checked", receiver.getsockname()) == 14
    assert receiver.recvfrom(100) == (b"partly checked", sender.getsockname())
    # Less cover than the receiver insists on: dropped, and the next one is not.
    sender.setsockopt(level, mod.UDPLITE_SEND_CSCOV, 8)
    sender.sendto(b"too little cover", receiver.getsockname())
    sender.setsockopt(level, mod.UDPLITE_SEND_CSCOV, 0)
    sender.sendto(b"all", receiver.getsockname())
    assert receiver.recv(100) == b"all"


def test_dccp(open_socket, family):
    def prepare(sock):
        sock.setsockopt(SOL_DCCP, DCCP_SOCKOPT_SERVICE, struct.pack("!I", 0x52534F43))

    client, peer = connected(open_socket, family, SOCK_DCCP, IPPROTO_DCCP, prepare)
    with peer:
        client.send(b"one")
        client.send(b"two")
        assert [peer.recv(100), peer.recv(100)] == [b"one", b"two"]
        assert (int(peer.type), peer.proto) == (SOCK_DCCP, IPPROTO_DCCP)
        with pytest.raises(OSError) as caught:
            client.send(bytes(100_000))
        assert caught.value.errno == errno.EMSGSIZE


@pytest.mark.stock_kernel
def test_mptcp(mod, open_socket, family):
    client, peer = connected(open_socket, family, "SOCK_STREAM", "IPPROTO_MPTCP")
    sent = bytes(range(256)) * 4096
    with peer:
        thread = threading.Thread(target=client.sendall, args=(sent,))
        thread.start()
        received = bytearray()
        while len(received) < len(sent):
            received += peer.recv(65536)
        thread.join()
        assert received == sent
        client.shutdown(mod.SHUT_WR)
        assert peer.recv(10) == b""
