"""Owns what regrtest wrote about a run: JUnit XML and verbose text become one outcome a test.

Knows nothing of interpreters or of comparing. The XML is exact but incomplete: no version names a
test whose subtest failed, some leave skipped tests out, and a run that crashed writes none. The
verbose text fills the gaps. A test is named by its dotted id, `test.test_socket.Class.test_x`.
"""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from typing import NamedTuple


class Outcome(NamedTuple):
    status: str  # pass, xfail, skip, fail, error, crash or hang
    why: str = ""


Outcomes = dict[str, Outcome]

GOOD = frozenset({"pass", "xfail"})

# The strongest of several words about one test (its subtests, its tearDown) is its outcome.
_RANK = ["skip", "xfail", "pass", "fail", "error"]

_NAMED = re.compile(r"\b((?:test|setUp|tearDown)\w*) \(([\w.<>]+)\)")
_VERDICT = re.compile(
    r"\.\.\. (ok|skipped|FAIL|ERROR|expected failure|unexpected success)\b ?(.*)$",
    re.MULTILINE,
)
_STATUS = {
    "ok": "pass",
    "skipped": "skip",
    "FAIL": "fail",
    "ERROR": "error",
    "expected failure": "xfail",
    "unexpected success": "fail",
}
_RULE = re.compile(r"^[=-]{70}$", re.MULTILINE)


def identity(name: str, where: str) -> str:
    """The dotted id; before Python 3.11 `where` is the class, from 3.11 it is the id itself."""
    return where if where.endswith("." + name) else f"{where}.{name}"


def _add(outcomes: Outcomes, test: str, new: Outcome) -> None:
    old = outcomes.get(test, Outcome("skip"))
    if (_RANK.index(new.status), bool(new.why)) >= (
        _RANK.index(old.status),
        bool(old.why),
    ):
        outcomes[test] = new


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())[:300]


def from_junit(text: str) -> Outcomes:
    """Outcomes in a JUnit file of regrtest; a file that is missing or cut short gives none."""
    outcomes: Outcomes = {}
    try:
        root = ET.fromstring(text)
    except ET.ParseError:
        return outcomes
    for case in root.iter("testcase"):
        name = case.get("name", "")
        named = _NAMED.match(name)
        outcome = Outcome("pass")
        for tag, status in (
            ("failure", "fail"),
            ("error", "error"),
            ("skipped", "skip"),
        ):
            child = case.find(tag)
            if child is not None:
                outcome = Outcome(status, _one_line(child.get("message") or child.text))
                break
        if name:
            _add(outcomes, identity(*named.groups()) if named else name, outcome)
    return outcomes


def from_text(text: str) -> Outcomes:
    """Outcomes in verbose output: a line or two for each test, then a block for each failure."""
    outcomes: Outcomes = {}
    test = ""
    for line in text.splitlines():
        verdict = _VERDICT.search(line)
        for named in _NAMED.finditer(line, 0, verdict.start() if verdict else len(line)):
            test = identity(*named.groups())
        if verdict and test:
            _add(outcomes, test, Outcome(_STATUS[verdict[1]], _one_line(verdict[2])))
    for heading, trace in itertools.pairwise(_RULE.split(text)):
        kind, _, rest = heading.strip().partition(": ")
        failed = _NAMED.match(rest)
        if kind in ("FAIL", "ERROR") and failed:
            new = Outcome(_STATUS[kind], _error_line(trace))
            _add(outcomes, identity(*failed.groups()), new)
    return outcomes


def _error_line(trace: str) -> str:
    """The exception of a traceback: what is neither indented nor a heading."""
    lines = [line for line in trace.splitlines() if not line.startswith((" ", "Traceback"))]
    return _one_line(" ".join(lines))


def merge(junit: Outcomes, text: Outcomes) -> Outcomes:
    """The XML's word where there is one; the text's for skips and failures that it leaves out."""
    if not junit:
        return dict(text)
    merged = dict(junit)
    for test, outcome in text.items():
        bad = outcome.status in ("fail", "error")
        if bad or (outcome.status == "skip" and test not in junit):
            _add(merged, test, outcome)
    return merged


def unfinished(text: str) -> str | None:
    """The id of the test that had started, but not ended, where the output breaks off."""
    started = list(_NAMED.finditer(text))
    if not started or _VERDICT.search(text, started[-1].end()):
        return None
    return identity(*started[-1].groups())
