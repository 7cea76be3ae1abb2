#!/usr/bin/env python3
"""Run CPython's own regression suites over rsock and compare them test by test with stock sockets.

Owns the command line, the order of work and the printed report. How a suite is run is
`harness/interpreter.py`'s business, how it is judged `harness/compare.py`'s. The run fails if a
test that passes on stock is lost on rsock and `known_differences.toml` does not explain it, if one
explained there passes, or if there is no evidence that every process was on rsock.
"""

from __future__ import annotations

import argparse
import functools
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness import suites, wheels
from harness.compare import Baseline, Comparison, Loss, compare, load_known
from harness.interpreter import Interpreter, Run
from harness.outcomes import GOOD, Outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# With more losses than this something is broken as a whole: single tests are not run again.
RETRIED = 30

# So many of the tests that did not run at all are named.
UNSEEN = 5

COLUMNS = ["python", "suite", "ran", "pass stock", "pass rsock"]
COLUMNS += ["lost", "explained", "flaky", "seconds"]


@dataclass
class Row:
    """A line of the report, and whether it makes the run fail."""

    cells: list[str]
    failed: bool = False


def good(outcomes: Outcomes) -> int:
    """How many tests passed, those that were expected to fail and did included."""
    return sum(outcome.status in GOOD for outcome in outcomes.values())


def say(*words: object) -> None:
    """Print at once: other threads may be reporting too."""
    print(*words, flush=True)


class Session:
    """The work for one interpreter."""

    def __init__(self, options: argparse.Namespace, python: str) -> None:
        self.options = options
        self.interpreter = Interpreter(python, options.names, options.logs)
        self.label = self.interpreter.version
        self.known = load_known(HERE / "known_differences.toml", self.label)
        self.baseline = Baseline(HERE / "stock", self.label, self.interpreter.namespace)

    def rows(self) -> list[Row]:
        """Run every suite asked for, in order."""
        if not self.interpreter.has_tests:
            return [self.note("*", "skipped: no `test` package in this installation")]
        if not self.interpreter.namespace:
            say(f"{self.label}: no network namespace here: tests of the `network` resource are off")
        work: Callable[[str], Row] = self.record
        if not self.options.save_stock:
            folder = self.folder()
            say(f"{self.label}: rsock from {folder}")
            work = functools.partial(self.judge, folder)
        rows = []
        for suite in self.options.names:
            present = self.interpreter.has(suite)
            rows.append(work(suite) if present else self.note(suite, "not in this installation"))
            say("  ".join(rows[-1].cells))
        return rows

    def folder(self) -> Path:
        """Where the rsock under test is."""
        python = self.interpreter.python
        if self.options.build:
            return wheels.built(python, self.interpreter.tag, ROOT, self.options.cache)
        return wheels.given(self.options.rsock) if self.options.rsock else wheels.installed(python)

    def note(self, suite: str, text: str) -> Row:
        """A line for what was not run."""
        return Row([self.label, suite, text])

    def record(self, suite: str) -> Row:
        """Run a suite on stock and store what came of it."""
        run = self.stock_run(suite)
        for line in [*run.doubts, *run.warnings]:
            say(f"{self.label} {suite}: on stock: {line}")
        for test, outcome in list(run.outcomes.items()):
            if outcome.status in GOOD or outcome.status == "skip":
                continue
            say(f"{self.label} {suite}: on stock: {test}: {outcome.status}: {outcome.why}")
            # What fails once in a while on stock would never be looked at on rsock.
            again = self.stock_run(suite, [test]).outcomes.get(test, outcome)
            run.outcomes[test] = again
            say(f"{self.label} {suite}: on stock: {test} alone: {again.status}")
        self.baseline.put(suite, run.outcomes)
        numbers = [len(run.outcomes), good(run.outcomes)]
        cells = [*map(str, numbers), "-", "-", "-", "-", f"{run.seconds:.0f}"]
        return Row([self.label, suite, *cells], failed=bool(run.doubts))

    def stock_run(self, suite: str, only: list[str] | None = None) -> Run:
        """A run on the interpreter's own sockets."""
        return self.interpreter.run(suite, None, only)

    def judge(self, folder: Path, suite: str) -> Row:
        """Run a suite on rsock and compare it with stock."""
        stored = None if self.options.fresh_stock else self.baseline.get(suite)
        stock = self.stock_run(suite).outcomes if stored is None else stored
        run = self.interpreter.run(suite, folder)
        result = compare(stock, run.outcomes, self.known)
        flaky = self.sift(suite, folder, result, fresh=stored is None)
        for line in dict.fromkeys([*run.doubts, *run.warnings]):
            say(f"{self.label} {suite}: {line}")
        unseen = [loss for loss in result.lost if loss.rsock.status == "absent"]
        for loss in result.lost:
            if loss not in unseen[UNSEEN:]:
                say(f"{self.label} {suite}: LOST {loss}")
        if unseen[UNSEEN:]:
            say(f"{self.label} {suite}: LOST {len(unseen)} that did not run: see the log")
        for loss in result.explained:
            say(f"{self.label} {suite}: explained {loss}")
        for test in result.stale:
            say(f"{self.label} {suite}: STALE {test} passes: take it out of known_differences.toml")
        cells = [len(run.outcomes), good(stock), good(run.outcomes)]
        cells += [
            len(result.lost),
            len(result.explained),
            len(flaky),
            round(run.seconds),
        ]
        failed = bool(run.doubts or result.lost or result.stale or not run.outcomes)
        return Row([self.label, suite, *map(str, cells)], failed)

    def sift(self, suite: str, folder: Path, result: Comparison, *, fresh: bool) -> list[Loss]:
        """Take out of `lost` what is flaky, or lost by this machine and not by rsock.

        A lost test runs once alone. What passes alone may be flaky, or may fail only in company:
        a second run of the whole suite decides.
        """
        if len(result.lost) > RETRIED:
            say(f"{self.label} {suite}: {len(result.lost)} lost, none tried again")
            return []
        alone, lost = [], []
        for loss in result.lost:
            outcomes = self.interpreter.run(suite, folder, [loss.test]).outcomes
            again = outcomes.get(loss.test)
            say(f"{self.label} {suite}: {loss.test} alone: {again.status if again else 'absent'}")
            if again and again.status in GOOD:
                alone.append(loss)
            elif fresh or loss.stock == "absent" or self.passes_on_stock(suite, loss):
                lost.append(loss)
            else:
                say(f"{self.label} {suite}: {loss.test} is lost on stock too on this machine")
        flaky: list[Loss] = []
        if alone:
            second = self.interpreter.run(suite, folder).outcomes
            for loss in alone:
                again = second.get(loss.test)
                (flaky if again and again.status in GOOD else lost).append(loss)
        for loss in flaky:
            say(f"{self.label} {suite}: FLAKY {loss}")
        result.lost[:] = lost
        return flaky

    def passes_on_stock(self, suite: str, loss: Loss) -> bool:
        """Whether a test that passed when the baseline was stored passes on stock here and now."""
        found = self.stock_run(suite, [loss.test]).outcomes.get(loss.test)
        return found is not None and found.status in GOOD


