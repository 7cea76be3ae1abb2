"""Who makes the system calls that move bytes: the extension itself, or a library that stands before the C library.

What a sleeping thread's instruction pointer is in says which. Follows: proc(5) on `syscall` and `maps`, ld.so(8).
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import importlib, sys
from pathlib import Path
from inflight import InFlight
mod = importlib.import_module(sys.argv[1])
one, other = mod.socketpair()
call = InFlight(lambda: one.recv(9)).wait_until_waiting()
pointer = int(Path(f"/proc/self/task/{call.native_id}/syscall").read_text().split()[-1], 16)
for line in Path("/proc/self/maps").read_text().splitlines():
    span, *_, path = line.split(maxsplit=5)
    low, high = (int(end, 16) for end in span.split("-"))
    if low <= pointer < high:
        print(Path(path).name)
other.send(b"x")
assert call.finish() == b"x"
"""
STANDS_BEFORE = """
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
"""
FORMS = {
    "recv": "ssize_t recv(int fd, void *to, size_t len, int flags)"
    " { return syscall(SYS_recvfrom, fd, to, len, flags, 0, 0); }",
    "sendto": "ssize_t sendto(int fd, const void *of, size_t len, int flags, const struct sockaddr *to, socklen_t n)"
    " { return syscall(SYS_sendto, fd, of, len, flags, to, n); }",
}


def caller(mod, **environment):
    """Return the name of the file that a receive sleeps in."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, mod.__name__],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


pytestmark = [
    pytest.mark.thread_unsafe(reason="starts processes"),
    pytest.mark.needs("linux", "procfs"),
    pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this C library is not glibc"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="on this processor the C library is called"),
    pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="a library stands before the C library already"),
]


def test_the_extension_makes_the_call_itself(mod):
    expected = "libc" if mod.__name__ == "socket" else "_rsock"
    assert caller(mod).startswith(expected)


@pytest.mark.needs("compiler")
@pytest.mark.parametrize("function", FORMS)
def test_who_stands_before_the_c_library_is_not_passed_by(mod, tmp_path, function):
    library = tmp_path / "before.so"
    source = STANDS_BEFORE + FORMS[function] + "\n"
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-o", str(library), "-"]
    subprocess.run(command, input=source, text=True, check=True)
    assert caller(mod, LD_PRELOAD=str(library)).startswith("libc")
