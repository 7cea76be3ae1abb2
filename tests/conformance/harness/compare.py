"""Owns the judgement: which tests that pass on stock are lost on rsock, and which are explained.

Knows only outcomes by test id, never how they were got. Reads `known_differences.toml` and the
stored stock outcomes (`stock/X.Y.json.gz`), which hold for one patch version and one kind of run.
"""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.outcomes import GOOD, Outcome, Outcomes

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Loss:
    """A test that is good on stock and not on rsock."""

    test: str
    stock: str
    rsock: Outcome
    reason: str = ""

    def __str__(self) -> str:
        text = f"{self.test}: {self.stock} -> {self.rsock.status}: {self.rsock.why}"
        return f"{text} (known: {self.reason})" if self.reason else text


@dataclass
class Comparison:
    """What became of one suite; the run fails on anything in `lost` or in `stale`."""

    lost: list[Loss] = field(default_factory=list)
    explained: list[Loss] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)


def compare(stock: Outcomes, rsock: Outcomes, known: dict[str, str]) -> Comparison:
    """Judge test by test; `known` maps the ids that may be lost to their reasons."""
    result = Comparison()
    for test, before in stock.items():
        after = rsock.get(test, Outcome("absent", "it did not run"))
        if before.status not in GOOD:
            continue
        if after.status in GOOD:
            if test in known:
                result.stale.append(test)
        elif test in known:
            result.explained.append(Loss(test, before.status, after, known[test]))
        else:
            result.lost.append(Loss(test, before.status, after))
    for test, after in rsock.items():
        if test not in stock and after.status not in GOOD and after.status != "skip":
            result.lost.append(Loss(test, "absent", after))
    return result


def load_known(path: Path, version: str) -> dict[str, str]:
    """The known differences that hold for `version` (X.Y.Z): test id to reason."""
    known: dict[str, str] = {}
    for test, entry in tomllib.loads(path.read_text()).items():
        unknown = set(entry) - {"reason", "versions"}
        if unknown or not entry.get("reason"):
            raise ValueError(f"{path.name}: {test}: wants a reason, and versions or nothing else")
        if version.rpartition(".")[0] in entry.get("versions", [version.rpartition(".")[0]]):
            known[test] = entry["reason"]
    return known


class Baseline:
    """Stock outcomes of one interpreter version, as stored in the repository."""

    def __init__(self, folder: Path, version: str, namespace: bool) -> None:
        self.path = folder / f"{version.rpartition('.')[0]}.json.gz"
        self.head = {"python": version, "namespace": namespace}
        self.suites: dict[str, Any] = {}
        if self.path.exists():
            stored = json.loads(gzip.decompress(self.path.read_bytes()))
            # Another patch version has other tests; without the namespace other tests are skipped.
            if all(stored[key] == value for key, value in self.head.items()):
                self.suites = stored["suites"]

    def get(self, suite: str) -> Outcomes | None:
        """The stored outcomes of a suite, or None where a fresh stock run is needed."""
        if suite not in self.suites:
            return None
        statuses = self.suites[suite]
        return {test: Outcome(status) for status, tests in statuses.items() for test in tests}

    def put(self, suite: str, outcomes: Outcomes) -> None:
        """Store a suite's outcomes, without messages: these hold paths, addresses and times."""
        statuses: dict[str, list[str]] = {}
        for test in sorted(outcomes):
            statuses.setdefault(outcomes[test].status, []).append(test)
        self.suites[suite] = statuses
        text = json.dumps({**self.head, "suites": self.suites}, indent=0, sort_keys=True)
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_bytes(gzip.compress(text.encode(), mtime=0))
