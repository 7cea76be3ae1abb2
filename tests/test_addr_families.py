"""The address forms of every family: what is accepted, what it becomes, what is said.

Wrong forms need no kernel, as they are refused before it is asked. Right forms
go through `mirror.py`, so that families which this kernel lacks are seen too.
rsock differs in one thing on purpose: an integer that does not fit its field is
an OverflowError, where the stdlib lets many wrap.
"""

from __future__ import annotations

import errno
import pathlib
import shutil
import socket
import struct
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mirror import Failed, Mirror, Written, build

pytestmark = pytest.mark.needs("linux")

BLUETOOTH = 31  # many builds of the stdlib have no Bluetooth, hence no name for it
L2CAP, HCI, SCO, RFCOMM = range(4)
RAW, BCM, ISOTP, J1939 = 1, 2, 6, 7
NAMESEQ, NAME, ID = 1, 2, 3
U32 = 2**32 - 1
LO = socket.if_nametoindex("lo") if hasattr(socket, "if_nametoindex") else 0


class Index:
    """An integer to those who ask for one."""

    def __index__(self) -> int:
        return 5


def family_of(mod, name):
    if name == "AF_BLUETOOTH":
        if mod.__name__ == "socket" and not hasattr(mod, name):
            pytest.skip("this Python was built without Bluetooth")
        return BLUETOOTH
    return getattr(mod, name)


def on(mod, name, proto):
    """Open a socket that parses the family's addresses, on a descriptor of AF_UNIX."""
    family = family_of(mod, name)
    sock = mod.socket(mod.AF_UNIX, mod.SOCK_DGRAM)
    return mod.socket(family, mod.SOCK_RAW, proto, fileno=sock.detach())


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory):
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    library = build(tmp_path_factory.mktemp("mirror"))
    both = {name: Mirror(name, library) for name in ("socket", "rsock")}
    yield both
    for mirror in both.values():
        mirror.close()


@pytest.fixture
def mirror(mod, mirrors):
    return mirrors[mod.__name__]


# --- right forms: the tuple, the bytes as a struct, and the tuple that comes back ---

