"""The per-call benchmark's cases: what is set up, what is timed, what it must give.

A case is one line of Python that is repeated, and one that must be true first. It knows
nothing of clocks, nor of which module it gets. `bare` names the same work as system calls.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

Names = dict[str, Any]


@dataclass(frozen=True)
class Case:
    key: str
    title: str
    setup: Callable[[ModuleType], Names]
    body: str
    """The timed statements; they see the names that `setup` returned as locals."""
    check: str
    """An expression that must be true before the body is timed, and after."""
    bare: str | None = None
    batch: int | None = None
    """A fixed number of repetitions a round, where the case cannot take any number."""
    after: str = "pass"
    """Statements after each round, outside the timing."""


def pair(mod: ModuleType, timeout: float | None = None, size: int = 1) -> Names:
    left, right = mod.socketpair()
    left.settimeout(timeout)
    right.settimeout(timeout)
    return {
        "left": left,
        "right": right,
        "send": left.send,
        "recv": right.recv,
        "data": b"x" * size,
        "buffer": bytearray(size),
        "recv_into": right.recv_into,
        "sendmsg": left.sendmsg,
        "recvmsg": right.recvmsg,
        "parts": [b"x" * size],
    }


def beside_a_thread(mod: ModuleType) -> Names:
    """Once a process has had a second thread, the C library reckons with more."""
    threading.Thread(target=int).start()
    return pair(mod)


def nonblocking(mod: ModuleType) -> Names:
    return pair(mod, 0)


def with_timeout(mod: ModuleType) -> Names:
    return pair(mod, 5)


def big_pair(mod: ModuleType) -> Names:
    return pair(mod, size=65536)


def small_message(mod: ModuleType) -> Names:
    return pair(mod, size=64)


def lines(mod: ModuleType) -> Names:
    names = pair(mod)
    names["line"] = b"x" * 63 + b"\n"
    names["file"] = names["right"].makefile("rb")
    names["readline"] = names["file"].readline
    return names


def empty(mod: ModuleType) -> Names:
    names = pair(mod, 0)
    names["attempt"] = _attempt
    return names


def _attempt(recv: Callable[[int], bytes]) -> bool:
    try:
        recv(1)
    except BlockingIOError:
        return True
    return False


def listening(mod: ModuleType) -> Names:
    listener = mod.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    return {
        "listener": listener,
        "address": listener.getsockname(),
        "accept": listener.accept,
        "create": mod.create_connection,
        "socket": mod.socket,
        "drain": _drain,
    }


def _drain(listener: Any) -> None:
    """Takes what waits in the backlog, so that it never fills."""
    listener.setblocking(False)
    try:
        while True:
            listener.accept()[0].close()
    except BlockingIOError:
        listener.setblocking(True)


def tcp(mod: ModuleType, size: int = 1) -> Names:
    with mod.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        left = mod.create_connection(listener.getsockname())
        right, _ = listener.accept()
    left.setsockopt(mod.IPPROTO_TCP, mod.TCP_NODELAY, 1)
    return {
        "left": left,
        "right": right,
        "send": left.send,
        "sendall": left.sendall,
        "recv": right.recv,
        "data": b"x" * size,
        "take": _take,
    }


def big_tcp(mod: ModuleType) -> Names:
    return tcp(mod, 16384)


def _take(recv: Callable[[int], bytes], size: int) -> bytes:
    got = recv(size)
    while len(got) < size:
        got += recv(size - len(got))
    return got


def udp(mod: ModuleType) -> Names:
    left = mod.socket(mod.AF_INET, mod.SOCK_DGRAM)
    right = mod.socket(mod.AF_INET, mod.SOCK_DGRAM)
    left.bind(("127.0.0.1", 0))
    right.bind(("127.0.0.1", 0))
    return {
        "left": left,
        "right": right,
        "sendto": left.sendto,
        "recvfrom": right.recvfrom,
        "to": right.getsockname(),
        "origin": left.getsockname(),
        "data": b"x",
    }


def udp_peers(mod: ModuleType) -> Names:
    names = udp(mod)
    names["sock"] = other = mod.socket(mod.AF_INET, mod.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0))
    names["send_other"] = other.sendto
    names["other_origin"] = other.getsockname()
    return names


def one_socket(mod: ModuleType) -> Names:
    sock = mod.socket(mod.AF_INET, mod.SOCK_STREAM)
    sock.bind(("127.0.0.1", 0))
    sock.setsockopt(mod.SOL_SOCKET, mod.SO_REUSEADDR, 1)
    return {
        "sock": sock,
        "getsockname": sock.getsockname,
        "setsockopt": sock.setsockopt,
        "getsockopt": sock.getsockopt,
        "fileno": sock.fileno,
        "gettimeout": sock.gettimeout,
        "settimeout": sock.settimeout,
        "level": mod.SOL_SOCKET,
        "option": mod.SO_REUSEADDR,
        "inet": mod.AF_INET,
        "stream": mod.SOCK_STREAM,
    }


def passing(mod: ModuleType) -> Names:
    return pair(mod) | {"send_fds": mod.send_fds, "recv_fds": mod.recv_fds, "close": os.close}


def functions(mod: ModuleType) -> Names:
    return {
        "socket": mod.socket,
        "socketpair": mod.socketpair,
        "getaddrinfo": mod.getaddrinfo,
        "inet_aton": mod.inet_aton,
        "htons": mod.htons,
        "inet_pton": mod.inet_pton,
        "inet_ntop": mod.inet_ntop,
        "inet": mod.AF_INET,
        "inet6": mod.AF_INET6,
        "stream": mod.SOCK_STREAM,
        "packed": bytes([192, 168, 100, 200]),
        "packed6": bytes.fromhex("20010db8000000000000000000000001"),
    }


def module(mod: ModuleType) -> Names:
    return {"socket": mod, "inet": mod.AF_INET}


def port_out_of_place(mod: ModuleType) -> Names:
    mod.htons(8080)  # takes the place of 7825
    return {"htons": mod.htons}


ONE = "send(data); recv(1)"
ONE_GOOD = "send(data) == 1 and recv(1) == data"

CASES = [
    Case("blocking", "send + recv of 1 B, blocking", pair, ONE, ONE_GOOD, "pair_blocking"),
    Case(
        "nonblocking",
        "send + recv of 1 B, non-blocking",
        nonblocking,
        ONE,
        ONE_GOOD,
        "pair_nonblocking",
    ),
    Case(
        "recv_into",
        "send + recv_into of 1 B",
        pair,
        "send(data); recv_into(buffer)",
        "send(data) == 1 and recv_into(buffer) == 1 and buffer == data",
        "pair_blocking",
    ),
    Case(
        "recv_64k",
        "send of 1 B + recv(65536)",
        pair,
        "send(data); recv(65536)",
        "send(data) == 1 and recv(65536) == data",
        "pair_recv_64k",
    ),
    Case(
        "udp",
        "UDP sendto + recvfrom of 1 B",
        udp,
        "sendto(data, to); recvfrom(2048)",
        "sendto(data, to) == 1 and recvfrom(2048) == (data, origin)",
        "udp",
    ),
    Case(
        "udp_peers",
        "UDP sendto + recvfrom of 1 B, two peers in turns",
        udp_peers,
        "sendto(data, to); recvfrom(2048); send_other(data, to); recvfrom(2048)",
        "sendto(data, to) == 1 and recvfrom(2048) == (data, origin)"
        " and send_other(data, to) == 1 and recvfrom(2048) == (data, other_origin)",
    ),
    Case(
        "getsockname",
        "getsockname",
        one_socket,
        "getsockname()",
        "getsockname()[0] == '127.0.0.1'",
        "getsockname",
    ),
    Case(
        "setsockopt",
        "setsockopt of an int",
        one_socket,
        "setsockopt(level, option, 1)",
        "setsockopt(level, option, 1) is None and getsockopt(level, option) == 1",
        "setsockopt",
    ),
    Case(
        "getsockopt",
        "getsockopt of an int",
        one_socket,
        "getsockopt(level, option)",
        "getsockopt(level, option) == 1",
        "getsockopt",
    ),
    Case(
        "socket_close",
        "socket() + close",
        functions,
        "socket(inet, stream).close()",
        "socket(inet, stream).close() is None",
        "socket_close",
    ),
    Case(
        "connect_accept_close",
        "connect + accept + close, TCP",
        listening,
        "client = socket(); client.connect(address); server = accept()[0]; server.close(); client.close()",
        "address[1] > 0",
        "connect_accept_close",
        batch=100,
    ),
    Case("tcp", "TCP send + recv of 1 B", tcp, ONE, ONE_GOOD, "tcp_1"),
    Case(
        "timeout",
        "send + recv of 1 B, with a timeout",
        with_timeout,
        ONE,
        ONE_GOOD,
        "pair_nonblocking",
    ),
    Case(
        "recv_1m",
        "send of 64 B + recv(1 << 20)",
        small_message,
        "send(data); recv(1048576)",
        "send(data) == 64 and recv(1048576) == data",
        "pair_recv_1m",
    ),
    Case(
        "pair_64k",
        "64 KiB through a socketpair",
        big_pair,
        "send(data); recv(65536)",
        "send(data) == 65536 and recv(65536) == data",
        "pair_64k",
    ),
    Case(
        "tcp_16k",
        "16 KiB through TCP, sendall + recv",
        big_tcp,
        "sendall(data); take(recv, 16384)",
        "sendall(data) is None and take(recv, 16384) == data",
        "tcp_16k",
    ),
    Case(
        "readline",
        "send of 64 B + makefile().readline()",
        lines,
        "send(line); readline()",
        "send(line) == 64 and readline() == line",
        "pair_line",
    ),
    Case("attribute", "AF_INET of the module", module, "socket.AF_INET", "socket.AF_INET is inet"),
    Case("family", ".family", one_socket, "sock.family", "sock.family is inet"),
    Case("type", ".type", one_socket, "sock.type", "sock.type is stream"),
    Case(
        "getaddrinfo",
        "getaddrinfo of an IPv4 literal",
        functions,
        "getaddrinfo('192.0.2.1', 80, 0, stream)",
        "getaddrinfo('192.0.2.1', 80, 0, stream) == [(inet, stream, 6, '', ('192.0.2.1', 80))]",
    ),
    Case(
        "getaddrinfo6",
        "getaddrinfo of an IPv6 literal",
        functions,
        "getaddrinfo('2001:db8::1', 80, 0, stream)",
        "getaddrinfo('2001:db8::1', 80, 0, stream) == [(inet6, stream, 6, '', ('2001:db8::1', 80, 0, 0))]",
    ),
    Case(
        "inet_aton",
        "inet_aton",
        functions,
        "inet_aton('192.168.100.200')",
        "inet_aton('192.168.100.200') == packed",
    ),
    Case("htons_new", "htons of a port not kept", port_out_of_place, "htons(7825)", "htons(7825) in (7825, 37150)"),
    Case("htons", "htons", functions, "htons(8080)", "htons(8080) in (8080, 36895)"),
    Case(
        "inet_pton",
        "inet_pton, IPv4",
        functions,
        "inet_pton(inet, '192.168.100.200')",
        "inet_pton(inet, '192.168.100.200') == packed",
    ),
    Case(
        "inet_pton6",
        "inet_pton, IPv6",
        functions,
        "inet_pton(inet6, '2001:db8::1')",
        "inet_pton(inet6, '2001:db8::1') == packed6",
    ),
    Case(
        "inet_ntop",
        "inet_ntop, IPv4",
        functions,
        "inet_ntop(inet, packed)",
        "inet_ntop(inet, packed) == '192.168.100.200'",
    ),
    Case(
        "inet_ntop6",
        "inet_ntop, IPv6",
        functions,
        "inet_ntop(inet6, packed6)",
        "inet_ntop(inet6, packed6) == '2001:db8::1'",
    ),
    Case(
        "blocking_error",
        "recv that raises BlockingIOError",
        empty,
        "try: recv(1)\nexcept BlockingIOError: pass",
        "attempt(recv)",
        "recv_empty",
    ),
    Case(
        "sendmsg",
        "sendmsg + recv of 1 B",
        pair,
        "sendmsg(parts); recv(1)",
        "sendmsg(parts) == 1 and recv(1) == data",
        "pair_sendmsg",
    ),
    Case(
        "recvmsg",
        "send + recvmsg of 1 B",
        pair,
        "send(data); recvmsg(1)",
        "send(data) == 1 and recvmsg(1)[0] == data",
        "pair_recvmsg",
    ),
    Case(
        "create_connection",
        "create_connection to a literal, with a timeout",
        listening,
        "create(address, 5).close()",
        "create(address, 5).close() is None",
        "create_connection",
        batch=100,
        after="drain(listener)",
    ),
    Case("fileno", "fileno", one_socket, "fileno()", "fileno() > 2"),
    Case("gettimeout", "gettimeout", one_socket, "gettimeout()", "gettimeout() is None"),
    Case(
        "settimeout",
        "settimeout",
        one_socket,
        "settimeout(5.0)",
        "settimeout(5.0) is None and gettimeout() == 5.0",
    ),
    Case(
        "methods",
        "send + recv of 1 B, each looked up on its socket",
        pair,
        "left.send(data); right.recv(1)",
        "left.send(data) == 1 and right.recv(1) == data",
        "pair_blocking",
    ),
    Case(
        "socketpair",
        "socketpair() + close of both",
        functions,
        "left, right = socketpair(); left.close(); right.close()",
        "[end.close() for end in socketpair()] == [None, None]",
    ),
    Case(
        "makefile",
        "makefile('rb') + close of it",
        pair,
        "left.makefile('rb').close()",
        "left.makefile('rb').close() is None",
    ),
    Case(
        "pass_fds",
        "send_fds + recv_fds + close of what came",
        passing,
        "send_fds(left, [data], [0]); close(recv_fds(right, 1, 1)[1][0])",
        "send_fds(left, [data], [0]) == 1 and close(recv_fds(right, 1, 1)[1][0]) is None",
    ),
    Case(
        "refused_text",
        "inet_aton that raises OSError",
        functions,
        "try: inet_aton('x')\nexcept OSError: pass",
        "inet_aton('1.2.3.4') == bytes([1, 2, 3, 4])",
    ),
    Case("fileno_method", "fileno, looked up on its socket", one_socket, "sock.fileno()", "sock.fileno() > 2"),
    # The last one, as no thread can be taken back.
    Case(
        "second_thread",
        "send + recv of 1 B, after there was a second thread",
        beside_a_thread,
        "send(data); recv(1)",
        "send(data) == 1 and recv(1) == data",
        "pair_blocking",
    ),
]
