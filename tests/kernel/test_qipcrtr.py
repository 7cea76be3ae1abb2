"""QIPCRTR: addresses are (node, port), and the node of this machine is 1.

Follows: linux/qrtr.h. Only Debian's stock kernel has it.
"""

from __future__ import annotations

import errno

import pytest

pytestmark = pytest.mark.stock_kernel
NODE = 1


@pytest.fixture
def pair(open_socket):
    sockets = [open_socket("AF_QIPCRTR", "SOCK_DGRAM") for _ in range(2)]
    sockets[0].bind((NODE, 0))
    sockets[1].bind((NODE, 5000))
    return sockets


def test_names(open_socket, pair):
    assert open_socket("AF_QIPCRTR", "SOCK_DGRAM").getsockname() == (NODE, 0)
    node, port = pair[0].getsockname()
    assert (node, port >= 0x4000) == (NODE, True)
    assert pair[1].getsockname() == (NODE, 5000)
    assert "laddr=(1, 5000)" in repr(pair[1])


def test_datagram(pair):
    one, other = pair
    assert one.sendto(b"there", other.getsockname()) == 5
    assert other.recvfrom(100) == (b"there", one.getsockname())
    other.sendmsg([b"and ", b"back"], [], 0, one.getsockname())
    assert one.recvmsg(100)[::3] == (b"and back", other.getsockname())


def test_connected(pair):
    one, other = pair
    with pytest.raises(OSError) as caught:
        one.getpeername()
    assert caught.value.errno == errno.ENOTCONN
    one.connect(other.getsockname())
    assert one.getpeername() == (NODE, 5000)
    one.send(b"connected")
    room = bytearray(20)
    assert other.recvfrom_into(room) == (9, one.getsockname())


@pytest.mark.parametrize("address", [(), (1,), (1, 2, 3), ("a", 1), "name"], ids=repr)
def test_forms_that_are_no_address(pair, address):
    for call in (pair[0].bind, pair[0].connect):
        with pytest.raises(TypeError):
            call(address)
