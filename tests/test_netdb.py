"""Lookups of hosts, services and protocols: as the stdlib's, argument by argument.

Follows: getaddrinfo(3), getnameinfo(3), gethostbyname(3), getservent(3). No lookup here leaves the machine: names
are those of the hosts file, the rest is literals and `AI_NUMERICHOST`. What a name server says is asked of
one that runs in a namespace of its own (`nameserver.py`).
"""

from __future__ import annotations

import _socket
import itertools
import sys
import time
from pathlib import Path as File

import pytest
import rsock
import rsock._rsock
from children import run_python
from outcomes import INTS, ODDITIES, Index, Number, Path, Text, public_same, same

HERE = File(__file__).parent
NUMERIC = _socket.AI_NUMERICHOST
FAMILIES = [_socket.AF_UNSPEC, _socket.AF_INET, _socket.AF_INET6]
LITERALS = [
    "127.0.0.1", b"127.0.0.1", "::1", b"::1", Text("1.2.3.4"), Text("::1"), "0.0.0.0", "255.255.255.255", "1", "0x7f.1",
    "1.2.3.4 ", "::ffff:1.2.3.4", "::1.2.3.4", "2001:DB8::1", "::1%1", "::1%lo", "fe80::1%lo", "fe80::1%1", "fe80::1%01",
    "fe80::1%0", "fe80::1%", "fe80::1%nosuch", "fe80::1%4294967295", "fe80::1%4294967296", "fe80::1%-1", "fe80::1%1x",
    "ff02::1%lo", "ff05::1%lo", "2001:db8::1%1", "2001:db8::1%lo", "\uff11.\uff12.\uff13.\uff14", "::\uff11", "\uff11",
]  # fmt: skip
NO_LITERALS = [
    "", b"", "localhost", "<broadcast>", "a b", ".", "a..b", ".a", "a.", "a" * 63, "a" * 64, "é" * 64, "é", "é..b",
    "\udc80", b"\xff", "fe80::1%é", bytearray(b"127.0.0.1"), memoryview(b"127.0.0.1"), 1, 1.0, (), None,
]  # fmt: skip
PORTS = [
    None, "80", "", b"80", b"", "http", b"http", "HTTP", "domain", "no such", "65535", "65536", "-1", " 80", "80 ", "+80",
    "0x50", "00080", "000000080", "8_0", "é", "\udc80", b"\xff", "99999999999999999999", bytearray(b"80"), Text("80"),
    Number(80), Index(80), True, 1.0, memoryview(b"80"), (),
]  # fmt: skip
# 2,048 and more make glibc reject the flags; what 0x40 and above mean is its own affair.
FLAGS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x40, 0x80, 0x400, 0x401, 0x404, 0x405, 0x800, 0x1000, -1]
LONG = ["a." * 126 + "bc", "a." * 10**5, "é" * 255, "é" * 10**6, "\udc80" * 10**6, "é." * 10**5]
LONG_LABELS = ["a" * 254, "1" * 254, "a" * 10**6, "a." * 10**5 + "a" * 64, "a" * 64 + ".a" * 10**5, "a\0" * 200]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("host", [*LITERALS, *NO_LITERALS], ids=repr)
def test_host_is_taken_as_stock_takes_it(host, family):
    same("getaddrinfo", host, 80, family, 1, 0, NUMERIC)
    public_same("getaddrinfo", host, 80, family, 1, 0, NUMERIC)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", None])
@pytest.mark.parametrize("port", [*PORTS, *INTS], ids=repr)
def test_port_is_taken_as_stock_takes_it(host, port):
    same("getaddrinfo", host, port, 0, 0, 0, NUMERIC)
    same("getaddrinfo", host, port, 0, 1, 0, NUMERIC)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4, 5, 6, 10, -1])
