"""How speed and memory grow: connections, message sizes, threads, and idle sockets.

Connections are a selectors server under the native client; sizes are a round trip with a
native peer; threads each have a socketpair of their own; memory is counted in a fresh
process. It knows nothing of what any of them should cost.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import threading
import time
from types import ModuleType
from typing import Any

import harness
import servers

CONNECTIONS = [1, 10, 100, 1000, 10_000]
SIZES = [1, 64, 1 << 10, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24]
THREADS = [1, 2, 4, 8, 16, 32, 64]
SOCKETS = 10_000

MEMORY = """
import gc, importlib, json, sys
mod = importlib.import_module({module!r})
def resident():
    gc.collect()
    with open('/proc/self/status') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))
keep = [None] * {count}
first = mod.socket(mod.AF_UNIX, mod.SOCK_DGRAM)
before = resident()
for index in range({count}):
    keep[index] = mod.socket(mod.AF_UNIX, mod.SOCK_DGRAM)
after = resident()
print(json.dumps({{
    'object': sys.getsizeof(first),
    'idle_kib': after - before,
    'bytes_each': (after - before) * 1024 / {count},
    'import_kib': before,
}}))
for sock in keep:
    sock.close()
first.close()
"""

Row = dict[str, Any]


def connections(modules: list[str], options: argparse.Namespace) -> list[Row]:
    rows = []
    for count in CONNECTIONS:
        run = servers.Run(f"selectors_{count}", f"selectors, {count} clients", "selectors", count, 0)
        rounds, seconds = (1, 0.5) if options.quick else (3, 1.0)
        row = servers.measure(run, modules, rounds, seconds)
        rates = {name: found["rate"] for name, found in row["chosen"].items()}
        resident = {name: found["resident_kib"] for name, found in row["chosen"].items()}
        rows.append({"at": count, "values": rates, "resident_kib": resident})
        show("connections, replies/s", rows[-1])
    return rows


def round_trips(mod: ModuleType, size: int, into: bool, times: int) -> list[float]:
    """Seconds of each message sent to the native peer and taken back, all bytes verified."""
    ours, peer = mod.socketpair()
    process = subprocess.Popen([harness.bare_binary(), "echo", str(size)], stdin=peer.fileno())
    peer.close()
    message = os.urandom(size)
    room = bytearray(size)
    found = []
    for _ in range(times):
        start = time.perf_counter()
        ours.sendall(message)
        if into:
            fill(ours, room)
            got: bytes | bytearray = room
        else:
            got = take(ours, size)
        found.append(time.perf_counter() - start)
        if got != message:
            raise SystemExit(f"{size} B came back changed")
    ours.close()
    process.wait()
    return found


def fill(sock: Any, room: bytearray) -> None:
    view, done = memoryview(room), 0
    while done < len(room):
        done += sock.recv_into(view[done:])


def take(sock: Any, size: int) -> bytes:
    first: bytes = sock.recv(65536)
    if len(first) == size:
        return first
    parts, done = [first], len(first)
    while done < size:
        parts.append(sock.recv(65536))
        done += len(parts[-1])
    return b"".join(parts)


def sizes(modules: list[str], options: argparse.Namespace) -> list[Row]:
    names = harness.labels(modules)
    rows = []
    for into in (False, True):
        for size in SIZES:
            times = max(3, min(2000, (1 << 24) // size) // (4 if options.quick else 1))
            best: dict[str, float] = {}
            for name, module in harness.turns(modules, 3 if options.quick else 6):
                found = round_trips(harness.load_module(module), size, into, times)
                best[name] = min(best.get(name, found[0]), *found)
            rates = {name: 1 / best[name] for name in names}
            rows.append({"at": size, "into": into, "values": rates})
            call = "recv_into" if into else "recv"
            show(f"bytes by {call}, round trips/s", rows[-1])
    return rows


def spin(mod: ModuleType, count: int, seconds: float) -> float:
    """Pairs of send and recv a second, over so many threads with a socketpair each."""
    done = [0] * count
    start = threading.Barrier(count + 1)
    deadline = [0.0]

    def work(index: int) -> None:
        left, right = mod.socketpair()
        send, recv = left.send, right.recv
        start.wait()
        end, pairs = deadline[0], 0
        while time.perf_counter() < end:
            for _ in range(20):
                send(b"x")
                if recv(1) != b"x":
                    raise SystemExit("a byte came back changed")
            pairs += 20
        done[index] = pairs
        left.close()
        right.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    begin = time.perf_counter()
    deadline[0] = begin + seconds
    start.wait()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - begin)


def threads(modules: list[str], options: argparse.Namespace) -> list[Row]:
    names = harness.labels(modules)
    rows = []
    for count in THREADS:
        best: dict[str, float] = {}
        for name, module in harness.turns(modules, 2 if options.quick else 4):
            rate = spin(harness.load_module(module), count, 0.2)
            best[name] = max(best.get(name, 0), rate)
        rows.append({"at": count, "values": {name: best[name] for name in names}})
        show("threads, send + recv pairs/s", rows[-1])
    return rows


def memory(modules: list[str], options: argparse.Namespace) -> Row:
    found = {}
    for name, module in harness.turns(modules, 1):
        program = MEMORY.format(module=module, count=SOCKETS)
        done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
        found[name] = json.loads(done.stdout)
        print(
            f"memory, {SOCKETS} idle sockets: {name} {found[name]['bytes_each']:.0f} B each, "
            f"object {found[name]['object']} B, {found[name]['import_kib']} KiB imported",
            flush=True,
        )
    return {name: found[name] for name in harness.labels(modules)}


def show(what: str, row: Row) -> None:
    stock, ours = row["values"].values()
    print(
        f"{what:34} {row['at']:>9} {stock:11.0f} {ours:11.0f} {ours / stock:6.2f}",
        flush=True,
    )


PARTS = {
    "connections": connections,
    "sizes": sizes,
    "threads": threads,
    "memory": memory,
}


def run(options: argparse.Namespace) -> dict[str, Any]:
    modules = options.modules.split(",")
    wanted = SOCKETS + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return {name: part(modules, options) for name, part in PARTS.items() if options.only in name}


def main() -> None:
    options = harness.arguments("Measure growth.").parse_args()
    harness.finish(options, run(options))


if __name__ == "__main__":
    main()
