"""Times each call: two modules interleaved in one process, beside bare system calls.

Every case is verified before it is timed, and again after. The best of many short rounds
counts, because a busy machine only ever adds time, and of several sets of sockets, because
where the kernel has put them can make a call half as fast again. The loops are the same source, compiled
once for each module, so that the interpreter specialises each for the types it sees.
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import textwrap
import time
from collections.abc import Callable
from itertools import repeat
from typing import Any

import harness
from cases import CASES, Case, Names

UNROLL = 10
SETS = 6
ROUND_NS = 2_000_000
"""A round is shorter than a scheduler's slice, so that some rounds are undisturbed."""

Clocks = dict[str, int]


def compile_loop(case: Case, names: Names) -> Callable[[int], Clocks]:
    """A function that repeats the case's body and returns both clocks' difference."""
    scope: Names = {"_repeat": repeat, "_cpu": time.thread_time_ns}
    scope["_wall"] = time.perf_counter_ns
    parameters = ", ".join(["_times", *(f"{name}={name}" for name in names)])
    body = textwrap.indent("\n".join([case.body] * UNROLL), " " * 8)
    source = (
        f"def run({parameters}):\n"
        "    _rounds = _repeat(None, _times)\n"
        "    _c = _cpu(); _w = _wall()\n"
        "    for _ in _rounds:\n"
        f"{body}\n"
        "    _w = _wall() - _w; _c = _cpu() - _c\n"
        f"    {case.after}\n"
        "    return {'wall': _w, 'cpu': _c}\n"
    )
    exec(compile(source, f"<{case.key}>", "exec"), {**scope, **names}, scope)
    run: Callable[[int], Clocks] = scope["run"]
    return run


class Side:
    """One module's sockets and loop for one case."""

    def __init__(self, case: Case, module: str) -> None:
        self.case = case
        self.names = case.setup(harness.load_module(module))
        self.verify()
        self.run = compile_loop(case, self.names)

    def verify(self) -> None:
        if eval(self.case.check, dict(self.names)) is not True:
            raise SystemExit(f"{self.case.key}: wrong result, nothing is timed")

    def close(self) -> None:
        self.verify()
        for name in ("file", "left", "right", "listener", "sock"):
            if name in self.names:
                self.names[name].close()


def keep_best(best: dict[str, Any], clocks: Clocks, times: int) -> None:
    for clock, value in clocks.items():
        best[clock] = min(best.get(clock, math.inf), value / times)


def calibrate(side: Side) -> int:
    """How many loops fill a round; this also warms the code up."""
    if side.case.batch:
        return side.case.batch // UNROLL
    loops = 1
    while side.run(loops)["wall"] < ROUND_NS // 2 and loops < 100_000:
        loops *= 2
    return loops


def measure(case: Case, modules: list[str], rounds: int) -> Any:
    names = harness.labels(modules)
    best: dict[str, Clocks] = {name: {} for name in [*names, "bare"]}
    cores = sorted(os.sched_getaffinity(0))
    for number in range(SETS):
        # One core for both modules and the bare calls: on a shared machine the cores are not alike.
        os.sched_setaffinity(0, {cores[number % len(cores)]})
        loops = one_set(case, dict(zip(names, modules, strict=True)), math.ceil(rounds / SETS), best)
    os.sched_setaffinity(0, cores)
    bare = best.pop("bare")
    row: dict[str, Any] = {"title": case.title, "rounds": rounds, "loops": loops, "ns": best, "bare": bare or None}
    return row | compare(best[names[0]], best[names[1]], bare)


def one_set(case: Case, modules: dict[str, str], rounds: int, best: dict[str, Clocks]) -> int:
    """Times the modules on sockets of their own, and bare calls in a process of its own; returns the loops of a round."""
    sides = {name: Side(case, module) for name, module in modules.items()}
    bare = harness.Bare()
    loops = calibrate(next(iter(sides.values())))
    for side in sides.values():
        side.run(loops)
    gc.collect()
    gc.disable()
    for turn, (name, _) in enumerate(harness.turns(list(modules), rounds)):
        keep_best(best[name], sides[name].run(loops), loops * UNROLL)
        if case.bare and turn % 2:
            keep_best(best["bare"], bare.time(case.bare, loops * UNROLL), loops * UNROLL)
    gc.enable()
    for side in sides.values():
        side.close()
    bare.close()
    return loops


def compare(stock: Any, ours: Any, bare: Any, clock: str = "cpu") -> dict[str, Any]:
    """The ratio, and the share of the overhead above bare calls that remains."""
    found: dict[str, Any] = {"ratio": stock[clock] / ours[clock], "keeps": None}
    if bare and stock[clock] > bare[clock]:
        found["keeps"] = (ours[clock] - bare[clock]) / (stock[clock] - bare[clock])
    return found


def show(row: dict[str, Any]) -> None:
    stock, ours = (clocks["cpu"] for clocks in row["ns"].values())
    bare = f"{row['bare']['cpu']:8.0f}" if row["bare"] else "       -"
    keeps = f"{row['keeps']:6.2f}" if row["keeps"] is not None else "     -"
    print(
        f"{row['title']:48} {stock:8.0f} {ours:8.0f} {bare} {row['ratio']:6.2f} {keeps}",
        flush=True,
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    modules = options.modules.split(",")
    rounds = options.rounds or (40 if options.quick else 150)
    rows = {}
    print(f"{'ns a repetition':48} {modules[0]:>8} {modules[1]:>8}     bare  ratio  keeps")
    for case in CASES:
        if options.only in case.key:
            rows[case.key] = measure(case, modules, rounds)
            show(rows[case.key])
    return rows


def main() -> None:
    parser = harness.arguments("Time each call.")
    parser.add_argument("--rounds", type=int, default=0)
    options = parser.parse_args()
    harness.finish(options, run(options))


if __name__ == "__main__":
    main()
