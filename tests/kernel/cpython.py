"""Runs CPython's own test_socket in the guest, on stock sockets and on rsock, and compares.

The conformance runner's harness does the work; what differs here is the machine: the guest is a
network of its own, so nothing is left out, and stock runs fresh, for this kernel has tests to run
that the stored outcomes of other machines count as skipped. Run by run.sh --cpython.
"""

from __future__ import annotations

import collections
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONFORMANCE = HERE.parent / "conformance"
sys.path.insert(0, str(CONFORMANCE))

from harness import suites, wheels  # noqa: E402
from harness.compare import compare, load_known  # noqa: E402
from harness.interpreter import Interpreter  # noqa: E402
from harness.outcomes import GOOD  # noqa: E402

SUITE = "test_socket"


class Guest(Interpreter):
    """An interpreter whose tests may use the network: there is only the guest's."""

    def __init__(self, python: str, logs: Path) -> None:
        super().__init__(python, [SUITE], logs)
        self.namespace = False

    def _command(self, *arguments) -> list[str]:
        command = super()._command(*arguments)
        at = command.index("-u") + 1
        command[at] += ",network"
        return command


def tell(name: str, run) -> None:
    counts = collections.Counter(outcome.status for outcome in run.outcomes.values())
    good = sum(counts[status] for status in GOOD)
    words = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    print(f"{name:<6} {good} of {len(run.outcomes)} good ({words}) in {run.seconds:.0f} s")
    bad = [
        f"{test}: {outcome.status}: {outcome.why}"
        for test, outcome in run.outcomes.items()
        if outcome.status not in (*GOOD, "skip")
    ]
    for line in [*bad, *run.doubts, *run.warnings]:
        print(f"{name}: {line}")
    sys.stdout.flush()


def again(guest: Guest, folder: Path, losses: list) -> list:
    """The losses that stay when each test runs alone: the guest's clock and signals are coarse."""
    stay = []
    for loss in losses:
        outcome = guest.run(SUITE, folder, [loss.test]).outcomes.get(loss.test)
        passed = outcome is not None and outcome.status in GOOD
        print("passes alone:" if passed else "LOST", loss)
        if not passed:
            stay.append(loss)
    return stay


def judge(guest: Guest) -> int:
    print(f"{SUITE} of CPython {guest.version}")
    stock = guest.run(SUITE, None)
    tell("stock", stock)
    folder = wheels.installed(guest.python)
    rsock = guest.run(SUITE, folder)
    tell("rsock", rsock)
    known = load_known(CONFORMANCE / "known_differences.toml", guest.version)
    # An entry that passes here is the conformance run's concern: kernels differ.
    result = compare(stock.outcomes, rsock.outcomes, known)
    for loss in result.explained:
        print("explained", loss)
    lost = again(guest, folder, result.lost)
    return int(bool(lost or rsock.doubts or not rsock.outcomes))


def main() -> int:
    suites.LEFT_OUT.clear()
    with tempfile.TemporaryDirectory() as logs:
        guest = Guest(sys.executable, Path(logs))
        try:
            return judge(guest)
        finally:
            guest.close()


if __name__ == "__main__":
    sys.exit(main())
