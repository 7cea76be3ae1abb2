"""Sockets sent to another process by `multiprocessing`.

Owns: what its pickler makes of one of our sockets, and the function that the other process calls. Must not
know: who asked. Loaded only when a first socket is sent or `rsock` takes the place of `socket`.

It imports nothing of `multiprocessing`, which brings the built-in `socket`; it is only there to be called by it.
"""

import os
import sys

from . import _rsock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from ._rsock import _Socket

    class _Descriptor(Protocol):
        """What stands for a descriptor on its way: `multiprocessing` duplicates it into the receiver."""

        def detach(self) -> Any: ...


__all__ = ["reduce_socket", "register"]


def register() -> None:
    """Tell the pickler of `multiprocessing`, if it is loaded, about our class."""
    reduction: Any = sys.modules.get("multiprocessing.reduction")
    if reduction is not None:
        reduction.register(_rsock._Socket, reduce_socket)


def reduce_socket(sock: "_Socket") -> "tuple[Any, ...]":
    """Return the function that the other process has to call, and its arguments."""
    register()
    if os.name == "nt":
        from importlib import import_module

        sharer: Any = import_module("multiprocessing.resource_sharer")
        return _from_share, (sharer.DupSocket(sock),)
    reduction: Any = sys.modules["multiprocessing.reduction"]
    held = reduction.DupFd(sock.fileno())
    return _from_descriptor, (held, int(sock.family), int(sock.type), sock.proto)


def _from_descriptor(held: "_Descriptor", family: int, type: int, proto: int) -> "_Socket":
    return _rsock._Socket(family, type, proto, fileno=held.detach())


def _from_share(held: "_Descriptor") -> "_Socket":
    # the sharer hands over a socket of the module that it knows itself
    return _rsock._Socket(fileno=held.detach().detach())
