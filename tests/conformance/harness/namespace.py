"""Owns the namespaces that a suite runs in: loopback only, and a host name of its own.

Knows nothing of suites or Python. It needs root, `unshare` of util-linux and `ip` of iproute2
(unshare(1), ip-address(8), ip-route(8)); `available` tells whether this machine has them all.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# 127.0.0.1 and ::1 alone count as no address at all for AI_ADDRCONFIG, and getaddrinfo would fail:
# hence one more address of each family (from the ranges kept for documentation and private use).
# The default routes end on lo: a connect to any other address gets no answer, as from a dead host.
_SETUP = [
    "ip link set lo up multicast on",
    "ip addr add 198.51.100.77/32 dev lo",
    "ip addr add fd00::77/128 dev lo",
    "ip route add default dev lo",
    "ip -6 route add default dev lo",
    "echo $2 > /proc/sys/kernel/hostname",
    'mount --bind "$1/hosts" /etc/hosts',
    'mount --bind "$1/resolv.conf" /etc/resolv.conf',
]
# A test sets the host name, and others look it up: it must resolve, and be this run's alone.
_HOST = "conformance"
_SCRIPT = "{ " + " && ".join(_SETUP) + '; } || exit 125; shift 2; exec "$@"'


def wrap(folder: Path, command: list[str]) -> list[str]:
    """The command that runs `command` in a new namespace; `folder` holds the two files it mounts."""
    (folder / "hosts").write_text(f"127.0.0.1 localhost {_HOST}\n::1 localhost ip6-localhost\n")
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    unshare = ["unshare", "--net", "--uts", "--mount", "--propagation", "private"]
    return [*unshare, "sh", "-c", _SCRIPT, "sh", str(folder), _HOST, *command]


@functools.cache
def available(folder: Path) -> bool:
    """Whether a namespace can be made here; `folder` is scratch space for the trial."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run(wrap(folder, ["true"]), capture_output=True).returncode == 0
