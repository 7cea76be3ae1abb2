"""Tests that say in a word what became of a known fault: "ok", "SIGSEGV", "stale memory".

A hazard is a test function with the number of the fault that it repeats. It returns "ok" or a few words of what went
wrong. Over rsock it must return "ok"; over the stdlib anything that the hazard names may come, so that
`scripts/safety_table.py` can tell what stock does. Each runs in an interpreter of its own, which it may crash:
`python tests/test_memory_safety.py rsock test_name` is one run.
"""

from __future__ import annotations

import functools
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

LIMIT = 60.0
OK = "ok"
ABSENT = "does not apply"
Hazard = "Callable[[Any], str]"


class Fault(Exception):
    """What went wrong, in the words of the verdict."""


def hazard(*ids: str, stock: tuple[str, ...] = ()) -> Callable[[Hazard], Callable[[Any], None]]:
    """Make a test of a function that gives a verdict; `stock` are those that the stdlib may have besides "ok"."""

    def wrap(body: Hazard) -> Callable[[Any], None]:
        path = Path(body.__code__.co_filename)

        @functools.wraps(body)
        def test(mod: ModuleType) -> None:
            verdict = run(path, mod.__name__, body.__name__)
            if verdict == ABSENT:
                pytest.skip(ABSENT)
            allowed = {OK, *stock} if mod.__name__ == "socket" else {OK}
            assert verdict in allowed, verdict

        test.hazard = ids  # type: ignore[attr-defined]
        test.path = path  # type: ignore[attr-defined]
        return pytest.mark.thread_unsafe(reason="runs in a process of its own")(test)

    return wrap


def run(path: Path, module: str, name: str, python: str = sys.executable) -> str:
    """Run one hazard over a module and give its verdict; what it binds to a path goes with the folder."""
    python = str(Path(shutil.which(python) or python).absolute())
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, "-W", "ignore", str(path.resolve()), module, name],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * LIMIT,
        )
    if done.returncode < 0:
        return signal.Signals(-done.returncode).name
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        return f"failed: {done.stderr.strip()}"
    return lines[-1]


def main(namespace: dict[str, Any]) -> None:
    """Be the process of one hazard: its arguments are a module and a name."""
    _, module, name = sys.argv
    signal.alarm(int(LIMIT))
    test = namespace[name]
    try:
        verdict = test.__wrapped__(importlib.import_module(module))
    except Fault as fault:
        verdict = str(fault)
    print(verdict, flush=True)
    os._exit(0)  # what a fault left behind is not to be cleaned up


def descriptors() -> set[int]:
    """Return the numbers that are open."""
    found = {int(name) for name in os.listdir("/proc/self/fd")}
    return {fd for fd in found if _is_open(fd)}


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def must_raise(
    kinds: type[BaseException] | tuple[type[BaseException], ...], call: Callable[..., Any], *arguments: Any
) -> Any:
    """Call, and give the exception; a fault where none comes, or one of another kind."""
    try:
        result = call(*arguments)
    except kinds as error:
        return error
    except BaseException as error:
        raise Fault(f"raises {type(error).__name__}") from error
    raise Fault(f"returns {result!r}"[:60])
