"""The time of `import rsock` against `import socket`, in fresh interpreters by turns.

The import alone is timed, inside the interpreter, after its own start. It knows nothing
of what an import does. The first round of each is not counted: it writes the bytecode, to
a place of its own, as an installed package would have it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from typing import Any

import harness

PROGRAM = """
from time import perf_counter_ns as wall, process_time_ns as cpu
before = len(__import__('sys').modules)
c = cpu(); w = wall()
import {module}
w = wall() - w; c = cpu() - c
print('{{"wall": %d, "cpu": %d, "modules": %d}}'
      % (w, c, len(__import__('sys').modules) - before))
"""


def once(module: str, cache: str) -> dict[str, int]:
    command = [sys.executable, "-c", PROGRAM.format(module=module)]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | {"PYTHONPYCACHEPREFIX": cache}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return dict(json.loads(done.stdout))


def run(options: argparse.Namespace) -> dict[str, Any]:
    modules = options.modules.split(",")
    names = harness.labels(modules)
    rounds = 30 if options.quick else 150
    found: dict[str, list[dict[str, int]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as cache:
        for module in modules:
            harness.load_module(module)
            once(module, cache)
        for name, module in harness.turns(modules, rounds):
            found[name].append(once(module, cache))
    row: dict[str, Any] = {"rounds": rounds, "ns": {}}
    for name, runs in found.items():
        row["ns"][name] = {
            "best": {clock: min(r[clock] for r in runs) for clock in ("wall", "cpu")},
            "median": {clock: statistics.median(r[clock] for r in runs) for clock in ("wall", "cpu")},
            "modules": runs[0]["modules"],
        }
    for kind in ("best", "median"):
        stock, ours = (row["ns"][name][kind]["cpu"] for name in names)
        row[f"ratio_{kind}"] = stock / ours
    row["ratio"] = row["ratio_median"]
    for name in names:
        times = row["ns"][name]
        print(
            f"import {name:10} best {times['best']['cpu'] / 1e6:6.2f} ms, "
            f"median {times['median']['cpu'] / 1e6:6.2f} ms, "
            f"{times['modules']} modules"
        )
    print(f"ratio: best {row['ratio_best']:.2f}, median {row['ratio_median']:.2f}")
    return {"import": row}


def main() -> None:
    options = harness.arguments("Time the import.").parse_args()
    harness.finish(options, run(options))


if __name__ == "__main__":
    main()
