"""Runs every benchmark and prints the table of targets with reached or missed.

Each part runs in a process of its own, for each interpreter asked for. The raw numbers go
to results/, with the machine, the versions and the commit. It knows the parts' names only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import harness
import targets

QUIET = 0.5
"""The load average above which the servers' rows are not to be trusted."""

PARTS = ["calls", "servers", "growth", "startup"]


def part(name: str, python: str, options: argparse.Namespace) -> Any:
    """Runs one part and returns its numbers; its own table goes to the standard output."""
    print(f"\n== {name}", flush=True)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [python, str(harness.HERE / f"{name}.py"), "--json", file.name]
        command += ["--modules", options.modules, "--only", options.only]
        if options.quick:
            command.append("--quick")
        if subprocess.run(command).returncode:
            raise SystemExit(f"{name} failed: nothing is reported")
        return json.loads(Path(file.name).read_text())


def described(python: str, modules: str) -> dict[str, Any]:
    """The machine as the interpreter sees it; this also refuses a debug build."""
    program = (
        "import importlib.metadata, json, sys; sys.path.insert(0, sys.argv[1]); import harness\n"
        "out = harness.machine()\n"
        "for name in sys.argv[2].split(','):\n"
        "    harness.load_module(name)\n"
        "    try:\n"
        "        out[name] = importlib.metadata.version(name)\n"
        "    except importlib.metadata.PackageNotFoundError:  # the stdlib's\n"
        "        out[name] = out['python']\n"
        "print(json.dumps(out))\n"
    )
    command = [python, "-c", program, str(harness.HERE), modules]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    return dict(json.loads(done.stdout))


def table(numbers: dict[str, Any]) -> None:
    verdicts = targets.judge(numbers)
    print(f"\n{'work':52} {'reach':>14} {'seen':>24}")
    for verdict in verdicts:
        work = verdict.target.work
        print(f"{work:52} {verdict.asked:>14} {verdict.seen:>24}  {verdict.word}")
    reached = sum(verdict.reached is True for verdict in verdicts)
    missed = sum(verdict.reached is False for verdict in verdicts)
    unknown = f", {len(verdicts) - reached - missed} not measured"
    print(
        f"Python {numbers['machine']['python']}: {reached} targets reached, "
        f"{missed} missed{unknown if reached + missed < len(verdicts) else ''}",
        flush=True,
    )


def store(numbers: dict[str, Any]) -> None:
    about = numbers["machine"]
    name = f"{about['implementation']}-{about['python']}-{about['date']}".lower()
    harness.RESULTS.mkdir(exist_ok=True)
    path = harness.RESULTS / f"{name}.json"
    path.write_text(json.dumps(numbers, indent=1) + "\n")
    print(f"raw numbers: {path.relative_to(harness.HERE.parent)}", flush=True)


def main() -> None:
    parser = harness.arguments(__doc__ or "")
    parser.add_argument("--python", action="append", help="an interpreter; may be given again")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--no-store", action="store_true", help="write no results")
    options = parser.parse_args()
    harness.bare_binary()
    if os.getloadavg()[0] > QUIET:
        print("the machine is busy: beside a busy thread, servers answer by chance on such a one")
    for python in options.python or [sys.executable]:
        numbers: dict[str, Any] = {"machine": described(python, options.modules)}
        numbers["quick"] = options.quick
        for name in options.parts.split(","):
            numbers[name] = part(name, python, options)
        table(numbers)
        harness.finish(options, numbers)
        if options.modules == parser.get_default("modules") and not options.no_store:
            store(numbers)


if __name__ == "__main__":
    main()
