"""What every test gets: the module under test, the leak guard, skips, hypothesis.

`mod` runs a test twice, over the stdlib's `socket` and over `rsock`: the first
run proves the test, the second the code. Both are imported as any program would
import them, and nothing is installed over anything. What a test calls in its
body is in `support.py`; what a machine may lack is in `capabilities.py`.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from typing import TYPE_CHECKING

import capabilities
import pytest
from hypothesis import HealthCheck, settings
from processes import Launcher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

# `mod` is the same for each example, whatever hypothesis thinks of fixtures.
_SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
settings.register_profile("default", deadline=None, max_examples=60, suppress_health_check=_SUPPRESSED)
settings.register_profile("thorough", deadline=None, max_examples=2000, suppress_health_check=_SUPPRESSED)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=_SUPPRESSED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# What a shell runs in the background has SIGINT ignored, and children would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(params=["socket", "rsock"])
def mod(request: pytest.FixtureRequest) -> ModuleType:
    """The module under test."""
    return importlib.import_module(request.param)


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what starts processes: in ten threads it is ten times as slow, and proves no more.

    And what parses source: before 3.13 the parser's depth is one for all threads.
    """
    if {"subprocess", "children", "Launcher", "EXPECTED"} & set(vars(item.module)):
        item.add_marker(pytest.mark.thread_unsafe(reason="starts processes"))
    calls = set(item.function.__code__.co_names)
    if sys.version_info < (3, 13) and {"python_uses", "parameters", "signature"} & calls:
        item.add_marker(pytest.mark.thread_unsafe(reason="ast.parse shares its depth among threads"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose `needs` this machine does not meet."""
    for mark in item.iter_markers("needs"):
        for capability in mark.args:
            reason = capabilities.missing(capability)
            if reason is not None:
                pytest.skip(reason)


def _descriptors() -> dict[str, str] | None:
    """Each open descriptor and what it is open on; None where the system hides it."""
    folder = "/proc/self/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    found = {}
    for name in names:
        try:
            found[name] = os.readlink(f"{folder}/{name}")
        except OSError:  # the one that the listing itself used
            continue
    return found


@pytest.fixture(scope="session", autouse=True)
def _wake_descriptor() -> None:
    """Let rsock make this thread's wake descriptor, which a thread keeps once it has waited."""
    rsock = importlib.import_module("rsock")
    one, other = rsock.socketpair()
    with one, other:
        one.settimeout(0.001)
        with pytest.raises(TimeoutError):
            one.recv(1)


@pytest.fixture(autouse=True)
def _no_leaked_descriptors() -> Iterator[None]:
    """Fail a test that leaves a descriptor open, or closes one that is not its own.

    A socket that only the collector closes is a failure too: its ResourceWarning
    is an error by pytest's `filterwarnings`.
    """
    before = _descriptors()
    yield
    if before is None:
        return
    after = _descriptors()
    if after == before:
        return
    gc.collect()
    after = _descriptors() or {}
    leaked = [f"{fd} -> {to}" for fd, to in after.items() if before.get(fd) != to]
    if leaked:
        pytest.fail(f"descriptors left open: {', '.join(leaked)}")
    lost = [f"{fd} -> {to}" for fd, to in before.items() if fd not in after]
    if lost:
        pytest.fail(f"descriptors of others closed: {', '.join(lost)}")


@pytest.fixture(params=["stock", "rsock"])
def programs(request: pytest.FixtureRequest, tmp_path: Path) -> Launcher:
    """Start whole programs, on the stdlib's socket and on rsock."""
    return Launcher(request.param, tmp_path)
