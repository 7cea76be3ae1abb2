"""Whole servers, stock and rsock in turn, under load from the native client.

Each run is a fresh server process. The server's clocks and the busy threads' counters are
read from outside, so that reading them costs the server nothing. A busy thread has a core
to itself, beside the server's: left to the scheduler, who gets the interpreter depends on
how fast an idle core wakes, and no two runs agree. The client is not bound to a core.
It knows nothing of how a server is written, and counts only replies that were verified.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import harness

SIZE = 64
DISTURBED = 0.15
"""Cores that other programs may use during a run before it is done again."""
TRIES = 3

# Rounds, and the seconds of each. Two processes of the same server can differ by a fifth, so that
# without a busy thread it takes many short rounds to tell what a few per cent are.
BUSY = (5, 1.0)
IDLE = (32, 0.3)
QUICK = (1, 0.7)


@dataclass(frozen=True)
class Run:
    key: str
    title: str
    kind: str
    connections: int
    busy: int
    size: int = SIZE


def busy_and_not(kind: str, title: str, connections: int) -> list[Run]:
    return [
        Run(kind, title, kind, connections, 0),
        Run(f"{kind}_busy", f"{title}, one busy thread", kind, connections, 1),
    ]


RUNS = [
    *busy_and_not("selectors", "selectors, 100 clients", 100),
    *busy_and_not("protocol", "asyncio protocol, 100 clients", 100),
    *busy_and_not("streams", "asyncio streams, 100 clients", 100),
    *busy_and_not("threaded", "threads, 8 clients", 8),
    *busy_and_not("threaded_timeout", "threads with a timeout, 8 clients", 8),
    *busy_and_not("each", "a connection a request, 32 clients", 32),
    Run("selectors_busy_2", "selectors, 100 clients, two busy threads", "selectors", 100, 2),
    Run("pingpong", "blocking ping-pong, 1 client", "threaded", 1, 0),
    Run("pingpong_timeout", "ping-pong with a timeout, 1 client", "threaded_timeout", 1, 0),
]


class Server:
    """A server process, with the counters that its busy threads write."""

    def __init__(self, kind: str, module: str, busy: int) -> None:
        self._counters = tempfile.NamedTemporaryFile()  # noqa: SIM115 (closed with the server)
        self._counters.write(bytes(8 * max(busy, 1)))
        self._counters.flush()
        script = str(harness.HERE / "server.py")
        self._process = subprocess.Popen(
            [sys.executable, script, kind, module, str(busy), self._counters.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        hello = json.loads(harness.pipes(self._process)[1].readline())
        self.port: int = hello["port"]
        self.busy: list[int] = hello["busy"]
        cores = sorted(os.sched_getaffinity(0))
        if self.busy and len(cores) > 1:
            os.sched_setaffinity(self._process.pid, cores[:1])
            for tid in self.busy:
                os.sched_setaffinity(tid, cores[1:2])

    def clocks(self) -> dict[str, int]:
        """CPU time in ns of the server and of its busy threads, and their work."""
        times = harness.thread_cpu(self._process.pid)
        busy = sum(times.pop(tid) for tid in self.busy)
        data = Path(self._counters.name).read_bytes()
        done = sum(memoryview(data).cast("Q"))
        return {"server": sum(times.values()), "busy": busy, "work": done}

    def resident(self) -> int:
        """Resident memory in KiB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1])

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.communicate()
        self._counters.close()


