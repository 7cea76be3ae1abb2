"""The short forms of the long runs, so that they stay of use: `make fuzz` and `make soak` are the long ones.

Each is a program of its own, which may crash or hang without taking the tests with it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SEED = "7"

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.needs("linux")]


def run(*arguments: str) -> str:
    """Run a program of the tests; return what it says."""
    command = [sys.executable, *(HERE / arguments[0], *arguments[1:])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout


@pytest.mark.parametrize("how", [[], ["--differential"]], ids=["hostile", "differential"])
def test_fuzz(how: list[str]) -> None:
    said = run("fuzz/api_fuzz.py", "--seconds", "3", "--seed", SEED, *how)
    assert "0 crashes, 0 disagreements" in said
    assert int(said.split()[-6]) > 100


def test_soak() -> None:
    said = run("soak/soak.py", "--connections", "300", "--messages", "20000", "--seconds", "2")
    assert "messages over 300 connections" in said
    assert "FAULT" not in said
