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

from . import _enums, _fileio, _helpers, _rsock, _sendfile
from . import _rsock as _socket
from ._enums import AddressFamily, AddressInfo, MsgFlag, SocketKind, _intenum_converter
from ._fileio import SocketIO, _blocking_errnos
from ._rsock import *
from ._rsock import _getaddrinfo as getaddrinfo
from ._rsock import _Socket as socket

from ._helpers import *  # isort: skip - some of these stand for a name of the extension
from ._sendfile import _GiveupOnSendfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._install import LateInstallWarning, install, uninstall

for _class in _enums.CLASSES:
    globals().update(_class.__members__)

__all__ = [name for name in vars(_rsock) if name[0] != "_"]
__all__ += {"AddressFamily", "SocketKind", *(name for name in _helpers.__all__ if name[0] != "_")}.difference(__all__)

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
    setattr(socket, _function.__name__, _function)

# A signature reads as the stdlib's, which has no annotations.
for _holder in (_enums, _helpers, SocketIO, socket):
    for _function in vars(_holder).values():
        if hasattr(_function, "__code__"):
            _function.__annotations__ = {}

del _class, _function, _holder

# Not in `__all__`: `from socket import *` has to give a program the names that it knows.
_LATER = {
    "LateInstallWarning": "rsock._install",
    "install": "rsock._install",
    "uninstall": "rsock._install",
    "array": "array",
    "selectors": "selectors",
}


def __getattr__(name: str) -> "Any":
    """Import what few programs ask for when the first one does."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    source = _LATER[name]
    found = import_module(source)
    value = globals()[name] = found if name == source else getattr(found, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