def load(server: Server, run: Run, seconds: float) -> dict[str, Any]:
    command = [harness.bare_binary(), "load", str(server.port), str(run.connections)]
    command += [str(run.size), str(seconds)] + ["each"] * (run.kind == "each")
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stdin, stdout = harness.pipes(client)
    if stdout.readline() != "ready\n":
        raise SystemExit(f"{run.key}: the load client failed")
    before = server.clocks() | {"all": harness.machine_cpu(), "client": client_cpu(client)}
    stdin.write("go\n")
    stdin.flush()
    line = stdout.readline()
    if not line:
        raise SystemExit(f"{run.key}: the load client failed under load")
    after = server.clocks() | {"all": harness.machine_cpu(), "client": client_cpu(client)}
    resident = server.resident()
    # The server first: it must not be seen to fail when the client goes.
    server.close()
    client.communicate("done\n")
    found: dict[str, Any] = json.loads(line)
    spent = {name: after[name] - before[name] for name in after}
    seconds = found["ns"] / 1e9
    found["rate"] = found["replies"] / seconds
    found["cpu_per_reply_ns"] = spent["server"] / max(found["replies"], 1)
    found["busy_share"] = spent["busy"] / found["ns"] if run.busy else None
    found["busy_work"] = spent["work"] / seconds if run.busy else None
    found["resident_kib"] = resident
    foreign = spent["all"] - spent["server"] - spent["busy"] - spent["client"]
    found["others"] = foreign / found["ns"]
    return found


def client_cpu(client: subprocess.Popen[str]) -> int:
    return sum(harness.thread_cpu(client.pid).values())


def calmest(run: Run, module: str, seconds: float, most: int) -> dict[str, Any]:
    """The run that other programs disturbed least, of as few as it takes."""
    tries: list[dict[str, Any]] = []
    while len(tries) < most:
        tries.append(once(run, module, seconds))
        if tries[-1]["others"] < DISTURBED:
            break
    return min(tries, key=lambda found: found["others"])


def once(run: Run, module: str, seconds: float) -> dict[str, Any]:
    server = Server(run.kind, module, run.busy)
    try:
        return load(server, run, seconds)
    finally:
        server.close()


def measure(run: Run, modules: list[str], rounds: int, seconds: float, most: int = 1) -> Any:
    names = harness.labels(modules)
    runs: dict[str, list[Any]] = {name: [] for name in names}
    for name, module in harness.turns(modules, rounds):
        runs[name].append(calmest(run, module, seconds, most))
    chosen = {name: choose(run, found) for name, found in runs.items()}
    return {
        "title": run.title,
        "connections": run.connections,
        "busy": run.busy,
        "size": run.size,
        "chosen": chosen,
        "runs": runs,
        "ratio": chosen[names[1]]["rate"] / chosen[names[0]]["rate"],
    }


def choose(run: Run, found: list[Any]) -> Any:
    """The run that counts: the best one, as other programs only ever slow a server down.

    Beside a busy thread noise can also help a server, and there it is the middle one.
    """
    best_first = sorted(found, key=lambda one: one["rate"], reverse=True)
    return best_first[len(found) // 2 if run.busy else 0]


def show(key: str, row: dict[str, Any]) -> None:
    for name, run in row["chosen"].items():
        share = f"{run['busy_share']:5.2f}" if row["busy"] else "    -"
        print(
            f"{key:22} {name:9} {run['rate']:10.0f} {run['cpu_per_reply_ns']:10.0f} "
            f"{run['p50_ns'] / 1000:10.0f} {run['p99_ns'] / 1000:10.0f} {share}  {run['others']:6.2f}"
        )
    print(f"{key:22} ratio     {row['ratio']:10.2f}", flush=True)


def run(options: argparse.Namespace) -> dict[str, Any]:
    modules = options.modules.split(",")
    print(f"{'server':22} {'module':9} {'replies/s':>10} {'cpu ns':>10} {'p50 us':>10} {'p99 us':>10}  busy  others")
    rows = {}
    for planned in RUNS:
        if options.only in planned.key:
            usual_rounds, usual_seconds = QUICK if options.quick else BUSY if planned.busy else IDLE
            rounds, seconds = options.rounds or usual_rounds, options.seconds or usual_seconds
            rows[planned.key] = measure(planned, modules, rounds, seconds, 1 if options.quick else TRIES)
            show(planned.key, rows[planned.key])
    return rows


def main() -> None:
    parser = harness.arguments("Load whole servers.")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    options = parser.parse_args()
    harness.finish(options, run(options))


if __name__ == "__main__":
    main()
