"""Runs a command in a network namespace of its own that has only loopback.

    unshare -n python tests/netns.py command...

A new namespace has its loopback down; this brings it up and then becomes the
command. Nothing that runs in there can reach another network.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys

SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1


def raise_loopback() -> None:
    """Do what `ip link set lo up` does, where there is no `ip`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh14x", b"lo", 0)
        request = fcntl.ioctl(sock, SIOCGIFFLAGS, request)
        _, flags = struct.unpack("16sh14x", request)
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


if __name__ == "__main__":
    raise_loopback()
    os.execvp(sys.argv[1], sys.argv[1:])