@pytest.mark.parametrize("proto", [0, 1, 6, 17, 33, 58, 132, 136, 255, -1])
def test_types_and_protocols_are_those_of_stock(host, kind, proto):
    for family, port in itertools.product(FAMILIES, [None, 80, "80", "http"]):
        same("getaddrinfo", host, port, family, kind, proto)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", None, "1.2.3.4", "localhost"])
@pytest.mark.parametrize("flags", FLAGS)
def test_flags_mean_what_they_mean_in_stock(host, flags):
    if host == "localhost":
        flags |= NUMERIC
    for family, port in itertools.product(FAMILIES, [80, "80", "http", None]):
        same("getaddrinfo", host, port, family, 1, 0, flags)
        public_same("getaddrinfo", host, port, family, 0, 0, flags)


@pytest.mark.parametrize("place", range(2, 6))
@pytest.mark.parametrize("value", [*INTS, *ODDITIES], ids=repr)
def test_numbers_of_a_lookup_are_taken_as_stock_takes_them(place, value):
    args = ["127.0.0.1", 80, 2, 1, 0, NUMERIC]
    args[place] = value
    same("getaddrinfo", *args)


CALLS = [
    ((), {}), ((1,), {}), (("1.2.3.4", 1, 2, 1, 0, 0, 6), {}), ((), {"host": "1.2.3.4", "port": 1, "type": 1}),
    (("1.2.3.4",), {"port": 1, "host": "x"}), (("1.2.3.4", 1), {"bad": 2}), ((), {"host": "1.2.3.4"}), ((), {"port": 1}),
    (("1.2.3.4", 1, 2, 1, 0, 0), {"flags": 0}), (("1.2.3.4", 1, 2, 1, 0, 0, 0), {"flags": 0}),
    (("1.2.3.4", 1), {"flags": 4, "proto": 6, "family": 2}), (("1.2.3.4", 1), {"kind": 1, "flags": 4}),
]  # fmt: skip


@pytest.mark.parametrize(("args", "keywords"), CALLS, ids=repr)
def test_forms_of_a_lookup_are_those_of_stock(args, keywords):
    same("getaddrinfo", *args, **keywords)
    public_same("getaddrinfo", *args, **keywords)


def test_lookup_of_the_loopback_gives_enum_members(mod):
    [(family, kind, proto, name, address)] = mod.getaddrinfo("127.0.0.1", 80, type=mod.SOCK_STREAM)
    assert family is mod.AddressFamily.AF_INET
    assert kind is mod.SocketKind.SOCK_STREAM
    assert (proto, name, address) == (6, "", ("127.0.0.1", 80))
    assert mod.getaddrinfo("localhost", 80, mod.AF_INET, mod.SOCK_STREAM) == [(family, kind, proto, name, address)]


