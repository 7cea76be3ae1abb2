"""What fuzzers call with: plain values at the edges of every type, and what is public to be called."""

from __future__ import annotations

import array
import contextlib

INTS = [0, 1, -1, 2, 3, 7, 10, 17, 63, 64, 80, 127, 128, 255, 256, 1023, 1024, 1025, 65535, 65536, 2**31 - 1, 2**31]
INTS += [2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64, -(2**31), -(2**31) - 1, -(2**63), -(2**64), 10**40]
FLOATS = [0.0, -0.0, 0.5, 1e-9, 1e-12, 1e10, 1e300, -1.0, float("inf"), float("-inf"), float("nan")]
TEXTS = [
    "",
    "a\0b",
    "\0",
    "127.0.0.1",
    "0",
    "1.2.3",
    "0x7f.1",
    "::1",
    "fe80::1%lo",
    "::ffff:1.2.3.4",
    "1.2.3.4 x",
    "lo",
]
TEXTS += [
    "\ud800",
    "\u00e9" * 300,
    "x" * 300,
    "80",
    "http",
    "tcp",
    "udp",
    "-1",
    "65536",
    "<broadcast>",
    "0.0.0.0",
    "..",
    ".",
]
BYTES = [b"", b"a", b"\0", b"\0abstract", b"127.0.0.1", b"x" * 4, b"x" * 16, b"x" * 109, b"x" * 300, b"\xff\xfe"]
ADDRESSES = [
    ("127.0.0.1", 1),
    ("127.0.0.1", -1),
    ("::1", 1),
    ("::1", 1, 2, 3),
    ("::1", 1, -2, 3),
    ("", 0),
    (1, 2),
    (),
    ("a",),
]
ADDRESSES += [
    ("127.0.0.1", "1"),
    (b"127.0.0.1", 1),
    (bytearray(b"127.0.0.1"), 1),
    ("127.0.0.1", 1, 2),
    ("127.0.0.1", 1.5),
]
ADDRESSES += [(None, 1), ("127.0.0.1", None), ["127.0.0.1", 1], ("lo", 3), (0, 0), ("::1", 2**40, 0, 0), ("::1%lo", 1)]
OTHERS = [
    None,
    True,
    False,
    Ellipsis,
    [],
    {},
    set(),
    [b"a", b"b"],
    [bytearray(4)],
    [(1, 1, b"abcd")],
    [(1, 1)],
    (1, 2, 3),
]
OTHERS += [[None], [1], "abc", 1j, int, range(3), {1: 2}, ((1, 1, b""),)]

# Not for fuzzers: they change the machine, or take numbers away from the process.
DANGEROUS = {"sethostname", "close", "setdefaulttimeout", "install", "uninstall", "fromshare", "CAPI", "main"}
RESOLVING = {"getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getfqdn", "getnameinfo"}
CONNECTING = {"create_connection", "create_server", "connect", "connect_ex", "bind", "sendto", "sendmsg"}
LITERAL = {
    "",
    "127.0.0.1",
    "0",
    "1.2.3",
    "0x7f.1",
    "::1",
    "::ffff:1.2.3.4",
    "0.0.0.0",
    "<broadcast>",
    "\ud800",
    "x" * 300,
}


def plain(rng):
    """Return a value."""
    pool = rng.choice([INTS, INTS, FLOATS, TEXTS, BYTES, ADDRESSES, OTHERS])
    value = rng.choice(pool)
    if isinstance(value, bytes) and rng.random() < 0.4:
        value = rng.choice([bytearray, memoryview, lambda data: array.array("b", data)])(value)
    return value


def sane(rng, name):
    """Return arguments that a function might well be called with."""
    sizes = [0, 1, 10, 1000, 70000]
    flags = [0, 0x40, 2, 0x20, 0x2000, 0x8000, 1 << 25]
    data = [b"x" * 10, bytearray(100), memoryview(bytearray(50)), b"", b"x" * 70000]
    first = {
        "recv": sizes,
        "recvfrom": sizes,
        "recvmsg": sizes,
        "send": data,
        "sendall": data,
        "sendto": data,
        "recv_into": data,
        "recvfrom_into": data,
        "sendmsg": [[b"a", bytearray(10)], [], [b"x" * 70000]],
        "recvmsg_into": [[bytearray(5), bytearray(6)], [bytearray(0)], []],
        "settimeout": [0, 0.001, None],
        "inet_aton": TEXTS,
        "inet_ntoa": BYTES,
    }
    return [rng.choice(first.get(name, INTS)), rng.choice(flags + sizes), rng.choice(flags + ADDRESSES)][
        : rng.randrange(1, 4)
    ]


def functions(module):
    """Return the names of the module's functions."""
    names = [name for name in dir(module) if not name.startswith("__") and callable(getattr(module, name))]
    kept = []
    for name in names:
        value = getattr(module, name)
        if (
            name in DANGEROUS
            or isinstance(value, type)
            or name.startswith("_")
            or (name[0].isupper() and name[1].islower())
        ):
            continue
        kept.append(name)
    return kept


def methods(kind):
    """Return the names of a class's methods."""
    names = [name for name in dir(kind) if not name.startswith("__") and callable(getattr(kind, name))]
    return [name for name in names if name not in {"share", "ioctl"}]


def pair(module, rng):
    """Return two connected sockets that never wait for long."""
    kind = rng.choice(["stream", "dgram", "tcp", "udp"])
    if kind == "tcp":
        with module.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            one = module.socket()
            one.connect(server.getsockname())
            other, _ = server.accept()
    elif kind == "udp":
        one, other = (module.socket(module.AF_INET, module.SOCK_DGRAM) for _ in range(2))
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        one.connect(other.getsockname())
        other.connect(one.getsockname())
    else:
        one, other = module.socketpair(module.AF_UNIX, module.SOCK_STREAM if kind == "stream" else module.SOCK_DGRAM)
    for sock in (one, other):
        sock.settimeout(0.001)
    with contextlib.suppress(OSError):
        other.send(b"something")
    return one, other


def may_resolve(arguments, isolated):
    """Return whether a call with these stays on this machine."""
    if isolated:
        return True
    return all(
        not isinstance(one, str) or one in LITERAL
        for value in arguments
        for one in (value if isinstance(value, tuple) else [value])
    )
