"""TLS on rsock: the tests of the folder tls/, in an interpreter where every socket is rsock's.

The folder's own run shows that the tests are right on the stdlib. `_ssl` keeps the first socket type that it sees,
so the run on rsock has a process of its own; what ran there is compared with what there is to run.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from children import python
from processes import ROOT, Launcher

FOLDER = Path(__file__).resolve().parent / "tls"
OPTIONS = ["-p", "no:cacheprovider", "-v", "--no-header"]


@pytest.mark.parametrize("file", sorted(path.name for path in FOLDER.glob("test_*.py")))
def test_on_rsock(file, tmp_path):
    listed = python("-m", "pytest", "--collect-only", "-q", str(FOLDER / file), cwd=ROOT).stdout
    wanted = set(re.findall(r"^\S+::\S+$", listed, re.MULTILINE))
    options = [*OPTIONS, f"--basetemp={tmp_path / 'inner'}"]
    output = Launcher("rsock", tmp_path).run("-m", "pytest", *options, FOLDER / file)
    assert wanted
    assert set(re.findall(r"^(\S+::\S+) (?:PASSED|SKIPPED)", output, re.MULTILINE)) == wanted, output
