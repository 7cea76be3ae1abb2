"""The targets, one row for each kind of work, and whether a run's numbers reach them.

A `ratio` is stdlib time / rsock time (or rsock's rate / the stdlib's); `keeps` is the share
of the stdlib's overhead above bare system calls that rsock still has. A row is reached
when each of its items is. It knows the names of the measured cases and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    work: str
    measure: str
    """`ratio` (at least) or `keeps` (at most)."""
    reach: float
    items: tuple[str, ...]
    """`calls.KEY`, `servers.KEY` or `startup.import`."""


def calls(work: str, reach: float, *keys: str) -> Target:
    return Target(work, "ratio", reach, tuple(f"calls.{key}" for key in keys))


def keeps(work: str, key: str) -> Target:
    return Target(work, "keeps", 0.5, (f"calls.{key}",))


def server(work: str, reach: float, key: str) -> Target:
    return Target(work, "ratio", reach, (f"servers.{key}",))


TARGETS = [
    keeps("send + recv of 1 B, blocking", "blocking"),
    keeps("send + recv of 1 B, non-blocking", "nonblocking"),
    keeps("send + recv_into of 1 B", "recv_into"),
    keeps("send of 1 B + recv(65536)", "recv_64k"),
    keeps("UDP sendto + recvfrom", "udp"),
    keeps("getsockname", "getsockname"),
    keeps("setsockopt of an int", "setsockopt"),
    keeps("getsockopt of an int", "getsockopt"),
    keeps("socket() + close", "socket_close"),
    keeps("connect + accept + close", "connect_accept_close"),
    keeps("TCP send + recv of 1 B", "tcp"),
    calls("send + recv of 1 B, with a timeout", 1.8, "timeout"),
    calls("recv(1 << 20) of a small message", 6, "recv_1m"),
    calls("64 KiB through a socketpair", 1.0, "pair_64k"),
    calls("16 KiB through TCP, sendall + recv", 1.0, "tcp_16k"),
    calls("makefile().readline()", 1.0, "readline"),
    calls(".family, .type", 8, "family", "type"),
    calls("getaddrinfo of a literal", 2, "getaddrinfo", "getaddrinfo6"),
    calls("inet_aton, htons", 1.3, "inet_aton", "htons"),
    calls(
        "inet_pton, inet_ntop",
        1.2,
        "inet_pton",
        "inet_pton6",
        "inet_ntop",
        "inet_ntop6",
    ),
    calls("recv that raises BlockingIOError", 1.2, "blocking_error"),
    calls("sendmsg + recv", 1.15, "sendmsg"),
    calls("send + recvmsg", 1.15, "recvmsg"),
    calls("create_connection to a literal, with a timeout", 1.08, "create_connection"),
    calls("fileno, gettimeout, settimeout", 0.95, "fileno", "gettimeout", "settimeout"),
    server("100 connections, one busy thread: selectors", 50, "selectors_busy"),
    server("100 connections, one busy thread: asyncio protocol", 30, "protocol_busy"),
    server("100 connections, one busy thread: asyncio streams", 25, "streams_busy"),
    server("100 connections: selectors", 1.10, "selectors"),
    server("100 connections: asyncio protocol", 1.03, "protocol"),
    server("100 connections: asyncio streams", 1.0, "streams"),
    server("threaded server, 8 connections", 1.0, "threaded"),
    server("threaded server, 8 connections, with a timeout", 1.05, "threaded_timeout"),
    server("threaded server, one busy thread", 1.5, "threaded_busy"),
    server("threaded server, one busy thread, with a timeout", 1.5, "threaded_timeout_busy"),
    server("a connection for each request, one busy thread", 20, "each_busy"),
    Target("import", "ratio", 1.0, ("startup.import",)),
]


@dataclass(frozen=True)
class Verdict:
    target: Target
    values: tuple[float | None, ...]

    @property
    def reached(self) -> bool | None:
        """Unknown where an item was not measured."""
        known = [value for value in self.values if value is not None]
        if len(known) < len(self.values):
            return None
        if self.target.measure == "keeps":
            return all(value <= self.target.reach for value in known)
        return all(value >= self.target.reach for value in known)

    @property
    def word(self) -> str:
        return {True: "reached", False: "missed", None: "not measured"}[self.reached]

    @property
    def asked(self) -> str:
        sign = "≤" if self.target.measure == "keeps" else "≥"
        return f"{self.target.measure} {sign} {self.target.reach:g}"

    @property
    def seen(self) -> str:
        return ", ".join("-" if v is None else f"{v:.2f}" for v in self.values)


def judge(numbers: dict[str, Any]) -> list[Verdict]:
    verdicts = []
    for target in TARGETS:
        values = []
        for item in target.items:
            part, _, key = item.partition(".")
            row = numbers.get(part, {}).get(key, {})
            values.append(row.get(target.measure))
        verdicts.append(Verdict(target, tuple(values)))
    return verdicts
