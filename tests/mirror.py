"""Asks a socket module how it encodes and decodes addresses, without a kernel for them.

The module runs in a child with `mirror.c` preloaded: there, `bind` keeps the
address and `getsockname` hands it back. Needs a C compiler and Linux.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import pickle
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

SOURCE = Path(__file__).with_suffix(".c")


class Written(NamedTuple):
    """The bytes that an address became, and what they were read back as."""

    raw: bytes
    back: object


class Failed(NamedTuple):
    """The class and the text of the exception."""

    kind: str
    text: str


def build(folder: Path) -> Path:
    """Compile the library into a folder."""
    compiler = shutil.which("cc")
    assert compiler is not None
    library = folder / "mirror.so"
    # a fortified header would define the calls inline, in other words
    options = ["-O0", "-U_FORTIFY_SOURCE", "-shared", "-fPIC"]
    subprocess.run([compiler, *options, "-o", library, SOURCE], check=True, timeout=60)
    return library


class Mirror:
    """A child that runs one module; safe to share between threads."""

    def __init__(self, module: str, library: Path) -> None:
        self._lock = threading.Lock()
        self._child = subprocess.Popen(
            [sys.executable, __file__, module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "LD_PRELOAD": str(library)},
        )

    def _ask(self, *question: Any) -> Any:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        with self._lock:
            pickle.dump(question, self._child.stdin)
            self._child.stdin.flush()
            return pickle.load(self._child.stdout)

    def write(self, family: int, proto: int, value: object) -> Written | Failed:
        """Encode an address and decode it again."""
        answer: Written | Failed = self._ask("write", family, proto, value)
        return answer

    def read(self, family: int, proto: int, raw: bytes) -> Any:
        """Decode an address."""
        return self._ask("read", family, proto, raw)

    def close(self) -> None:
        """End the child."""
        self._child.communicate(timeout=20)


def _serve(mod: Any) -> None:
    """Answer questions until there are no more."""
    library = ctypes.CDLL(None)
    room = ctypes.create_string_buffer(1024)
    while True:
        try:
            act, family, proto, value = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        sock = mod.socket(mod.AF_UNIX, mod.SOCK_DGRAM)
        with mod.socket(family, mod.SOCK_RAW, proto, fileno=sock.detach()) as sock:
            try:
                if act == "write":
                    sock.bind(value)
                    length = library.mirror_kept(room)
                    raw = room.raw[:length]
                    answer: object = Written(raw, sock.getsockname())
                else:
                    library.mirror_keep(value, len(value))
                    answer = sock.getsockname()
            except Exception as error:
                answer = Failed(type(error).__name__, str(error))
        pickle.dump(answer, sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    # by its own name, so that what is pickled is known to the parent
    from mirror import Failed, Written

    _serve(importlib.import_module(sys.argv[1]))
