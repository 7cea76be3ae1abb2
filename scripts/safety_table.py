"""Makes the README's table of known faults: what stock Python does, and what rsock does.

Each row is a test that is marked as a hazard, run afresh over both modules. Every
interpreter named on the command line has a column of its own for stock; rsock has
one for all of them, which says what went wrong wherever something did. With
`--check` the README stays as it is, and the run fails where rsock has a fault.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
README = ROOT / "README.md"
BEGIN, END = "<!-- safety:begin -->", "<!-- safety:end -->"
FILES = ["test_memory_safety", "test_ownership", "test_threads", "test_signals", "test_fork"]

sys.path.insert(0, str(TESTS))
hazards = importlib.import_module("hazards")


class Row(NamedTuple):
    """One known fault and what became of it."""

    command: str
    what: str
    stock: list[str]
    rsock: str


def tests():
    """Yield the hazards in the order of their files."""
    for file in FILES:
        if not (TESTS / f"{file}.py").exists():
            continue
        module = importlib.import_module(file)
        for name, test in vars(module).items():
            if hasattr(test, "hazard") and test.__module__ == file:
                yield name, test


def row(name, test, pythons):
    """Run one hazard over both modules on every interpreter."""
    stock = [hazards.run(test.path, "socket", name, python) for python in pythons]
    ours = [hazards.run(test.path, "rsock", name, python) for python in pythons]
    bad = [verdict for verdict in ours if verdict not in (hazards.OK, hazards.ABSENT)]
    what = " ".join(test.__doc__.partition("\n\n")[0].split())
    if not what.startswith(test.hazard[0].partition(",")[0]):
        what = f"{test.hazard[0]}: {what}"
    command = f"tests/{test.path.name} socket {name}"
    return Row(command, what.replace("|", "\\|"), stock, bad[0] if bad else hazards.OK)


def cell(verdict):
    """Return a verdict as the table has it: what is wrong stands out."""
    if verdict == hazards.ABSENT:
        return "-"
    return verdict if verdict == hazards.OK else f"**{verdict}**".replace("|", "\\|")


def table(rows, versions):
    """Return the table in Markdown."""
    lines = [
        f"| fault | {' | '.join(f'stock {version}' for version in versions)} | rsock | `python ...` |",
        f"|---|{'---|' * len(versions)}---|---|",
    ]
    lines += [
        f"| {one.what} | {' | '.join(map(cell, one.stock))} | {cell(one.rsock)} | `{one.command}` |" for one in rows
    ]
    return "\n".join(lines)


def version_of(python):
    """Ask an interpreter for its version."""
    code = "import platform; print(platform.python_version())"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def main():
    """Run the hazards; write the README, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="leave the README as it is")
    parser.add_argument("pythons", nargs="*", default=[sys.executable], help="interpreters that have rsock")
    options = parser.parse_args()
    rows = []
    for name, test in tests():
        rows.append(row(name, test, options.pythons))
        print(f"{name:55} {'; '.join(rows[-1].stock):40} {rows[-1].rsock}", flush=True)
    if not options.check:
        text = README.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        made = table(rows, [version_of(python) for python in options.pythons])
        README.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    return any(one.rsock != hazards.OK for one in rows)


if __name__ == "__main__":
    sys.exit(main())
