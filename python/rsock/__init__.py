"""Networking as in the standard library's `socket`, written in Rust.

Every name of the `socket` module of the running Python is here and behaves as it does there; `import rsock as
socket` is all that a program has to change, and with `python -m rsock program.py` or `rsock.install()` not
even that.

Owns: the names, and nothing else; those methods of the Rust class that are written in Python are put on it.

What is large and seldom used is imported when somebody uses it, but without a `__getattr__` of this module: with
one, the interpreter does not specialize the loads of a module's attributes, and each `socket.AF_INET` takes twice as long.
"""

import errno
import io
import os
import sys
from enum import IntEnum, IntFlag
from errno import EAGAIN, EBADF, EWOULDBLOCK

from . import _enums, _fileio, _helpers, _rsock
from . import _rsock as _socket
from ._enums import AddressFamily, AddressInfo, MsgFlag, SocketKind, _intenum_converter
from ._fileio import SocketIO, _blocking_errnos, _GiveupOnSendfile
from ._helpers import *
from ._rsock import _getaddrinfo as getaddrinfo
from ._rsock import _Socket as socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from ._rsock import *  # type: ignore[assignment]

for _class in _enums.CLASSES:
    globals().update(_class.__members__)

# Every other name is the extension's. An import of `*` would take 200 µs for the 1,700 of them.
__all__ = _rsock._export(globals())
_rsock._set_namespace(globals())
__all__ += [
    name for name in ("AddressFamily", "SocketKind", *_helpers.__all__) if name[0] != "_" and name not in vars(_rsock)
]

if sys.platform == "win32":
    from ._winerrors import errorTab

    __all__ += ["errorTab"]

_Function = type(_fileio.makefile)
for _function in (
    _fileio.__getstate__,
    _fileio.makefile,
    _fileio._check_sendfile_params,
    _fileio._sendfile_use_send,
    _fileio._sendfile_use_sendfile,
    _fileio.sendfile,
):
    _function.__qualname__ = f"socket.{_function.__name__}"
    _function.__module__ = __name__
    _function.__annotations__ = {}
    setattr(socket, _function.__name__, _function)

# Those of the stdlib's class; without any, stubtest takes the class for a base that excludes others.
socket.__slots__ = ["__weakref__", "_io_refs", "_closed"]  # type: ignore[attr-defined,unused-ignore]

# A function is the public module's, as in the stdlib, and its signature has no annotations.
for _holder in (_enums, _helpers, SocketIO):
    for _function in vars(_holder).values():
        if type(_function) is _Function:
            _function.__module__ = __name__
            _function.__annotations__ = {}

del _Function, _class, _function, _holder


# What follows is of rsock alone and not in `__all__`: `from socket import *` has to give a program the names that
# it knows.
class LateInstallWarning(RuntimeWarning):
    """Modules that were imported before install() hold the built-in `socket` and go on using it."""


def install(*, allow_late_ssl: bool = False) -> None:
    """Have `import socket` and `import _socket` give rsock, in this process and from now on.

    Call it before anything imports `socket`. Modules that did so earlier keep what they have: they are named in
    a LateInstallWarning. If `_ssl` is among them, there can be no TLS over rsock in this process, and RuntimeError
    is raised, unless `allow_late_ssl` says that the program does without.
    """
    from ._install import install

    if late := install(allow_late_ssl=allow_late_ssl):
        import warnings

        text = f"modules imported before rsock.install() keep the built-in socket: {', '.join(sorted(late))}"
        warnings.warn(text, LateInstallWarning, stacklevel=2)


def uninstall() -> None:
    """Undo install(): `import socket` and `import _socket` give the built-in modules again.

    Modules that were imported in between keep rsock.
    """
    from ._install import uninstall

    uninstall()


def _later(name: str) -> "ModuleType":
    """Return a module, or a stand-in that imports it at the first look into it, if it was not imported yet."""
    if name in sys.modules:
        return sys.modules[name]

    def load() -> "ModuleType":
        from importlib import import_module

        module = globals()[name] = import_module(name)
        return module

    stand_in = type(sys)(name)
    stand_in.__getattr__ = lambda attribute: getattr(load(), attribute)  # type: ignore[method-assign]
    stand_in.__dir__ = lambda: dir(load())  # type: ignore[method-assign]
    return stand_in


# The stdlib's `socket` has these two among its names.
array = _later("array")
selectors = _later("selectors")
