"""The faults that a test may plan, by way of the preloaded shim; each is cleared when the test ends.

`tests/test_faults.py` builds the shim and starts these tests below it; elsewhere they are not collected.
"""

from __future__ import annotations

import ctypes
import errno
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = [
    "recv",
    "send",
    "accept",
    "connect",
    "poll",
    "socket",
    "socketpair",
    "ioctl",
    "close",
    "getsockopt",
    "bind",
    "listen",
]


class Faults:
    """What the shim below the process does."""

    def __init__(self) -> None:
        self._shim = ctypes.PyDLL(None)
        self._shim.fault_plan.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long, ctypes.c_long]
        self._shim.fault_short.argtypes = [ctypes.c_int, ctypes.c_size_t]
        self._shim.fault_hits.argtypes = [ctypes.c_int]
        self._shim.fault_hits.restype = ctypes.c_long

    def plan(self, call: str, error: str, *, skip: int = 0, times: int = 1, every: int = 0) -> None:
        """Let a call fail, so many times, after some that do not."""
        self._shim.fault_plan(NAMES.index(call), getattr(errno, error), skip, times, every)

    def short(self, call: str, most: int) -> None:
        """Let a call move at most so many bytes."""
        self._shim.fault_short(NAMES.index(call), most)

    def hits(self, call: str) -> int:
        """Tell how many calls have failed."""
        return self._shim.fault_hits(NAMES.index(call))

    def clear(self) -> None:
        """Let everything work again."""
        self._shim.fault_clear()


@pytest.fixture
def faults() -> Iterator[Faults]:
    """Yield the faults, and clear them afterwards."""
    made = Faults()
    made.clear()
    yield made
    made.clear()
