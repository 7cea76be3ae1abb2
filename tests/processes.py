"""Runs whole programs in their own interpreter, on the stdlib or on rsock.

A program is started as a user starts it, `python app.py` or `python -m rsock
app.py`, and knows nothing of the test. On which socket it really ran is told by
`scripts/witness`, which reports from inside when the program ends.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from support import LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
EXPECTED = {"stock": ("socket", "_socket"), "rsock": ("rsock", "rsock._rsock")}


class Program:
    """One running program; `on` is "stock" or "rsock"."""

    def __init__(self, on: str, arguments: list[str], report: Path, prefix: list[str]) -> None:
        self.on = on
        self._report = report
        launcher = ["-m", "rsock"] if on == "rsock" else []
        path = [str(ROOT / "scripts" / "witness"), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-u", *launcher, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, path)),
                "RSOCK_WITNESS": str(report),
            },
        )
        self.output = ""

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    def wait_for(self, start: str) -> str:
        """Read the output up to a line that starts so, and return its rest."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.output += line
            if line.startswith(start):
                return line[len(start) :].strip()
        raise AssertionError(f"ended without {start!r}:\n{self.output}")

    def interrupt(self) -> None:
        """Press Ctrl-C, as a user ends a server."""
        self._process.send_signal(signal.SIGINT)

    def finish(self, *allowed: int) -> str:
        """Wait for the end; check the exit code and the socket; return the output."""
        rest, _ = self._process.communicate(timeout=LIMIT)
        self.output += rest
        assert self._process.returncode in (allowed or (0,)), self.output
        self._check_socket()
        return self.output

    def _check_socket(self) -> None:
        """Check that no part of the program was on the other socket module."""
        seen = json.loads(self._report.read_text())
        wanted, wanted_base = EXPECTED[self.on]
        assert (seen["socket"], seen["_socket"]) == (wanted, wanted_base), seen
        others = {name: on for name, on in seen["holders"].items() if on != wanted}
        assert not others, f"on another socket module: {others}"

    def close(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Launcher:
    """Starts programs, all on the same socket module."""

    def __init__(self, on: str, folder: Path) -> None:
        self.on = on
        self.folder = folder
        self._numbers = itertools.count()  # safe in many threads

    @contextlib.contextmanager
    def start(self, *arguments: str | Path, prefix: tuple[str, ...] = ()) -> Iterator[Program]:
        """Start a program; on the way out it is stopped if it still runs."""
        report = self.folder / f"witness-{next(self._numbers)}.json"
        program = Program(self.on, [str(one) for one in arguments], report, list(prefix))
        try:
            yield program
        finally:
            program.close()

    def run(self, *arguments: str | Path, prefix: tuple[str, ...] = ()) -> str:
        """Run a program to its end and return its output."""
        with self.start(*arguments, prefix=prefix) as program:
            return program.finish()