DEVICE = "01:23:45:67:89:AB"
KERNEL = bytes.fromhex("ab8967452301")
RIGHT = [
    ("AF_NETLINK", 0, (1, 2), "=H2xII", (16, 1, 2), None),
    ("AF_NETLINK", 0, (U32, U32), "=H2xII", (16, U32, U32), None),
    ("AF_NETLINK", 0, (True, 0), "=H2xII", (16, 1, 0), (1, 0)),
    ("AF_VSOCK", 0, (1, 2), "=H2xII4x", (40, 2, 1), None),
    ("AF_VSOCK", 0, (U32, U32), "=H2xII4x", (40, U32, U32), None),
    ("AF_QIPCRTR", 0, (1, 2), "=H2xII", (42, 1, 2), None),
    ("AF_QIPCRTR", 0, (U32, U32), "=H2xII", (42, U32, U32), None),
    ("AF_RDS", 0, ("127.0.0.1", 258), "=H2s4s8x", (2, b"\1\2", b"\x7f\0\0\1"), None),
    ("AF_TIPC", 0, (NAMESEQ, 10, 20, 30, 3), "=HBBIII", (30, 1, 3, 10, 20, 30), None),
    ("AF_TIPC", 0, (NAMESEQ, U32, U32, U32), "=HBBIII", (30, 1, 2, U32, U32, U32), (NAMESEQ, U32, U32, U32, 2)),
    ("AF_TIPC", 0, (NAME, 10, 20, 0, 1), "=HBBIII", (30, 2, 1, 10, 20, 0), (NAME, 10, 20, 20, 1)),
    ("AF_TIPC", 0, (NAME, 10, 20, 30), "=HBBIII", (30, 2, 2, 10, 20, 0), (NAME, 10, 20, 20, 2)),
    ("AF_TIPC", 0, (ID, 10, 20, 0), "=HBBIII", (30, 3, 2, 20, 10, 0), (ID, 10, 20, 0, 2)),
    ("AF_PACKET", 0, ("lo", 3), "=H2sIHBB8x", (17, b"\0\3", LO, 0, 0, 0), ("lo", 3, 0, 0, b"")),
    (
        "AF_PACKET",
        0,
        ("lo", 65535, 255, 65535),
        "=H2sIHBB8x",
        (17, b"\xff\xff", LO, 65535, 255, 0),
        ("lo", 65535, 255, 65535, b""),
    ),
    ("AF_PACKET", 0, ("lo", 0x806, 4, 1, b"abcdef"), "=H2sIHBB6s2x", (17, b"\x08\x06", LO, 1, 4, 6, b"abcdef"), None),
    (
        "AF_PACKET",
        0,
        ("lo", 1, 0, 0, bytearray(b"12345678")),
        "=H2sIHBB8s",
        (17, b"\0\1", LO, 0, 0, 8, b"12345678"),
        ("lo", 1, 0, 0, b"12345678"),
    ),
    ("AF_CAN", RAW, ("lo",), "=H2xI16x", (29, LO), None),
    ("AF_CAN", RAW, (b"lo",), "=H2xI16x", (29, LO), ("lo",)),
    ("AF_CAN", RAW, (pathlib.PurePosixPath("lo"),), "=H2xI16x", (29, LO), ("lo",)),
    ("AF_CAN", RAW, ("",), "=H2xI16x", (29, 0), None),
    ("AF_CAN", BCM, ("lo",), "=H2xI16x", (29, LO), None),
    ("AF_CAN", ISOTP, ("lo", 0x7E8, 0x800007E0), "=H2xIII8x", (29, LO, 0x7E8, 0x800007E0), None),
    ("AF_CAN", ISOTP, ("lo", U32, U32), "=H2xIII8x", (29, LO, U32, U32), None),
    ("AF_CAN", J1939, ("lo", 1, 2, 3), "=H2xIQIB3x", (29, LO, 1, 2, 3), None),
    ("AF_CAN", J1939, ("lo", 2**64 - 1, U32, 255), "=H2xIQIB3x", (29, LO, 2**64 - 1, U32, 255), None),
    (
        "AF_ALG",
        0,
        ("hash", "sha1"),
        "=H14sII64s",
        (38, b"hash".ljust(14, b"\0"), 0, 0, b"sha1".ljust(64, b"\0")),
        ("hash", "sha1", 0, 0),
    ),
    (
        "AF_ALG",
        0,
        ("t" * 13, "n" * 63, 65535, 65535),
        "=H14sII64s",
        (38, b"t" * 13 + b"\0", 65535, 65535, b"n" * 63 + b"\0"),
        None,
    ),
    (
        "AF_ALG",
        0,
        ("é", "è", 1),
        "=H14sII64s",
        (38, "é".encode().ljust(14, b"\0"), 1, 0, "è".encode().ljust(64, b"\0")),
        ("é", "è", 1, 0),
    ),
    ("AF_BLUETOOTH", L2CAP, (DEVICE, 258), "=HH6s2xB1x", (31, 258, KERNEL, 0), None),
    ("AF_BLUETOOTH", RFCOMM, (DEVICE, 255), "=H6sB1x", (31, KERNEL, 255), None),
    ("AF_BLUETOOTH", RFCOMM, (DEVICE.lower(), 1), "=H6sB1x", (31, KERNEL, 1), (DEVICE, 1)),
    ("AF_BLUETOOTH", RFCOMM, ("1:2:3:4:5:6", 1), "=H6sB1x", (31, b"\6\5\4\3\2\1", 1), ("01:02:03:04:05:06", 1)),
    ("AF_BLUETOOTH", HCI, (1,), "=HHH", (31, 1, 0), 1),
    ("AF_BLUETOOTH", HCI, (65535,), "=HHH", (31, 65535, 0), 65535),
    ("AF_BLUETOOTH", SCO, DEVICE.encode(), "=H6s", (31, KERNEL), DEVICE),
]
# Forms of CPython 3.14 and newer, which rsock takes on every version.
NEWER = [
    ("AF_BLUETOOTH", L2CAP, (DEVICE, 0, 4), "=HH6sHB1x", (31, 0, KERNEL, 4, 0), None),
    ("AF_BLUETOOTH", L2CAP, (DEVICE, 128, 0, 2), "=HH6sHB1x", (31, 128, KERNEL, 0, 2), None),
    ("AF_BLUETOOTH", HCI, 1, "=HHH", (31, 1, 0), None),
    ("AF_BLUETOOTH", HCI, (65535, 3), "=HHH", (31, 65535, 3), None),
    ("AF_BLUETOOTH", SCO, DEVICE, "=H6s", (31, KERNEL), None),
]


