"""`python -m rsock --check`: what this process and this machine have.

Owns: the report. Must not know: how any of it works.

It asks the system instead of tables: a family is there if a socket of it opens, TLS works if `_ssl` takes a
socket of ours. The modules that would bring the built-in `socket` are imported when it asks for them.
"""

import errno
import os
import platform
import sys
from importlib import import_module

from . import _install, _rsock
from ._pth import VARIABLE, enabled_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["report", "version"]

_public: "Any" = sys.modules[__name__.partition(".")[0]]


def version() -> str:
    """Return the version as a line."""
    metadata = import_module("importlib.metadata")
    try:
        return f"rsock {metadata.version('rsock')}\n"
    except metadata.PackageNotFoundError:
        return "rsock (not an installed package)\n"


def report() -> str:
    """Return the report as text."""
    return "\n".join((*_lines(), ""))


def _lines() -> "Iterator[str]":
    yield f"{version().strip()}, {os.path.dirname(_rsock.__file__)}"
    yield f"Python {platform.python_version()} ({platform.python_implementation()}), {platform.platform()}"
    yield f"import socket    {'rsock' if _install.is_installed() else 'the built-in module'}"
    yield f"children         {_children()}"
    yield f"TLS              {_tls()}"
    yield f"IPv6             {_yes(_public.has_ipv6)}, one socket for IPv4 too: {_yes(_public.has_dualstack_ipv6())}"
    yield "address families"
    for name, answer in _families():
        yield f"  {name:<15}{answer}"
    yield f"modules on rsock: {_names(_install.find_holders(_public, None))}"
    yield f"modules on the built-in socket: {_names(_install.find_holders(_install.builtin(), _public))}"


def _children() -> str:
    path = enabled_by()
    if path is None:
        return "use the built-in module (python -m rsock enable changes that)"
    return f"use rsock where {VARIABLE}=1 is set, as {path} says; here it is {os.environ.get(VARIABLE)}"


def _tls() -> str:
    try:
        ssl = import_module("ssl")
    except ImportError as exc:
        return f"none: {exc}"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    one, other = _public.socketpair()
    try:
        one = context.wrap_socket(one, server_hostname="localhost", do_handshake_on_connect=False)
        where = "on rsock" if isinstance(one, _rsock.socket) else "on the built-in socket: ssl was loaded before rsock"
    except TypeError:
        where = "not on rsock: _ssl was loaded before it"
    finally:
        one.close()
        other.close()
    return f"{ssl.OPENSSL_VERSION}, {where}"


def _families() -> "Iterator[tuple[str, str]]":
    kinds = [kind for kind in _public.SocketKind if kind.name not in {"SOCK_CLOEXEC", "SOCK_NONBLOCK"}]
    for family in _public.AddressFamily:
        opened, refusals = [], []
        for kind in kinds:
            try:
                _public.socket(family, kind).close()
            except OSError as exc:
                refusals.append(errno.errorcode.get(exc.errno or 0, str(exc)))
            else:
                opened.append(kind.name.removeprefix("SOCK_").lower())
        if opened:
            yield family.name, " ".join(opened)
        elif set(refusals) - {"EAFNOSUPPORT"}:
            yield family.name, f"no: {' '.join(sorted(set(refusals)))}"


def _yes(answer: object) -> str:
    return "yes" if answer else "no"


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