def report(rows: list[Row]) -> None:
    """Print the table."""
    table = [COLUMNS, *(row.cells for row in rows)]
    widths = [max(len(cells[i]) for cells in table if len(cells) == len(COLUMNS)) for i in range(len(COLUMNS))]
    say()
    for cells in table:
        say("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip())


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--python",
        action="append",
        metavar="PY",
        help="interpreter to test (repeatable; default: this one)",
    )
    parser.add_argument(
        "--suites",
        nargs="+",
        default=["quick"],
        metavar="NAME",
        help=f"{', '.join(suites.SETS)}, or names of suites",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="interpreters to test at once (needs network namespaces)",
    )
    parser.add_argument(
        "--rsock",
        metavar="DIR",
        help="folder of the rsock under test, or an interpreter that has it",
    )
    parser.add_argument(
        "--build",
        action="store_true",
        help="build a release wheel for each interpreter and test that",
    )
    parser.add_argument(
        "--fresh-stock",
        action="store_true",
        help="run stock too, instead of using the stored outcomes",
    )
    parser.add_argument(
        "--save-stock",
        action="store_true",
        help="run stock only, and store its outcomes",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=ROOT / "target" / "conformance",
        help="for wheels and logs",
    )
    options = parser.parse_args()
    try:
        options.names = suites.expand(options.suites)
    except ValueError as error:
        parser.error(str(error))
    options.logs = options.cache / "logs"
    options.logs.mkdir(parents=True, exist_ok=True)
    return options


def main() -> int:
    """Run everything; the number returned is the exit status."""
    # A shell has SIGINT ignored by what it starts in the background, and so by every test.
    # Whichever of the two it is, a run that is stopped takes the suite's processes with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = arguments()
    sessions = [Session(options, python) for python in options.python or [sys.executable]]
    try:
        apart = all(session.interpreter.namespace for session in sessions)
        if options.jobs > 1 and apart:
            with ThreadPoolExecutor(options.jobs) as pool:
                parts = list(pool.map(Session.rows, sessions))
        else:
            parts = [session.rows() for session in sessions]
    finally:
        for session in sessions:
            session.interpreter.close()
    rows = [row for part in parts for row in part]
    report(rows)
    failed = any(row.failed for row in rows)
    say(f"\n{'FAILED' if failed else 'passed'}; logs in {options.logs}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