@pytest.mark.parametrize(("name", "proto", "value", "layout", "fields", "back"), RIGHT + NEWER)
def test_right_form(mod, mirror, name, proto, value, layout, fields, back):
    newer = (name, proto, value, layout, fields, back) in NEWER
    if newer and mod.__name__ == "socket" and sys.version_info < (3, 14):
        pytest.skip("a form of Python 3.14")
    written = mirror.write(family_of(mod, name), proto, value)
    assert isinstance(written, Written)
    assert struct.calcsize(layout) == len(written.raw)
    assert struct.unpack(layout, written.raw) == fields
    assert written.back == (value if back is None else back)
    if mod.__name__ == "rsock":
        # the stdlib leaves the padding as it was found on the stack
        assert written.raw == struct.pack(layout, *fields)


@pytest.mark.parametrize("name", ["AF_NETLINK", "AF_VSOCK", "AF_QIPCRTR"])
def test_an_index_is_an_integer(mod, name):
    with on(mod, name, 0) as sock, pytest.raises(OSError) as caught:
        sock.bind((Index(), Index()))  # past the parser, to a kernel that knows better
    assert caught.value.errno == errno.EINVAL


# --- wrong forms: who says what ---

NETLINK_FORM = "AF_NETLINK address must be a pair (pid, groups)"
TIPC_FORM = "AF_TIPC address must be a tuple (addr_type, v1, v2, v3[, scope])"
PACKET_FORM = "AF_PACKET address must be a tuple of two to five elements"
CAN_FORM = "AF_CAN address must be a tuple (interface, )"
ALG_FORM = "AF_ALG address must be a tuple (type, name[, feat[, mask]])"
NO_INT = "'str' object cannot be interpreted as an integer"
NO_DEVICE = "[Errno 19] No such device"
SURROGATE = "'utf-8' codec can't encode character '\\udc80' in position 0: surrogates not allowed"
WRONG_FORMAT = "bind(): wrong format"
BAD_DEVICE = "bad bluetooth address"
WRONG = [
    ("AF_NETLINK", 0, 5, TypeError, "bind(): AF_NETLINK address must be tuple, not int"),
    ("AF_NETLINK", 0, [1, 2], TypeError, "bind(): AF_NETLINK address must be tuple, not list"),
    ("AF_NETLINK", 0, (1,), TypeError, NETLINK_FORM),
    ("AF_NETLINK", 0, (1, 2, 3), TypeError, NETLINK_FORM),
    ("AF_NETLINK", 0, ("x", 1), TypeError, NO_INT),
    ("AF_NETLINK", 0, (1, 1.5), TypeError, "'float' object cannot be interpreted as an integer"),
    ("AF_VSOCK", 0, None, TypeError, "getsockaddrarg: AF_VSOCK address must be tuple, not NoneType"),
    ("AF_VSOCK", 0, (), TypeError, "getsockaddrarg() takes exactly 2 arguments (0 given)"),
    ("AF_VSOCK", 0, (1, 2, 3), TypeError, "getsockaddrarg() takes exactly 2 arguments (3 given)"),
    ("AF_VSOCK", 0, (1, "x"), TypeError, NO_INT),
    ("AF_QIPCRTR", 0, b"x", TypeError, "getsockaddrarg: AF_QIPCRTR address must be tuple, not bytes"),
    ("AF_QIPCRTR", 0, (1,), TypeError, "getsockaddrarg() takes exactly 2 arguments (1 given)"),
    ("AF_QIPCRTR", 0, ("x", 1), TypeError, NO_INT),
    ("AF_RDS", 0, 5, TypeError, "bind(): AF_INET address must be tuple, not int"),
    ("AF_RDS", 0, ("127.0.0.1",), TypeError, "AF_INET address must be a pair (host, port)"),
    ("AF_RDS", 0, ("127.0.0.1", 65536), OverflowError, "bind(): port must be 0-65535."),
    ("AF_TIPC", 0, "x", TypeError, "bind(): AF_TIPC address must be tuple, not str"),
    ("AF_TIPC", 0, (1, 2, 3), TypeError, TIPC_FORM),
    ("AF_TIPC", 0, (1, 2, 3, 4, 5, 6), TypeError, TIPC_FORM),
    ("AF_TIPC", 0, (0, 1, 2, 3), TypeError, "Invalid address type"),
    ("AF_TIPC", 0, (4, 1, 2, 3), TypeError, "Invalid address type"),
    ("AF_TIPC", 0, (-1, 1, 2, 3), TypeError, "Invalid address type"),
    ("AF_TIPC", 0, (2**64, 1, 2, 3), TypeError, "Invalid address type"),
    ("AF_TIPC", 0, (9, 1, 2, 3, "x"), TypeError, NO_INT),
    ("AF_TIPC", 0, ("x", 1, 2, 3), TypeError, NO_INT),
    ("AF_PACKET", 0, None, TypeError, "bind(): AF_PACKET address must be tuple, not NoneType"),
    ("AF_PACKET", 0, ("lo",), TypeError, PACKET_FORM),
    ("AF_PACKET", 0, ("lo", 1, 2, 3, b"", 5), TypeError, PACKET_FORM),
    ("AF_PACKET", 0, (b"lo", 1), TypeError, PACKET_FORM),
    ("AF_PACKET", 0, (5, "x"), TypeError, PACKET_FORM),
    ("AF_PACKET", 0, ("lo", "x"), TypeError, NO_INT),
    ("AF_PACKET", 0, ("no such", "x"), TypeError, NO_INT),
    ("AF_PACKET", 0, ("no such", 1), OSError, NO_DEVICE),
    ("AF_PACKET", 0, ("no such", -1), OSError, NO_DEVICE),
    ("AF_PACKET", 0, ("", 1), OSError, NO_DEVICE),
    ("AF_PACKET", 0, ("x" * 300, 1), OSError, NO_DEVICE),
    ("AF_PACKET", 0, ("é", 1), OSError, NO_DEVICE),
    ("AF_PACKET", 0, ("\udc80", 1), UnicodeEncodeError, SURROGATE),
    ("AF_PACKET", 0, ("l\0o", 1), ValueError, "embedded null character"),
    ("AF_PACKET", 0, ("lo", -1), OverflowError, "bind(): proto must be 0-65535."),
    ("AF_PACKET", 0, ("lo", 65536), OverflowError, "bind(): proto must be 0-65535."),
    ("AF_PACKET", 0, ("no such", 2**31), OverflowError, "bind(): address argument out of range"),
    ("AF_PACKET", 0, ("lo", 1, 2**64), OverflowError, "bind(): address argument out of range"),
    ("AF_PACKET", 0, ("lo", 1, 2, -(2**31) - 1), OverflowError, "bind(): address argument out of range"),
    ("AF_PACKET", 0, ("lo", -1, 0, 0, b"9" * 9), ValueError, "Hardware address must be 8 bytes or less"),
    ("AF_PACKET", 0, ("lo", 1, 0, 0, "x"), TypeError, "a bytes-like object is required, not 'str'"),
    ("AF_CAN", RAW, "lo", TypeError, "bind(): AF_CAN address must be tuple, not str"),
    ("AF_CAN", RAW, (), TypeError, CAN_FORM),
    ("AF_CAN", BCM, ("lo", 1), TypeError, CAN_FORM),
    ("AF_CAN", RAW, (5,), TypeError, "expected str, bytes or os.PathLike object, not int"),
    ("AF_CAN", RAW, (bytearray(b"lo"),), TypeError, "expected str, bytes or os.PathLike object, not bytearray"),
    ("AF_CAN", RAW, ("no such",), OSError, NO_DEVICE),
    ("AF_CAN", RAW, ("\udc80",), OSError, NO_DEVICE),
    ("AF_CAN", RAW, ("x" * 15,), OSError, NO_DEVICE),
    ("AF_CAN", RAW, ("x" * 16,), OSError, "AF_CAN interface name too long"),
    ("AF_CAN", RAW, ("l\0o",), ValueError, "embedded null byte"),
    ("AF_CAN", 0, ("lo",), OSError, "bind(): unsupported CAN protocol"),
    ("AF_CAN", 3, 5, OSError, "bind(): unsupported CAN protocol"),
    ("AF_CAN", ISOTP, ("lo",), TypeError, "function takes exactly 3 arguments (1 given)"),
    ("AF_CAN", ISOTP, ("no such", "x", 1), TypeError, "argument 2 must be int, not str"),
    ("AF_CAN", ISOTP, ("lo", 1, None), TypeError, "argument 3 must be int, not None"),
    ("AF_CAN", ISOTP, (5, "x", 1), TypeError, "expected str, bytes or os.PathLike object, not int"),
    ("AF_CAN", ISOTP, ("x" * 16, 1, 1), OSError, "AF_CAN interface name too long"),
    ("AF_CAN", ISOTP, ("no such", 1, 1), OSError, NO_DEVICE),
    ("AF_CAN", J1939, ("lo", 1, 2), TypeError, "function takes exactly 4 arguments (3 given)"),
    ("AF_CAN", J1939, ("lo", 1.5, 2, 3), TypeError, "argument 2 must be int, not float"),
    ("AF_CAN", J1939, ("lo", 1, "x", 3), TypeError, NO_INT),
    ("AF_CAN", J1939, ("lo", 1, 2, "x"), TypeError, NO_INT),
    ("AF_ALG", 0, "hash", TypeError, "bind(): AF_ALG address must be tuple, not str"),
    ("AF_ALG", 0, ("hash",), TypeError, ALG_FORM),
    ("AF_ALG", 0, ("hash", "sha1", 0, 0, 0), TypeError, ALG_FORM),
    ("AF_ALG", 0, (b"hash", "sha1"), TypeError, ALG_FORM),
    ("AF_ALG", 0, ("hash", None), TypeError, ALG_FORM),
    ("AF_ALG", 0, ("t" * 20, "n", "x"), TypeError, NO_INT),
    ("AF_ALG", 0, ("hash", "sha1", 0, 1.5), TypeError, "'float' object cannot be interpreted as an integer"),
    ("AF_ALG", 0, ("t" * 14, "n" * 80), ValueError, "AF_ALG type too long."),
    ("AF_ALG", 0, ("t" * 13, "n" * 64), ValueError, "AF_ALG name too long."),
    ("AF_ALG", 0, ("h\0", 5), ValueError, "embedded null character"),
    ("AF_ALG", 0, ("hash", "\udc80"), UnicodeEncodeError, SURROGATE),
    ("AF_BLUETOOTH", L2CAP, None, OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", L2CAP, (DEVICE,), OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", L2CAP, (DEVICE, 1, 2, 3, 4), OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", L2CAP, (DEVICE, "x"), OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", L2CAP, ("x", 1), OSError, BAD_DEVICE),
    ("AF_BLUETOOTH", RFCOMM, (DEVICE.encode(), 1), OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", RFCOMM, (DEVICE, 1, 2), OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", RFCOMM, ("\udc80", 1), OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", RFCOMM, ("0:1:2:3:4", 1), OSError, BAD_DEVICE),
    ("AF_BLUETOOTH", RFCOMM, ("0:1:2:3:4:100", 1), OSError, BAD_DEVICE),
    ("AF_BLUETOOTH", RFCOMM, ("0:1:2:3:4:5:6", 1), OSError, BAD_DEVICE),
    ("AF_BLUETOOTH", HCI, "x", OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", HCI, (), OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", HCI, (1, 2, 3), OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", SCO, 5, OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", SCO, bytearray(DEVICE.encode()), OSError, WRONG_FORMAT),
    ("AF_BLUETOOTH", SCO, b"0:1:2:3:4", OSError, BAD_DEVICE),
    ("AF_BLUETOOTH", 5, (DEVICE, 1), OSError, "bind(): unknown Bluetooth protocol"),
]


@pytest.mark.parametrize(("name", "proto", "value", "kind", "text"), WRONG)
def test_wrong_form(mod, name, proto, value, kind, text):
    with on(mod, name, proto) as sock, pytest.raises(kind) as caught:
        sock.bind(value)
    assert caught.type is kind
    assert str(caught.value) == text


def test_the_caller_is_named(mod):
    with on(mod, "AF_NETLINK", 0) as sock:
        for call in (sock.connect, sock.connect_ex, lambda address: sock.sendto(b"", address)):
            with pytest.raises(TypeError) as caught:
                call(5)
            name = getattr(call, "__name__", "")
            name = "connect" if name == "connect" else name.replace("<lambda>", "sendto")
            assert str(caught.value) == f"{name}(): AF_NETLINK address must be tuple, not int"


# --- integers that do not fit: here rsock differs from the stdlib, which wraps ---

FIELDS = [
    ("AF_NETLINK", 0, (1, 2), {0: U32, 1: U32}),
    ("AF_VSOCK", 0, (1, 2), {0: U32, 1: U32}),
    ("AF_QIPCRTR", 0, (1, 2), {0: U32, 1: U32}),  # as OSError
    ("AF_TIPC", 0, (NAMESEQ, 1, 2, 3, 2), {1: U32, 2: U32, 3: U32}),
    ("AF_TIPC", 0, (NAME, 1, 2, 3, 2), {1: U32, 2: U32, 3: U32}),
    ("AF_TIPC", 0, (ID, 1, 2, 3, 2), {1: U32, 2: U32, 3: U32}),
    ("AF_PACKET", 0, ("lo", 1, 2, 3), {1: 65535, 2: 255, 3: 65535}),
    ("AF_CAN", ISOTP, ("lo", 1, 2), {1: U32, 2: U32}),
    ("AF_CAN", J1939, ("lo", 1, 2, 3), {1: 2**64 - 1, 2: U32, 3: 255}),
    ("AF_ALG", 0, ("hash", "sha1", 1, 2), {2: U32, 3: U32}),
    ("AF_BLUETOOTH", L2CAP, (DEVICE, 1, 2, 1), {1: 65535, 2: 65535, 3: 255}),
    ("AF_BLUETOOTH", RFCOMM, (DEVICE, 1), {1: 255}),
    ("AF_BLUETOOTH", HCI, (1, 2), {0: 65535, 1: 65535}),
]


@pytest.mark.parametrize(("name", "proto", "value", "index", "most"), [
    (name, proto, value, index, most)
    for name, proto, value, fields in FIELDS
    for index, most in fields.items()
])  # fmt: skip
def test_no_integer_wraps(mirrors, name, proto, value, index, most):
    family = getattr(socket, name, BLUETOOTH)

    def write(number):
        changed = (*value[:index], number, *value[index + 1 :])
        return mirrors["rsock"].write(family, proto, changed)

    assert isinstance(write(0), Written)
    assert isinstance(write(most), Written)
    wanted = {"OSError" if name == "AF_QIPCRTR" else "OverflowError"}
    for number in (-1, most + 1):
        assert write(number).kind in wanted
    if name == "AF_BLUETOOTH":
        wanted = {"OSError"}  # the stdlib's words for what is no C int
    for number in (2**64, 2**200, -(2**64)):
        assert write(number).kind in wanted


def test_a_tipc_scope_has_a_sign(mirrors):
    """A negative scope withdraws a name, so the byte holds -128 to 127."""
    for number in (-128, -3, 127):
        address = (NAMESEQ, 1, 2, 3, number)
        written, stock = (mirrors[name].write(socket.AF_TIPC, 0, address) for name in ("rsock", "socket"))
        assert written.raw == stock.raw
        assert written.back == address
    for number in (-129, 128, 2**64):
        address = (NAMESEQ, 1, 2, 3, number)
        assert mirrors["rsock"].write(socket.AF_TIPC, 0, address).kind == "OverflowError"


# --- what no kernel should send ---


@pytest.mark.parametrize(("name", "proto", "value"), [row[:3] for row in RIGHT + NEWER])
def test_a_cut_address_reads_as_if_zeroes_followed(mirrors, name, proto, value):
    family = getattr(socket, name, BLUETOOTH)
    raw = mirrors["rsock"].write(family, proto, value).raw
    for end in range(2, len(raw)):
        cut = mirrors["rsock"].read(family, proto, raw[:end])
        full = mirrors["rsock"].read(family, proto, raw[:end].ljust(len(raw), b"\0"))
        if name == "AF_PACKET":
            assert full[4].startswith(cut[4])
            cut, full = cut[:4], full[:4]
        if name == "AF_TIPC" and end == 2:
            cut, full = cut[0], full[0]
        assert cut == full


def test_a_hardware_address_ends_with_what_the_kernel_wrote(mirrors):
    head = struct.pack("=H2sIHBB", 17, b"\0\1", LO, 32, 0, 255)
    for length in range(32):
        wrote = bytes(range(length))
        back = mirrors["rsock"].read(socket.AF_PACKET, 0, head + wrote)
        assert back == ("lo", 1, 0, 32, wrote)


def test_an_interface_that_is_gone_has_no_name(mod, mirror):
    gone = 2**31 - 1
    raw = struct.pack("=H2sIHBB8x", 17, b"\0\1", gone, 0, 0, 0)
    assert mirror.read(mod.AF_PACKET, 0, raw) == ("", 1, 0, 0, b"")
    raw = struct.pack("=H2xI16x", 29, gone)
    assert mirror.read(mod.AF_CAN, RAW, raw) == ("",)


def test_an_unknown_kind_of_address_is_its_family_and_bytes(mirrors):
    for family, proto in ((socket.AF_TIPC, 0), (BLUETOOTH, 5), (99, 0)):
        raw = struct.pack("=H", family) + b"\x09bytes"
        assert mirrors["rsock"].read(family, proto, raw) == (family, b"\x09bytes")


EVERY = [
    ("AF_NETLINK", 0), ("AF_VSOCK", 0), ("AF_QIPCRTR", 0), ("AF_RDS", 0), ("AF_TIPC", 0),
    ("AF_PACKET", 0), ("AF_CAN", RAW), ("AF_CAN", ISOTP), ("AF_CAN", J1939), ("AF_ALG", 0),
]  # fmt: skip
COMMON = [("AF_INET", 0), ("AF_INET6", 0), ("AF_UNIX", 0), ("AF_CAN", BCM)]
EVERY_BLUETOOTH = [("AF_BLUETOOTH", proto) for proto in (L2CAP, HCI, SCO, RFCOMM)]


@given(raw=st.binary(max_size=130), which=st.sampled_from(EVERY + COMMON + EVERY_BLUETOOTH))
def test_no_bytes_of_the_kernel_are_an_error(mirrors, raw, which):
    family = getattr(socket, which[0], BLUETOOTH)
    back = mirrors["rsock"].read(family, which[1], struct.pack("=H", family) + raw)
    assert not isinstance(back, Failed)


@pytest.mark.parametrize(("name", "proto"), EVERY + COMMON + EVERY_BLUETOOTH)
@pytest.mark.parametrize("fill", [b"\xff", b"\x01"])
def test_an_address_may_end_anywhere(mirrors, name, proto, fill):
    family = struct.pack("=H", getattr(socket, name, BLUETOOTH))
    assert mirrors["rsock"].read(getattr(socket, name, BLUETOOTH), proto, b"") is None
    for length in range(1, 129):
        raw = (family + fill * 126)[:length]
        back = mirrors["rsock"].read(getattr(socket, name, BLUETOOTH), proto, raw)
        assert isinstance(back, (tuple, str, bytes, int))  # an int is a Bluetooth device
        assert not isinstance(back, Failed)


# --- both modules on whatever hypothesis thinks of ---

SIZES = {
    "AF_NETLINK": 12, "AF_VSOCK": 16, "AF_QIPCRTR": 12, "AF_RDS": 16, "AF_TIPC": 16,
    "AF_PACKET": 20, "AF_CAN": 24, "AF_ALG": 88, "AF_INET": 16, "AF_INET6": 28,
}  # fmt: skip


@given(data=st.data(), which=st.sampled_from(EVERY + COMMON))
def test_both_read_the_same(mirrors, data, which):
    name, proto = which
    # a path is as long as it is, and without NUL at its room's end the stdlib reads on
    least, most = (0, 107) if name == "AF_UNIX" else (SIZES[name] - 2, SIZES[name] - 2)
    raw = data.draw(st.binary(min_size=least, max_size=most))
    if name == "AF_TIPC":
        assume(raw[0] in (NAMESEQ, NAME, ID) and raw[1] < 128)  # else the stdlib raises
    if name == "AF_PACKET":
        assume(raw[9] <= 8)  # else the stdlib reads past the address
    if name == "AF_ALG":
        assume(raw.isascii() and raw[-1] == raw[13] == 0)  # else the stdlib raises
    family = getattr(socket, name)
    raw = struct.pack("=H", socket.AF_INET if name == "AF_RDS" else family) + raw
    ours = mirrors["rsock"].read(family, proto, raw)
    assert ours == mirrors["socket"].read(family, proto, raw)


SMALL = st.integers(0, 127)
ANYTHING = st.one_of(
    SMALL, st.none(), st.booleans(), st.floats(allow_nan=False), st.binary(max_size=12),
    st.text(max_size=20), st.sampled_from(["lo", "", "no such", "\udc80", "a\0b", "x" * 70]),
)  # fmt: skip
TUPLES = st.lists(ANYTHING, max_size=6).map(tuple)
SENSIBLE = st.tuples(st.sampled_from(["lo", ""]), SMALL, SMALL, SMALL)
NUMBERS = st.lists(SMALL, max_size=6).map(tuple)


@given(value=st.one_of(TUPLES, SENSIBLE, NUMBERS), which=st.sampled_from(EVERY))
def test_both_write_the_same_or_say_the_same(mirrors, value, which):
    name, proto = which
    if name == "AF_RDS":
        assume(not value or not isinstance(value[0], (str, bytes)))  # no resolver here
    family = getattr(socket, name)
    theirs = mirrors["socket"].write(family, proto, value)
    ours = mirrors["rsock"].write(family, proto, value)
    if isinstance(theirs, Failed):
        assert ours == theirs
    else:
        assert ours.back == theirs.back
        assert len(ours.raw) == len(theirs.raw)


PORTS = st.one_of(SMALL, st.integers(-2, 65538))
FLOWS = st.one_of(SMALL, st.integers(-2, 2**20 + 2))
HOSTS4 = st.ip_addresses(v=4).map(str)
HOSTS6 = st.one_of(st.ip_addresses(v=6).map(str), st.just("::ffff:1.2.3.4"))
INTERNET = st.one_of(
    st.tuples(st.sampled_from(["AF_INET", "AF_RDS"]), st.tuples(HOSTS4, PORTS)),
    st.tuples(
        st.just("AF_INET6"),
        st.one_of(
            st.tuples(HOSTS6, PORTS),
            st.tuples(HOSTS6, PORTS, FLOWS),
            st.tuples(st.one_of(HOSTS6, st.just("fe80::1%lo")), PORTS, FLOWS, st.integers(0, U32)),
        ),
    ),
)
PATHS = st.one_of(
    st.text(max_size=112),
    st.binary(max_size=112),
    st.binary(max_size=112).map(bytearray),
    st.binary(max_size=111).map(lambda name: b"\0" + name),
    st.integers(105, 110).map(lambda size: "x" * size),
)


@given(chosen=st.one_of(INTERNET, st.tuples(st.just("AF_UNIX"), PATHS)))
def test_both_write_common_addresses_the_same(mirrors, chosen):
    name, value = chosen
    family = getattr(socket, name)
    ours, theirs = (mirrors[module].write(family, 0, value) for module in ("rsock", "socket"))
    if isinstance(theirs, Failed):
        assert ours == theirs
    else:
        assert ours.back == theirs.back
        if name == "AF_UNIX":  # whether a path's length has its NUL is the same to the kernel
            assert ours.raw == theirs.raw[: len(ours.raw)]
            assert theirs.raw[len(ours.raw) :] in (b"", b"\0")
        else:
            assert len(ours.raw) == len(theirs.raw)


# --- the families that most kernels have ---


@pytest.mark.needs("netlink")
def test_netlink_names_the_socket_and_the_kernel(mod):
    with mod.socket(mod.AF_NETLINK, mod.SOCK_RAW, 0) as sock:
        sock.settimeout(20)
        sock.bind((0, 0))
        pid, groups = sock.getsockname()
        assert pid != 0
        assert groups == 0
        getlink, request, dump = 18, 0x1, 0x300
        body = struct.pack("=BxHiII", 0, 0, 0, 0, 0)
        head = struct.pack("=IHHII", 16 + len(body), getlink, request | dump, 1, 0)
        assert sock.sendto(head + body, (0, 0)) == 16 + len(body)
        answer, sender = sock.recvfrom(65536)
        assert sender == (0, 0)
        assert struct.unpack_from("=I", answer, 12) == (pid,)
        assert b"lo\0" in answer


@pytest.mark.needs("packet")
def test_packet_names_interface_and_kind_of_a_frame(mod):
    experimental = 0x88B5
    with (
        mod.socket(mod.AF_PACKET, mod.SOCK_DGRAM, 0) as receiver,
        mod.socket(mod.AF_PACKET, mod.SOCK_DGRAM, 0) as sender,
    ):
        receiver.settimeout(20)
        receiver.bind(("lo", experimental))
        loopback = 772
        nowhere = bytes(6)
        assert receiver.getsockname() == ("lo", experimental, 0, loopback, nowhere)
        sender.sendto(b"frame", ("lo", experimental, 0, 0, nowhere))
        data, address = receiver.recvfrom(100)
        assert data == b"frame"
        assert address[:2] == ("lo", experimental)
        assert address[2] in (mod.PACKET_OUTGOING, mod.PACKET_HOST)
        assert address[3:] == (loopback, nowhere)


@pytest.mark.needs("vsock")
def test_vsock_gives_a_port(mod):
    with mod.socket(mod.AF_VSOCK, mod.SOCK_STREAM) as sock:
        sock.bind((mod.VMADDR_CID_ANY, mod.VMADDR_PORT_ANY))
        cid, port = sock.getsockname()
        assert cid == mod.VMADDR_CID_ANY
        assert port != mod.VMADDR_PORT_ANY
