"""What the tests of this folder get: sockets of any family, and a guest to run in.

The tests need a kernel with families that a machine rarely has, and its whole
network to themselves, so outside `run.sh` they skip. Inside, a family that the
guest is known to have must be there: a skip would hide its loss.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

HERE = Path(__file__).parent
GUEST = os.environ.get("RSOCK_GUEST")
# What each guest's kernel is built without; everything else is there.
ABSENT = {
    "uml": {"CAN_ISOTP", "IPPROTO_MPTCP", "AF_QIPCRTR", "AF_BLUETOOTH"},
    "qemu": set(),
}
UNSUPPORTED = {errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT}


def pytest_configure(config: pytest.Config) -> None:
    """Name what run.sh selects by."""
    config.addinivalue_line("markers", "stock_kernel: needs what user-mode-linux is built without")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip this folder's tests outside a guest."""
    if GUEST is None:
        mark = pytest.mark.skip(reason="needs a guest kernel: make test-kernel")
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(mark)


def require(names: tuple[str, ...], *arguments: int) -> None:
    """Skip where this guest's kernel is known to lack the socket; fail where it is not."""
    try:
        socket.socket(*arguments).close()
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        if not ABSENT[GUEST].intersection(names):
            pytest.fail(f"the {GUEST} guest has lost {names}: {error}")
        pytest.skip(f"the {GUEST} guest has no {' '.join(names)}")


@pytest.fixture
def open_socket(mod: ModuleType) -> Iterator[Callable]:
    """`open_socket("AF_TIPC", "SOCK_RDM")`: names, so that an absent one is a skip."""
    with contextlib.ExitStack() as stack:

        def opened(family: str, kind: str, proto: str | int = 0):
            names = tuple(n for n in (family, kind, proto) if isinstance(n, str))
            for name in names:
                if not hasattr(mod, name):
                    assert not hasattr(socket, name), f"rsock has no {name}"
                    pytest.skip(f"this Python was built without {name}")
            arguments = [getattr(mod, n) if isinstance(n, str) else n for n in (family, kind, proto)]
            require(names, *map(int, arguments))
            sock = stack.enter_context(mod.socket(*arguments))
            sock.settimeout(LIMIT)
            return sock

        yield opened
