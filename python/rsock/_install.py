"""rsock in the place of `socket` and `_socket`, for a whole process.

Owns: install() and uninstall(), the finder that keeps the two names ours, the search for modules that hold the
built-in ones. Must not know: what the modules contain.

A program may drop an entry of `sys.modules` and import again (test suites do): the finder gives the same module
once more, where the path would give the built-in one. `_ssl` takes the class of sockets that it accepts from
`_socket` when it is first imported, and never asks again; that is why the order matters.
"""

import sys
from _thread import allocate_lock

from . import _enums, _reduction, _rsock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

__all__ = ["builtin", "find_holders", "install", "is_installed", "uninstall"]

_PACKAGE = __name__.partition(".")[0]
_FUNCTIONS = (type(len), type(lambda: None))
_lock = allocate_lock()


class _State:
    """What is installed, and what uninstall() has to put back."""

    def __init__(self) -> None:
        self.installed = False
        self.before: dict[str, ModuleType | None] = {}
        self.ssl_before: ModuleType | None = None
        self.ssl_on_ours: ModuleType | None = None


_state = _State()


_OURS: "dict[str, ModuleType]" = {"socket": sys.modules[_PACKAGE], "_socket": _rsock}
_SPECS = {name: module.__spec__ for name, module in _OURS.items()}


class _Finder:
    """Finds our modules by the names of the built-in ones; in `sys.meta_path` while installed."""

    @staticmethod
    def find_spec(
        name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        if name in _OURS:
            return type(__spec__)(name, _Loader(name))  # type: ignore[arg-type]
        if name.startswith("socket."):
            # ours is a package: its files must not load a second time by another name
            raise ModuleNotFoundError(f"No module named {name!r}; 'socket' is not a package", name=name)
        return None


class _Loader:
    """Loads a module by handing over the one that is loaded already."""

    def __init__(self, name: str) -> None:
        self.name = name

    def create_module(self, spec: "ModuleSpec") -> "ModuleType":
        return _OURS[self.name]

    def exec_module(self, module: "ModuleType") -> None:
        # the import system has put the one by which it came here
        module.__spec__ = _SPECS[self.name]


def is_installed() -> bool:
    """Return whether `import socket` gives rsock."""
    return _state.installed


def install(*, allow_late_ssl: bool = False) -> set[str]:
    """Do what the public function of this name says; return the names of the modules that keep the built-in socket."""
    with _lock:
        if not _state.installed:
            ssl = sys.modules.get("_ssl")
            if ssl is not None and ssl is not _state.ssl_on_ours and not allow_late_ssl:
                raise RuntimeError(
                    "rsock.install() came too late for TLS: _ssl is loaded and accepts sockets of the built-in "
                    "_socket only. Call it before anything imports ssl, or run the program with python -m rsock; "
                    "install(allow_late_ssl=True) goes on, with no TLS over rsock"
                )
            _state.ssl_before = ssl
            _state.before = {name: sys.modules.get(name) for name in _OURS}
            _state.installed = True
        if _Finder in sys.meta_path:
            sys.meta_path.remove(_Finder)
        sys.meta_path.insert(0, _Finder)
        sys.modules.update(_OURS)
        # by the name that a module gives itself, cloudpickle sends it and gevent keeps what it patched
        _OURS["socket"].__name__ = "socket"
        _set_origin("socket")
        _reduction.register()
        return find_holders(_state.before["socket"], _OURS["socket"])


def uninstall() -> None:
    """Do what the public function of this name says."""
    with _lock:
        if not _state.installed:
            return
        _state.installed = False
        ssl = sys.modules.get("_ssl")
        if ssl is not _state.ssl_before:
            _state.ssl_on_ours = ssl
        if _Finder in sys.meta_path:
            sys.meta_path.remove(_Finder)
        for name, module in _OURS.items():
            if sys.modules.get(name) is not module:
                continue  # somebody else's by now
            before = _state.before[name]
            if before is None:
                del sys.modules[name]
            else:
                sys.modules[name] = before
        _OURS["socket"].__name__ = _PACKAGE
        _set_origin(_PACKAGE)


def _set_origin(module: str) -> None:
    """Have pickles name functions and enum members as those of a module, the one that other processes can load."""
    _enums.set_origin(module)
    for value in vars(_OURS["socket"]).values():
        if getattr(value, "__module__", None) in (_PACKAGE, "socket") and isinstance(value, _FUNCTIONS):
            value.__module__ = module


def builtin() -> "ModuleType | None":
    """Return the built-in `socket`; None if it was not loaded."""
    return _state.before["socket"] if _state.installed else sys.modules.get("socket")


def find_holders(module: "Any", other: "Any") -> set[str]:
    """Name the modules that have a `socket` module, or a class or function of it, among their globals.

    What the `other` one or Python itself has too, such as the exceptions, tells nothing.
    """
    if module is None:
        return set()
    base = module.SocketType
    marks = {id(module), id(module._socket)}
    for name in module.__all__:
        value = getattr(module, name)
        shared = value is getattr(other, name, None) or getattr(value, "__module__", None) == "builtins"
        if callable(value) and not shared:
            marks.add(id(value))
    holders = set()
    for name, holder in tuple(sys.modules.items()):
        if id(holder) in marks or holder is other or name.partition(".")[0] == _PACKAGE:
            continue
        try:
            held = object.__getattribute__(holder, "__dict__")  # a lazy module is to stay unloaded
        except AttributeError:
            continue
        for value in tuple(held.values()):
            if id(value) in marks or (isinstance(value, type) and base in value.__mro__):
                holders.add(name)
                break
    return holders
