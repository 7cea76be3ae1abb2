"""What each choice of the design bought: the measured rows that show it, and their command.

Knows the choices' words and the names of the measured cases; measures nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    what: str
    items: tuple[str, ...]
    """`calls.KEY`, `servers.KEY` or `startup.import`, as in the targets."""


CHOICES = [
    Choice(
        "A call is tried with the interpreter held; only a wait gives it up",
        ("servers.selectors_busy", "servers.protocol_busy", "servers.streams_busy"),
    ),
    Choice(
        "So is `accept` on a blocking listener that nobody else can use: one `poll` looks first. The second row "
        "takes less of the server's time, but its client, which is the slower one there, has to wake it more often",
        ("servers.each_busy", "servers.each", "calls.connect_accept_close"),
    ),
    Choice(
        "A socket whose last tries missed goes straight to the blocking call, or to `poll`: ping-pong pays nothing "
        "for the tries",
        ("servers.pingpong", "servers.pingpong_timeout"),
    ),
    Choice(
        "A call that keeps the interpreter is not counted among the users of the number, as nobody can close it "
        "meanwhile; and it returns by few frames, as after a system call the processor guesses returns wrong",
        ("calls.blocking", "calls.recvmsg"),
    ),
    Choice("With a timeout: the call first, and `poll` only if it has to wait", ("calls.timeout",)),
    Choice(
        "A receive lands in the thread's own buffer and becomes `bytes` of its true size; big reads go into the "
        "object itself once one was big",
        ("calls.recv_64k", "calls.recv_1m", "calls.pair_64k"),
    ),
    Choice(
        "The address of the last datagram is kept in both forms. The second row has two peers in turns, where "
        "that never helps",
        ("calls.udp", "calls.udp_peers"),
    ),
    Choice(
        "`socket()` is one system call, flags included, and one function that does what `__new__` and `__init__` do; "
        "`close` that cannot linger keeps the interpreter",
        ("calls.socket_close",),
    ),
    Choice(
        "The ends of a pair are made at once, without a look at what the system has just given",
        ("calls.socketpair",),
    ),
    Choice("`family` and `type` come from a table of the enums' members", ("calls.family", "calls.type")),
    Choice(
        "A literal never reaches the resolver nor the `idna` codec", ("calls.getaddrinfo", "calls.create_connection")
    ),
    Choice(
        "Ports that were swapped before are not made again. The second row is a port whose place is taken",
        ("calls.htons", "calls.htons_new"),
    ),
    Choice(
        "Methods are CPython's own kinds of function, without a look for the thread's state",
        ("calls.fileno", "calls.getsockname"),
    ),
    Choice(
        "The public class has the methods of its base as its own: from 3.11 on the interpreter calls a method at "
        "once on objects of the very class that has it",
        ("calls.fileno_method", "calls.methods"),
    ),
    Choice(
        "Bytes are moved by the system call itself: the C library's functions are points of cancellation, which "
        "cost more once there was a second thread",
        ("calls.second_thread",),
    ),
    Choice(
        "Lazy imports, but no `__getattr__` in the module: with one, the interpreter does not specialize the loads "
        "of its attributes",
        ("startup.import", "calls.attribute"),
    ),
]


def shown(numbers: dict[str, Any], item: str) -> str:
    """Stdlib -> rsock, and the ratio."""
    part, _, key = item.partition(".")
    row = numbers.get(part, {}).get(key)
    if row is None:
        return "-"
    if part == "calls":
        stock, ours = (clocks["cpu"] for clocks in row["ns"].values())
        unit = " ns"
    elif part == "servers":
        stock, ours = (run["rate"] for run in row["chosen"].values())
        unit = "/s"
    else:
        stock, ours = (times["best"]["cpu"] / 1e6 for times in row["ns"].values())
        return f"{stock:.1f} → {ours:.1f} ms ({row['ratio']:.2f})"
    return f"{stock:,.0f} → {ours:,.0f}{unit} ({row['ratio']:.2f})"


def command(item: str) -> str:
    part, _, key = item.partition(".")
    return f"`benches/{part}.py --only {key}`" if part != "startup" else "`benches/startup.py`"
