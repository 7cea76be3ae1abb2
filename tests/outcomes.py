"""What a call came to, in a form that can be compared: for tests that hold rsock against the stdlib.

An outcome has the class of an error, its arguments and its cause, or the result with the types of all that
is in it. `INTS` and `ODDITIES` are the arguments that C parsers differ on.
"""

from __future__ import annotations

import _socket
import socket
from typing import TYPE_CHECKING

import rsock
import rsock._rsock

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Index:
    """What is no int and can stand for one."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __repr__(self) -> str:
        return f"Index({self.value})"


class OnlyInt:
    """What `int()` takes and an index does not."""

    def __int__(self) -> int:
        return 3

    def __repr__(self) -> str:
        return "OnlyInt()"


class Text(str):
    """A str that is not exactly one."""


class Number(int):
    """An int that is not exactly one."""


class Path:
    """A path-like object."""

    def __init__(self, path: object) -> None:
        self.path = path

    def __fspath__(self) -> object:
        return self.path

    def __repr__(self) -> str:
        return f"Path({self.path!r})"


_EDGES = [1 << bits for bits in (15, 16, 31, 32, 63, 64)]
INTS = sorted({edge + step for edge in _EDGES for step in (-1, 0, 1)} | {0, 1, 7, 0x1234, 10**30})
INTS += [-value for value in reversed(INTS) if value]
ODDITIES = [None, True, 1.0, "1", b"1", bytearray(b"1"), (), Index(5), Index(-1), Index(1 << 40), Index(1 << 80)]
ODDITIES += [OnlyInt(), Number(7), Text("1"), memoryview(b"abcdefgh"), memoryview(b"abcdefgh")[::2]]


def _typed(value: object) -> object:
    """A value and the types of all that is in it."""
    if isinstance(value, (tuple, list)):
        return type(value).__name__, [_typed(item) for item in value]
    # By name: each of the two modules has enums of its own.
    return type(value).__name__, value


def outcome(function: Callable[..., Any], /, *args: object, **keywords: object) -> object:
    """Call, and tell what came of it."""
    try:
        return "returned", _typed(function(*args, **keywords))
    except Exception as error:
        cause = error.__cause__
        return "raised", type(error), error.args, str(error), type(cause), str(cause)


def _compare(ours: Any, stock: Any, name: str, args: tuple[object, ...], keywords: dict[str, object]) -> None:
    wanted = outcome(getattr(stock, name), *args, **keywords)
    found = outcome(getattr(ours, name), *args, **keywords)
    if found != wanted:
        raise AssertionError(f"{name}: {args!a:.200} {keywords!a:.200}\nstock: {wanted!a:.500}\nrsock: {found!a:.500}")


def same(name: str, /, *args: object, **keywords: object) -> None:
    """Fail unless the functions of the two extension modules come to the same."""
    _compare(rsock._rsock, _socket, name, args, keywords)


def public_same(name: str, /, *args: object, **keywords: object) -> None:
    """Fail unless the functions of the two public modules come to the same."""
    _compare(rsock, socket, name, args, keywords)
