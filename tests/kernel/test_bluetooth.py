"""Bluetooth's four protocols: creation, binding and names.

A Python that was built without Bluetooth's headers has none of it, and then these skip.
Only Debian's stock kernel has it; hci0 is a virtual controller, /dev/vhci.
Follows: the socket module's documentation of AF_BLUETOOTH addresses.
"""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.stock_kernel
ANY = "00:00:00:00:00:00"


@pytest.mark.parametrize(
    ("kind", "proto", "address"),
    [
        ("SOCK_SEQPACKET", "BTPROTO_L2CAP", (ANY, 0x1001)),
        ("SOCK_STREAM", "BTPROTO_RFCOMM", (ANY, 5)),
    ],
)
def test_bind_and_name(open_socket, kind, proto, address):
    sock = open_socket("AF_BLUETOOTH", kind, proto)
    sock.bind(address)
    assert sock.getsockname() == address
    sock.listen()
    assert f"laddr={address}" in repr(sock)


def test_sco(open_socket):
    sock = open_socket("AF_BLUETOOTH", "SOCK_SEQPACKET", "BTPROTO_SCO")
    sock.bind(ANY.encode())
    assert sock.getsockname() == ANY


def test_hci_over_a_virtual_controller(mod, open_socket):
    sock = open_socket("AF_BLUETOOTH", "SOCK_RAW", "BTPROTO_HCI")
    with open("/dev/vhci", "r+b", buffering=0) as controller:
        make_primary = b"\xff\x00"
        controller.write(make_primary)
        made = controller.read(16)
        assert made[:2] == make_primary
        number = int.from_bytes(made[2:4], "little")
        sock.bind((number,))
        name = sock.getsockname()
        assert name in (number, (number,), (number, 0))  # the form varies by version
        every_type = b"\x1e\0\0\0" + b"\xff" * 8 + bytes(4)
        sock.setsockopt(mod.SOL_HCI, mod.HCI_FILTER, every_type)
        assert sock.getsockopt(mod.SOL_HCI, mod.HCI_FILTER, 16) == every_type


@pytest.mark.parametrize("address", [(), (ANY,), ("zz", 1), (1, 2), (ANY, "c")], ids=repr)
@pytest.mark.parametrize(
    ("kind", "proto"),
    [("SOCK_SEQPACKET", "BTPROTO_L2CAP"), ("SOCK_STREAM", "BTPROTO_RFCOMM")],
)
def test_forms_that_are_no_address(open_socket, kind, proto, address):
    with pytest.raises((TypeError, OSError)):
        open_socket("AF_BLUETOOTH", kind, proto).bind(address)
