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


def main() -> int:
    suites.LEFT_OUT.clear()
    with tempfile.TemporaryDirectory() as logs:
        guest = Guest(sys.executable, Path(logs))
        try:
            print(f"{SUITE} of CPython {guest.version}")
            stock = guest.run(SUITE, None)
            tell("stock", stock)
            rsock = guest.run(SUITE, wheels.installed(guest.python))
            tell("rsock", rsock)
        finally:
            guest.close()
        known = load_known(CONFORMANCE / "known_differences.toml", guest.version)
    result = compare(stock.outcomes, rsock.outcomes, known)
    for heading, losses in (("LOST", result.lost), ("explained", result.explained)):
        for loss in losses:
            print(heading, loss)
    # A stale entry is the conformance run's concern: it may hold on other kernels.
    return int(bool(result.lost or rsock.doubts or not rsock.outcomes))


if __name__ == "__main__":
    sys.exit(main())
