"""What this machine can do, each asked once and over the stdlib.

`@pytest.mark.needs("ipv6", "root")` skips a test where an answer is no, with the
words that stand here. A capability is about the machine, never about rsock: a
probe that used rsock would turn its faults into skips.
"""

from __future__ import annotations

import functools
import os
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _opens(family: str, kind: str = "SOCK_STREAM", proto: int = 0) -> bool:
    try:
        with socket.socket(getattr(socket, family), getattr(socket, kind), proto):
            return True
    except (AttributeError, OSError):
        return False


def _binds(family: str, address: object) -> bool:
    try:
        with socket.socket(getattr(socket, family), socket.SOCK_DGRAM) as sock:
            sock.bind(address)
            return True
    except (AttributeError, OSError):
        return False


def _succeeds(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    done = subprocess.run(command, capture_output=True, check=False, timeout=20)
    return done.returncode == 0


PROBES: dict[str, tuple[Callable[[], bool], str]] = {
    "linux": (lambda: sys.platform == "linux", "this system is not Linux"),
    "fork": (lambda: hasattr(os, "fork"), "this system has no fork"),
    "procfs": (lambda: os.path.isdir("/proc/self/fd"), "there is no /proc"),
    "root": (
        lambda: hasattr(os, "geteuid") and os.geteuid() == 0,
        "this test needs root",
    ),
    "netns": (
        lambda: _succeeds("unshare", "-n", "true"),
        "`unshare -n` does not work here (it needs root and util-linux)",
    ),
    "iproute2": (
        lambda: _succeeds("ip", "-json", "link"),
        "`ip -json` is not here (Debian: apt-get install iproute2)",
    ),
    "ipv6": (
        lambda: _binds("AF_INET6", ("::1", 0)),
        "this machine has no IPv6 loopback",
    ),
    "unix": (lambda: hasattr(socket, "AF_UNIX"), "this system has no AF_UNIX"),
    "abstract": (
        lambda: _binds("AF_UNIX", b"\0rsock-probe-%d" % os.getpid()),
        "this system has no abstract AF_UNIX names",
    ),
    "raw": (
        lambda: _opens("AF_INET", "SOCK_RAW", 1),
        "raw sockets are not allowed here (they need root)",
    ),
    "packet": (
        lambda: _opens("AF_PACKET", "SOCK_RAW"),
        "AF_PACKET sockets are not allowed here (they need Linux and root)",
    ),
    "netlink": (
        lambda: _opens("AF_NETLINK", "SOCK_RAW"),
        "this kernel has no AF_NETLINK",
    ),
    "vsock": (lambda: _opens("AF_VSOCK"), "this kernel has no AF_VSOCK"),
    "tipc": (lambda: _opens("AF_TIPC", "SOCK_RDM"), "this kernel has no AF_TIPC"),
    "can": (lambda: _opens("AF_CAN", "SOCK_RAW", 1), "this kernel has no AF_CAN"),
    "alg": (lambda: _opens("AF_ALG", "SOCK_SEQPACKET"), "this kernel has no AF_ALG"),
    "compiler": (lambda: shutil.which("cc") is not None, "there is no C compiler"),
    "redis": (
        lambda: shutil.which("redis-server") is not None,
        "redis-server is not installed (Debian: apt-get install redis-server)",
    ),
}


@functools.cache
def missing(capability: str) -> str | None:
    """Say why this machine lacks the capability, or None where it has it."""
    probe, reason = PROBES[capability]
    return None if probe() else reason
