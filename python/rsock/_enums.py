"""The enums `AddressFamily`, `SocketKind`, `MsgFlag` and `AddressInfo`, made from the extension's plain ints.

Owns: the four classes and their members, and the tables from which the extension answers `family` and
`type`. Must not know: sockets, or how the package is named in `sys.modules`.

`_convert_`, which makes the enums of the built-in modules, makes these: so repr, str, boundary and the form
of a pickle are those of the running version, whatever they are.
"""

from enum import IntEnum, IntFlag
from types import SimpleNamespace

from . import _rsock

TYPE_CHECKING = False  # importing `typing` would double the time of `import rsock`
if TYPE_CHECKING:
    from socket import AddressFamily, AddressInfo, MsgFlag, SocketKind
    from typing import Any

__all__ = ["CLASSES", "AddressFamily", "AddressInfo", "MsgFlag", "SocketKind", "_intenum_converter", "set_origin"]

_numbers = _rsock._numbers()
for _base, _name, _prefix in (
    (IntEnum, "AddressFamily", "AF_"),
    (IntEnum, "SocketKind", "SOCK_"),
    (IntFlag, "MsgFlag", "MSG_"),
    (IntFlag, "AddressInfo", "AI_"),
):
    # The class and its members become globals of this file. A module may be anything with names: this one has those
    # of one enum only.
    _base._convert_(_name, __name__, str.isupper, SimpleNamespace(**_numbers[_prefix]))  # type: ignore[union-attr]

CLASSES: "tuple[Any, ...]" = (AddressFamily, SocketKind, MsgFlag, AddressInfo)


def set_origin(module: str) -> None:
    """Have pickles name the members as those of a module, which has to hold the classes.

    `rsock` says so of itself; while it stands in for `socket`, a pickle says `socket`, as the stdlib's does,
    and any Python can load it.
    """
    for enum in CLASSES:
        enum.__module__ = module


def _intenum_converter(value: "Any", enum_klass: "Any") -> "Any":
    """Return the member of a value, or the value itself where the enum has none."""
    try:
        return enum_klass(value)
    except ValueError:
        return value


set_origin(__name__.partition(".")[0])
_rsock._set_enums(AddressFamily._value2member_map_, SocketKind._value2member_map_)