@pytest.mark.parametrize("host", LONG, ids=lambda host: f"{host[:2]!a}x{len(host)}")
def test_long_name_is_refused_at_once(host):
    for call in (
        lambda: rsock.getaddrinfo(host, 80),
        lambda: rsock.gethostbyname(host),
        lambda: rsock.gethostbyaddr(host),
        lambda: rsock.gethostbyname_ex(host),
    ):
        began = time.perf_counter()
        with pytest.raises(rsock.gaierror) as caught:
            call()
        assert time.perf_counter() - began < 0.5
        assert caught.value.args == (rsock.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("host", LONG_LABELS, ids=lambda host: f"{host[:2]!a}x{len(host)}")
def test_long_name_of_a_long_label_is_the_codecs_to_refuse(host, mod):
    for call in (
        lambda: mod.getaddrinfo(host, 80),
        lambda: mod.gethostbyname(host),
        lambda: mod.gethostbyaddr(host),
        lambda: mod.gethostbyname_ex(host),
    ):
        began = time.perf_counter()
        with pytest.raises(UnicodeError, match="label"):
            call()
        assert time.perf_counter() - began < 0.5


def test_long_name_of_an_address_is_refused_at_once():
    with rsock.socket(rsock.AF_INET, rsock.SOCK_DGRAM) as sock:
        for host in (*LONG, "a" * 10**6, b"a" * 254, bytearray(10**6).replace(b"\0", b"a")):
            with pytest.raises(rsock.gaierror):
                sock.bind((host, 0))


def test_longest_name_is_looked_up(mod):
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
    for host in (longest, longest + "."):
        with pytest.raises(mod.gaierror):
            mod.getaddrinfo(host, 80, flags=NUMERIC)


@pytest.mark.parametrize("host", ["1.2.3.4\0x", "\0", b"localhost\0", "é\0", "a..b\0c"])
def test_name_with_nul_is_refused_and_not_cut(host):
    with pytest.raises((rsock.gaierror, UnicodeError)):
        rsock.getaddrinfo(host, 80, flags=NUMERIC)
    for name in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
        same(name, host)


@pytest.mark.parametrize("port", ["80\0", b"http\0x", "\0"])
def test_service_with_nul_is_refused_and_not_cut(port):
    with pytest.raises(rsock.gaierror) as caught:
        rsock.getaddrinfo("127.0.0.1", port)
    assert caught.value.errno == rsock.EAI_SERVICE


def test_plain_names_do_not_need_the_idna_codec():
    run_python(
        """
        import sys
        sys.modules["encodings.idna"] = None
        import rsock
        assert rsock.getaddrinfo("127.0.0.1", 80)
        assert rsock.getaddrinfo("fe80::1%1", 80)
        assert rsock.gethostbyname("localhost") == "127.0.0.1"
        with rsock.socket(rsock.AF_INET, rsock.SOCK_DGRAM) as sock:
            sock.bind(("localhost", 0))
        try:
            "x.y".encode("idna")
        except LookupError:
            pass
        else:
            raise SystemExit("the codec is there")
        """
    )


HOSTS = [
    "127.0.0.1", "localhost", "LOCALHOST", "", "<broadcast>", "1", "0x7f.1", "1.2.3.4 ", b"127.0.0.1", b"localhost",
    bytearray(b"localhost"), None, 1, 1.0, memoryview(b"1"), "a" * 64, "a..b", ".", "\udc80", "255.255.255.255", "0.0.0.0",
    "\uff11", Text("127.0.0.1"), b"", "::1", "fe80::1%lo", "a\0b", b"a\0b", bytearray(b"a\0b"),
]  # fmt: skip
# Those that the older database would ask a name server about, or whose h_errno stock does not set.
ASKED = {"0x7f.1", "<broadcast>", "", b""}
REVERSE = ["127.0.0.1", "localhost", b"127.0.0.1", bytearray(b"127.0.0.1"), "", b"", "0x7f.1", "1.2.3.4 ", None, 1]


@pytest.mark.parametrize("host", HOSTS, ids=repr)
def test_gethostbyname_is_that_of_stock(host):
    same("gethostbyname", host)


@pytest.mark.parametrize("host", [host for host in HOSTS if isinstance(host, bytearray) or host not in ASKED], ids=repr)
def test_gethostbyname_ex_is_that_of_stock(host):
    same("gethostbyname_ex", host)


@pytest.mark.parametrize("host", [*REVERSE, "a\0b", "a..b", "\udc80", 1.0, memoryview(b"1")], ids=repr)
def test_gethostbyaddr_is_that_of_stock(host):
    same("gethostbyaddr", host)


@pytest.mark.parametrize(
    "name", ["gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getprotobyname", "sethostname"]
)
def test_function_of_one_argument_counts_as_stock_counts(name):
    same(name)
    same(name, "x", "y")
    same(name, name="x")


SOCKADDRS = [
    ("127.0.0.1", 80), ("127.0.0.1", -1), ("127.0.0.1", 65535), ("127.0.0.1", 65536), ("127.0.0.1", 2**31),
    ("127.0.0.1", 2**64), ("::1", 80), ("::1", 80, 0), ("::1", 80, 0, 0), ("::1", 80, 0, 1), ("::1", 80, 0, 0, 0),
    ("fe80::1%lo", 80), ("fe80::1", 80, 0, 1), ("fe80::1", 80, 0, 77), ("127.0.0.1", 80, 0), ("127.0.0.1", 80, 0, 0),
    ("::1", 80, -1), ("::1", 80, 2**20), ("::1", 80, 2**20 - 1), ("::1", 80, 2**32), ("::1", 80, 0, -1),
    ("::1", 80, 0, 2**32), ("::1", 80, 0, 2**63), ("::1", 80, 0, 2**64 + 7), ("::1", 80, 0, -(2**80)), ("::1", 80, "x"),
    (1, 2), (b"127.0.0.1", 80), (None, 80), ("", 80), ("localhost", 80), ("127.0.0.1",), (), ["127.0.0.1", 80], "x", None,
    ("127.0.0.1", None), ("127.0.0.1", "80"), ("127.0.0.1", 1.0), ("127.0.0.1", True), ("é", 80), ("a" * 10**5, 80),
    ("127.0.0.1\0", 80), ("\udc80", 80), ("1", 80), ("::ffff:1.2.3.4", 80), ("127.0.0.1 ", 80), (Text("127.0.0.1"), 80),
    ("2001:DB8:0:0::1", 80), ("127.0.0.1", Index(53)), ("::1", 80, Index(5), Index(6)), ("::1", 80, 1.0),
]  # fmt: skip


@pytest.mark.parametrize("sockaddr", SOCKADDRS, ids=lambda sockaddr: repr(sockaddr)[:40])
@pytest.mark.parametrize("flags", [1, 3, 1 | 16, 3 | 16, 3 | 8, 3 | 4, 1 | 0x80, -1])
def test_getnameinfo_is_that_of_stock(sockaddr, flags):
    same("getnameinfo", sockaddr, flags)


def test_forms_of_getnameinfo_are_those_of_stock():
    loopback = ("127.0.0.1", 80)
    same("getnameinfo", loopback, 0)
    same("getnameinfo", loopback, 2)
    for flags in (2**31, 2**64, "x", None, 1.0, Index(3)):
        same("getnameinfo", loopback, flags)
        same("getnameinfo", 1, flags)
    for args in ((), (loopback,), (loopback, 0, 0)):
        same("getnameinfo", *args)
    same("getnameinfo", sockaddr=loopback, flags=0)


SERVICES = [
    "http",
    "www",
    "domain",
    "nosuch",
    "",
    "HTTP",
    "80",
    "http\0",
    "é",
    "\udc80",
    b"http",
    None,
    1,
    Text("http"),
]


@pytest.mark.thread_unsafe(reason="the stdlib's own look-up shares its answer among threads")
@pytest.mark.parametrize("proto", ["tcp", "udp", "xx", "tcp\0", "", None, 1, b"tcp"], ids=repr)
@pytest.mark.parametrize("name", [*SERVICES, 53, 65535, Index(80)], ids=repr)
def test_services_are_those_of_stock(name, proto):
    for function in ("getservbyname", "getservbyport"):
        same(function, name)
        same(function, name, proto)


@pytest.mark.thread_unsafe(reason="the stdlib's own look-up shares its answer among threads")
@pytest.mark.parametrize("port", [*INTS, *ODDITIES, 53, 80], ids=repr)
def test_ports_of_services_are_those_of_stock(port):
    same("getservbyport", port)
    same("getservbyport", port, "tcp")
    same("getservbyport", port, 1)


def test_forms_of_the_service_functions_are_those_of_stock():
    for function in ("getservbyname", "getservbyport"):
        same(function)
        same(function, 80, "tcp", 1)
        same(function, port=80)


@pytest.mark.thread_unsafe(reason="the stdlib's own look-up shares its answer among threads")
@pytest.mark.parametrize(
    "name", ["tcp", "TCP", "icmp", "ipv6-icmp", "nosuch", "", "6", "tcp\0", "\udc80", b"tcp", None, 1]
)
def test_protocols_are_those_of_stock(name):
    same("getprotobyname", name)


def test_own_name_is_that_of_stock(mod):
    assert mod.gethostname() == _socket.gethostname()
    same("gethostname", 1)
    same("gethostname", x=1)


def test_name_that_is_none_cannot_be_set():
    for name in (1, None, "a\0b", bytearray(b"x"), memoryview(b"x"), Path(1), Path("a\0b"), Index(1), OSError):
        same("sethostname", name)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("getaddrinfo", ("127.0.0.1", "80", Index(2), 1)),
        ("getaddrinfo", (b"127.0.0.1", 80)),
        ("getaddrinfo", (None, 80, 0, 1, 0, NUMERIC)),
        ("getaddrinfo", (1, 1)),
        ("getaddrinfo", ("1.2.3.4", 1.0)),
        ("getnameinfo", (("127.0.0.1", 80), 3)),
        ("getnameinfo", (("::1", 80, 2**20), 3)),
        ("getnameinfo", (("localhost", 80, 0), 3)),
        ("gethostbyname", ("127.0.0.1",)),
        ("gethostbyname", (bytearray(b"127.0.0.1"),)),
        ("gethostbyname_ex", ("\uff11.0.0.1",)),
        ("gethostbyaddr", (b"127.0.0.1",)),
        ("getservbyname", ("http",)),
        ("getservbyname", ("http", "tcp")),
        ("getservbyport", (Index(80),)),
        ("getservbyport", (80, "tcp")),
        ("getservbyport", (65536,)),
        ("getprotobyname", ("tcp",)),
        ("gethostname", ()),
        ("sethostname", (Path("no\udc80" + "x" * 500),)),
        ("if_nametoindex", ("lo",)),
        ("if_nameindex", ()),
        ("if_indextoname", (1,)),
    ],
    ids=repr,
)
def test_audit_events_are_those_of_stock(name, args):
    code = """
        import sys
        sys.path.insert(0, {folder!r})
        from outcomes import Index, Path, outcome
        import {module} as module
        events = []
        sys.addaudithook(lambda event, args: event.startswith("socket.") and events.append((event, args)))
        call = getattr(module, {name!r})
        end = outcome(call, *{args!r})
        seen = list(events)
        def veto(event, args):
            if event.startswith("socket."):
                raise PermissionError(event)
        sys.addaudithook(veto)
        print(ascii([seen, end, outcome(call, *{args!r})]))
    """
    stock, ours = (
        run_python(code.format(folder=str(HERE), module=module, name=name, args=args))
        for module in ("_socket", "rsock._rsock")
    )
    assert ours == stock


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("inet_aton", ()), ("inet_pton", (2,)), ("inet_ntoa", ()), ("inet_ntop", (2,)), ("htons", ()), ("htonl", ()),
        ("CMSG_LEN", ()), ("getaddrinfo", ("127.0.0.1",)), ("gethostbyname", ()), ("gethostbyaddr", ()),
        ("getnameinfo", ()), ("getservbyname", ()), ("getservbyport", (80,)), ("getprotobyname", ()), ("sethostname", ()),
        ("if_nametoindex", ()), ("if_indextoname", ()),
    ],
)  # fmt: skip
def test_refused_argument_is_let_go_at_once(mod, name, before):
    class Refused:
        pass

    value = Refused()
    function = getattr(mod, name)
    counts = []
    for _ in range(3):
        with pytest.raises((TypeError, OSError)):
            function(*before, value)
        counts.append((sys.getrefcount(value), sys.getrefcount(Refused)))
    assert counts[0] == counts[2]
