"""The drop-in claim, held mechanically against the stdlib that runs the tests.

Each public name of `socket` is in exactly one of three lists: implemented here,
re-imported (the same object), or absent with a reason. A name that is in the
wrong list fails, and so does a reason that is no longer true. What a name does is
the business of the other tests.
"""

from __future__ import annotations

import inspect
import pickle
import socket
import types

import pytest
import rsock

# The interpreter's own objects, so that `except socket.gaierror` catches across
# libraries.
RE_IMPORTED = {"error", "gaierror", "herror", "timeout"}
# name -> why rsock does not have it
ABSENT: dict[str, str] = {}
# What `socket.py` merely imports is no part of its interface.
IMPORTED_BY_STDLIB = {"IntEnum", "IntFlag", "partial"}
# Names without a leading letter or outside the documentation that others rely on.
RELIED_ON = {"_GLOBAL_DEFAULT_TIMEOUT"}


def public_names() -> list[str]:
    return [
        name
        for name, value in sorted(vars(socket).items())
        if (not name.startswith("_") or name in RELIED_ON)
        and not isinstance(value, types.ModuleType)
        and name not in IMPORTED_BY_STDLIB
    ]


NAMES = public_names()
HERE = [name for name in NAMES if name not in ABSENT]
CONSTANTS = [name for name in HERE if isinstance(getattr(socket, name), int)]
IMPLEMENTED = [name for name in HERE if name not in RE_IMPORTED | RELIED_ON and name not in CONSTANTS]
CALLABLES = [name for name in IMPLEMENTED if callable(getattr(socket, name))]
METHODS = sorted(name for name in dir(socket.socket) if not name.startswith("_"))
RELIED_ON_METHODS = ["_accept", "_decref_socketios", "_real_close"]


def parameters(value, *, bound=False):
    """Return names, kinds and defaults, or None where there is no signature.

    `self` is left out: in C and in Rust it can only be positional, in Python not.
    """
    try:
        found = [*inspect.signature(value).parameters.values()]
    except (TypeError, ValueError):
        return None
    return [(one.name, one.kind.name, one.default) for one in found[bound:]]


@pytest.mark.parametrize("name", HERE)
def test_name_is_here(name):
    assert hasattr(rsock, name)


@pytest.mark.parametrize("name", sorted(ABSENT) or ["nothing is absent"])
def test_absent_name_is_absent(name):
    assert not hasattr(rsock, name), "the reason in ABSENT is no longer true"


@pytest.mark.parametrize("name", IMPLEMENTED)
def test_implemented_name_is_our_own(name):
    assert getattr(rsock, name) is not getattr(socket, name)


@pytest.mark.parametrize("name", sorted(RE_IMPORTED))
def test_reimported_name_is_the_same_object(name):
    assert getattr(rsock, name) is getattr(socket, name)


@pytest.mark.parametrize("name", CONSTANTS)
def test_constant_is_equal(name):
    ours, theirs = getattr(rsock, name), getattr(socket, name)
    assert ours == theirs
    assert type(ours).__name__ == type(theirs).__name__
    assert repr(ours) == repr(theirs)


def test_all_lists_every_name_of_the_stdlib():
    missing = set(socket.__all__) - set(ABSENT) - set(rsock.__all__)
    assert not missing
    assert not [name for name in rsock.__all__ if not hasattr(rsock, name)]


def test_star_import_gives_no_private_name():
    namespace: dict[str, object] = {}
    exec("from rsock import *", namespace)
    assert not [name for name in namespace if name.startswith("_") and name != "__builtins__"]


# Most functions in C have no signature to compare with, in some versions more than in others.
SIGNED = [name for name in CALLABLES if parameters(getattr(socket, name)) is not None]
SIGNED_METHODS = [name for name in ["__init__", *METHODS] if parameters(getattr(socket.socket, name)) is not None]


@pytest.mark.parametrize("name", SIGNED)
def test_signature_is_equal(name):
    ours, theirs = (parameters(getattr(module, name)) for module in (rsock, socket))
    assert str(ours) == str(theirs).replace("socket.socket", "rsock.socket")


@pytest.mark.parametrize("name", CALLABLES)
def test_name_and_documentation_are_there(name):
    ours, theirs = getattr(rsock, name), getattr(socket, name)
    assert ours.__name__ == theirs.__name__
    assert bool(ours.__doc__) >= bool(theirs.__doc__)


@pytest.mark.parametrize("name", METHODS + RELIED_ON_METHODS)
def test_method_is_here(name):
    ours, theirs = getattr(rsock.socket, name), getattr(socket.socket, name)
    assert callable(ours) == callable(theirs)
    assert bool(ours.__doc__) >= bool(theirs.__doc__)


@pytest.mark.parametrize("name", SIGNED_METHODS)
def test_method_signature_is_equal(name):
    ours, theirs = (parameters(getattr(module.socket, name), bound=True) for module in (rsock, socket))
    assert ours == theirs


@pytest.mark.parametrize("name", sorted(vars(socket.SocketType)))
def test_base_class_has_each_name(name):
    assert hasattr(rsock.SocketType, name)


def test_class_stands_on_the_base_class():
    assert issubclass(rsock.socket, rsock.SocketType)
    assert rsock.socket is not rsock.SocketType
    assert not issubclass(rsock.socket, socket.SocketType)
    assert rsock.socket.__module__ == "rsock"
    assert rsock.socket.__qualname__ == "socket"


@pytest.mark.parametrize("name", ["AddressFamily", "SocketKind", "MsgFlag", "AddressInfo"])
def test_enum_has_each_member(name):
    ours, theirs = getattr(rsock, name), getattr(socket, name)
    lacking = {member: value for member, value in theirs.__members__.items() if ours.__members__.get(member) != value}
    assert not lacking


@pytest.mark.parametrize("name", CALLABLES)
def test_function_is_the_public_module_s_own(name):
    ours, theirs = getattr(rsock, name), getattr(socket, name)
    # The class and the functions whose errors CPython words say `_socket`, as stock's do, and so do the errors.
    assert ours.__module__ in ("rsock", theirs.__module__)
    if ours.__module__ == "rsock":
        assert pickle.loads(pickle.dumps(ours)) is ours
    assert ours.__qualname__ == theirs.__qualname__


@pytest.mark.parametrize("name", METHODS)
def test_method_has_the_qualified_name_of_stock(name):
    ours, theirs = getattr(rsock.socket, name), getattr(socket.socket, name)
    if callable(theirs):
        assert ours.__name__ == theirs.__name__
        assert ours.__qualname__ == theirs.__qualname__


@pytest.mark.parametrize("name", [name for name in dir(socket.SocketIO) if not name.startswith("__")])
def test_stream_has_each_name(name):
    ours, theirs = getattr(rsock.SocketIO, name), getattr(socket.SocketIO, name)
    assert callable(ours) == callable(theirs)
    assert parameters(ours) == parameters(theirs)
    if name in vars(socket.SocketIO) and callable(theirs):
        assert ours.__qualname__ == theirs.__qualname__


def test_look_ups_can_be_sent_to_other_processes():
    for name in ("getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo", "getservbyname", "create_connection"):
        assert pickle.loads(pickle.dumps(getattr(rsock, name))) is getattr(rsock, name)
