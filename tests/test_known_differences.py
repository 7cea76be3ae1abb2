"""The differences from the stdlib that are kept: each is still one, and still the one that is written down.

Reads `known_differences.toml` and runs each sample over both modules; holds docs/differences.md to it.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import capabilities
import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
KNOWN = tomllib.loads((ROOT / "tests" / "known_differences.toml").read_text(encoding="utf-8"))
KEYS = {"what", "why", "code", "stock", "rsock", "needs", "before", "stock_differs"}


def outcome(module: str, code: str) -> str:
    """Run a sample over a module: the repr of its result, or the class of its error."""
    namespace: dict[str, object] = {"mod": importlib.import_module(module)}
    try:
        exec(code, namespace)
    except Exception as error:
        return type(error).__name__
    return repr(namespace["result"])


@pytest.mark.thread_unsafe(reason="closes descriptors by number")
@pytest.mark.parametrize("name", KNOWN)
def test_difference_is_the_one_that_is_listed(name):
    one = KNOWN[name]
    for capability in one.get("needs", ()):
        if reason := capabilities.missing(capability):
            pytest.skip(reason)
    stock, ours = outcome("socket", one["code"]), outcome("rsock", one["code"])
    assert ours == one["rsock"]
    if "before" in one and sys.version_info >= tuple(map(int, one["before"].split("."))):
        assert stock == ours, "later Pythons differ, too"
        return
    if one.get("stock_differs"):
        assert stock != ours, "it no longer differs: take it out of the list"
    else:
        assert stock == one["stock"]
        assert stock != ours, "it no longer differs: take it out of the list"


@pytest.mark.parametrize("name", KNOWN)
def test_entry_is_whole(name):
    one = KNOWN[name]
    assert set(one) <= KEYS
    assert one["what"]
    assert one["why"]
    assert ("stock" in one) != one.get("stock_differs", False)


def test_page_is_up_to_date():
    command = [sys.executable, ROOT / "scripts" / "differences_table.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
