"""Networking as in the standard library's `socket`, written in Rust.

Every name of the `socket` module of the running Python is here and behaves as it does there; `import rsock as
socket` is all that a program has to change, and with `python -m rsock program.py` or `rsock.install()` not
even that.

Owns: the names, and nothing else; those methods of the Rust class that are written in Python are put on it.
"""

import errno
import io
import os
import sys
from enum import IntEnum, IntFlag
from errno import EAGAIN, EBADF, EWOULDBLOCK

from . import _enums, _errors, _fileio, _helpers, _rsock, _sendfile
from . import _rsock as _socket
from ._enums import AddressFamily, AddressInfo, MsgFlag, SocketKind, _intenum_converter
from ._fileio import SocketIO, _blocking_errnos
from ._helpers import *
from ._rsock import _getaddrinfo as getaddrinfo
from ._rsock import _Socket as socket
from ._sendfile import _GiveupOnSendfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._install import LateInstallWarning, install, uninstall
    from ._rsock import *  # type: ignore[assignment]

for _class in _enums.CLASSES:
    globals().update(_class.__members__)

# Every other name is the extension's. An import of `*` would take 200 µs for the 1,700 of them.
globals().update({**vars(_rsock), **globals()})

__all__ = [name for name in vars(_rsock) if name[0] != "_"]
__all__ += {
    "AddressFamily",
    "SocketKind",
    "gaierror",
    "herror",
    *(name for name in _helpers.__all__ if name[0] != "_"),
}.difference(__all__)

if sys.platform == "win32":
    from ._winerrors import errorTab

    __all__ += ["errorTab"]

for _function in (
    _fileio.__getstate__,
    _fileio.__reduce_ex__,
    _fileio.makefile,
    _sendfile._check_sendfile_params,
    _sendfile._sendfile_use_send,
    _sendfile._sendfile_use_sendfile,
    _sendfile.sendfile,
):
    _function.__qualname__ = f"socket.{_function.__name__}"
    _function.__module__ = __name__
    _function.__annotations__ = {}
    setattr(socket, _function.__name__, _function)

# Which tells tools that its objects have room of their own, as the stdlib's do.
socket.__slots__ = ["__weakref__", "_io_refs", "_closed"]  # type: ignore[attr-defined,unused-ignore]

# A function is the public module's, as in the stdlib, and its signature has no annotations.
for _holder in (_enums, _helpers, SocketIO):
    for _function in vars(_holder).values():
        if hasattr(_function, "__code__"):
            _function.__module__ = __name__
            _function.__annotations__ = {}

_rsock.__getattr__ = _errors.__getattr__  # type: ignore[method-assign,unused-ignore]

del _class, _function, _holder

# Imported by the first program that asks. Those of rsock alone are not in `__all__`: `from socket import *` has to
# give a program the names that it knows.
_LATER = {
    # `from . import` finds a file by the name of the package, which is another while it is installed
    "_check": "rsock._check",
    "_pth": "rsock._pth",
    "_run": "rsock._run",
    "LateInstallWarning": "rsock._install",
    "gaierror": "rsock._errors",
    "herror": "rsock._errors",
    "install": "rsock._install",
    "uninstall": "rsock._install",
    "array": "array",
    "selectors": "selectors",
}


def __getattr__(name: str) -> "Any":
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    source = _LATER[name]
    found = import_module(source)
    value = globals()[name] = found if source.rpartition(".")[2] == name else getattr(found, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *(name for name in _LATER if not name.startswith("_"))})
