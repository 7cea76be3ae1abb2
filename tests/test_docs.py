"""The documents name nothing that is not there: paths, make targets, links.

Reads README.md, CONTRIBUTING.md, UNSAFE.md, CHANGELOG.md and docs/; whether what they
say of a thing is true is the business of that thing's own tests.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    *("README.md", "CONTRIBUTING.md", "UNSAFE.md", "CHANGELOG.md"),
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")),
]

QUOTED = re.compile(r"`([^`\n]+)`")
# `src/addr/<name>.rs` and `sockobj/*` stand for many, `_rsock.pyi` is told by its name
NAMED_PATH = re.compile(r"^(?:\.ci|src|tests|python|scripts|examples|benches|docs)/[\w./-]*$")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
TARGET = re.compile(r"\bmake (?!it\b)([a-z][a-z-]+)")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def targets() -> set[str]:
    rules = re.findall(r"^([a-z][a-z -]*):(?!=)", read("Makefile"), re.MULTILINE)
    return {name for rule in rules for name in rule.split()}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_paths_exist(document):
    # of a command, such as `tests/test_x.py socket test_y`, the first word
    words = [one.split()[0] for one in QUOTED.findall(read(document)) if one.strip()]
    paths = [one for one in words + LINK.findall(read(document)) if NAMED_PATH.match(one)]
    missing = sorted({path for path in paths if not (ROOT / path).exists()})
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_targets_exist(document):
    code = [*QUOTED.findall(read(document)), *re.findall(r"^\$ (.*)$", read(document), re.MULTILINE)]
    named = {target for line in code for target in TARGET.findall(line)}
    assert not named - targets()


def test_the_readers_see_what_they_should():
    assert {"demo", "test", "asan", "valgrind"} <= targets()
    assert "PYTHON" not in targets()
    assert NAMED_PATH.match("tests/conftest.py")
    assert not NAMED_PATH.match("src/addr/<name>.rs")
