"""Run a command for which ptrace(2) has no NT_X86_XSTATE: `narrow_registers.py COMMAND [ARG...]`.

User-mode-linux keeps the registers of its processes by ptrace, in a buffer that ends with AVX-512. On a processor
that has more (AMX) the kernel refuses what it writes back, and no process starts. Without that set of registers it
takes the older one, which ends with SSE; the processes it runs must then be told to use no wider ones.
Follows: seccomp(2), bpf(4), prctl(2), ptrace(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER, ARCH, REQUEST, KIND = 0, 4, 16, 32  # offsets in struct seccomp_data: nr, arch, args[0], args[2]
AUDIT_ARCH_X86_64, SYS_PTRACE = 0xC000003E, 101
GETREGSET, SETREGSET, NT_X86_XSTATE = 0x4204, 0x4205, 0x202

# code, where to go if true and if false (instructions to skip), operand
FILTER = [
    (LOAD, 0, 0, ARCH),
    (JUMP_IF_EQUAL, 0, 8, AUDIT_ARCH_X86_64),
    (LOAD, 0, 0, NUMBER),
    (JUMP_IF_EQUAL, 0, 6, SYS_PTRACE),
    (LOAD, 0, 0, REQUEST),
    (JUMP_IF_EQUAL, 1, 0, GETREGSET),
    (JUMP_IF_EQUAL, 0, 3, SETREGSET),
    (LOAD, 0, 0, KIND),
    (JUMP_IF_EQUAL, 0, 1, NT_X86_XSTATE),
    (RETURN, 0, 0, ERRNO | errno.EINVAL),
    (RETURN, 0, 0, ALLOW),
]


class Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def main() -> None:
    """Put the filter in place, and become the command."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in FILTER)
    program = Program(len(FILTER), code)
    for arguments in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(*arguments):
            number = ctypes.get_errno()
            sys.exit(f"prctl: {os.strerror(number)}")
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
