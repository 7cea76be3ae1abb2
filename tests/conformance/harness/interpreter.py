"""Owns one interpreter under test: its throw-away virtual environment and the runs in it.

Knows how regrtest is called and how a run that crashes or hangs is carried on; judges nothing.
rsock is installed by a .pth line of the environment: unlike PYTHONPATH and sitecustomize it also
reaches children that are started with -E, -I or an empty environment. Stock runs get the same
environment with the same line, so that both see the same layout.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from harness import namespace
from harness.evidence import weigh
from harness.outcomes import Outcome, Outcomes, from_junit, from_text, merge, unfinished
from harness.suites import LEFT_OUT, QUIET_LIMIT, SHARED_TESTS, STAND_INS, TOTAL_LIMIT

HERE = Path(__file__).resolve().parent.parent

_PROBE = """
import importlib.util, json, platform, sys
has = lambda name: importlib.util.find_spec(name) is not None
names = sys.argv[1:]
tested = has("test") and has("test.libregrtest")
found = [name for name in names if tested and has(name)]
tag = '%d.%d' % sys.version_info[:2] + sys.abiflags
print(json.dumps([platform.python_version(), tag, sys.executable, tested, found]))
"""

# How often a run that crashed or hung is carried on without the test that did it.
_ROUNDS = 6

# Settings of this process that would change what the tests see.
_FOREIGN = re.compile(r"PYTHON|RSOCK|VIRTUAL_ENV|.*_proxy$", re.IGNORECASE)


@dataclass
class Run:
    """What one run of a suite gave.

    `doubts` say why it may prove nothing about its sockets, `warnings` are regrtest's own, of
    threads, processes or exceptions that a test left behind without failing.
    """

    outcomes: Outcomes
    seconds: float
    processes: int = 0
    doubts: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Interpreter:
    """A Python to test: `run` its suites on stock or on the rsock of a folder."""

    def __init__(self, python: str, suites: list[str], logs: Path) -> None:
        names = [f"test.{suite}" for suite in suites] + list(SHARED_TESTS.values())
        command = [python, "-I", "-c", _PROBE, *names]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.version, self.tag, self.python, self.has_tests, found = json.loads(answer)
        self.short = self.version.rpartition(".")[0]
        self._found = set(found)
        self._logs = logs
        self._scratch = Path(tempfile.mkdtemp(prefix="rsock-"))
        self._venvs: dict[Path | None, Path] = {}
        self.namespace = namespace.available(self._scratch)

    def close(self) -> None:
        """Remove the environments."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def has(self, suite: str) -> bool:
        """Whether this installation has the suite, or the tests that a stand-in shows."""
        return f"test.{suite}" in self._found or SHARED_TESTS.get(suite) in self._found

    def venv(self, folder: Path | None) -> Path:
        """The environment's Python on the rsock in `folder`, or on stock sockets."""
        if folder not in self._venvs:
            home = self._scratch / f"v{len(self._venvs)}"
            subprocess.run([self.python, "-m", "venv", "--without-pip", str(home)], check=True)
            site = home / "lib" / f"python{self.short}" / "site-packages"
            log, rsock = str(home / "evidence"), str(folder or "")
            (site / "rsock_conformance.pth").write_text(
                f"import sys; sys.path.insert(0, {str(HERE / 'preload')!r}); import rsock_conformance; "
                f"sys.path.pop(0); rsock_conformance.start({log!r}, {rsock!r})\n"
            )
            self._venvs[folder] = home / "bin" / "python"
        return self._venvs[folder]

    def run(self, suite: str, folder: Path | None, only: list[str] | None = None) -> Run:
        """Run a suite, or `only` some of its tests, in one process from beginning to end.

        A test that ends or stops the process is noted, and the suite runs again without it.
        """
        begun = time.monotonic()
        broken: Outcomes = {}
        run = Run({}, 0.0)
        for _ in range(_ROUNDS):
            outcomes, end, text = self._once(suite, folder, only or [], list(broken), run)
            run.outcomes = {**outcomes, **broken}
            culprit = unfinished(text)
            if end is None:
                break
            if culprit is None or culprit in broken:
                run.doubts.append(f"the run ended by a {': '.join(end)}, in no test")
                break
            broken[culprit] = Outcome(*end)
            run.outcomes.update(broken)
            if only:
                break
        run.seconds = time.monotonic() - begun
        return run

    def _command(self, suite: str, only: list[str], without: list[str], xml: Path) -> list[str]:
        resources = ["cpu"]
        if self.short != "3.10":
            resources.append("walltime")
        # Without a namespace to keep them inside, tests of the network would go out.
        if self.namespace:
            resources.append("network")
        args = ["-m", "test", "-v", "-u", ",".join(resources), "--junit-xml", str(xml)]
        # In this order: where both are given, regrtest goes by the last that matches.
        for pattern in only:
            args += ["-m", pattern]
        for pattern in [*LEFT_OUT, *without]:
            args += ["-i", pattern]
        if f"test.{suite}" not in self._found and suite in STAND_INS:
            return [*args, "--testdir", str(HERE / "extra_suites"), STAND_INS[suite]]
        return [*args, suite]

    def _once(
        self,
        suite: str,
        folder: Path | None,
        only: list[str],
        without: list[str],
        run: Run,
    ) -> tuple[Outcomes, tuple[str, str] | None, str]:
        python = self.venv(folder)
        evidence = python.parent.parent / "evidence"
        evidence.unlink(missing_ok=True)
        name = f"{self.version}-{'rsock' if folder else 'stock'}-{suite}{'-alone' if only else ''}"
        log, xml = self._logs / f"{name}.txt", self._logs / f"{name}.xml"
        xml.unlink(missing_ok=True)
        command = [str(python), *self._command(suite, only, without, xml)]
        work = Path(tempfile.mkdtemp(dir=self._scratch))
        if self.namespace:
            command = namespace.wrap(work, command)
        environ = {key: value for key, value in os.environ.items() if not _FOREIGN.match(key)}
        environ["PATH"] = f"{python.parent}{os.pathsep}{environ.get('PATH', '')}"
        environ["TMPDIR"] = str(work)
        with open(log, "wb") as output:
            process = subprocess.Popen(
                command,
                cwd=work,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            end = _wait(process, log)
        shutil.rmtree(work, ignore_errors=True)
        text = log.read_text(errors="replace")
        outcomes = merge(from_junit(xml.read_text()) if xml.exists() else {}, from_text(text))
        processes, doubts = weigh(evidence, process.pid, folder, broken=bool(end))
        run.processes += processes
        run.doubts += doubts
        run.warnings += re.findall(r"^Warning -- .*", text, re.MULTILINE)
        return outcomes, end, text


def _wait(process: subprocess.Popen[bytes], log: Path) -> tuple[str, str] | None:
    """Wait for a run and whatever it left behind, and say how it broke off, if it did."""
    try:
        hung = _watch(process, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    if hung:
        return "hang", hung
    return ("crash", f"signal {-code}") if code < 0 else None


def _watch(process: subprocess.Popen[bytes], log: Path) -> str:
    """Return when the process has ended; if it hung, end it and say what was waited for."""
    started = changed = time.monotonic()
    size, hung = 0, ""
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
            return hung
        now = time.monotonic()
        if log.stat().st_size != size:
            size, changed = log.stat().st_size, now
        quiet, total = now - changed > QUIET_LIMIT, now - started > TOTAL_LIMIT
        if hung and now - changed > 10:
            os.killpg(process.pid, signal.SIGKILL)
        elif not hung and (quiet or total):
            # regrtest has set faulthandler on SIGABRT: the log gets every thread's traceback.
            limit = QUIET_LIMIT if quiet else TOTAL_LIMIT
            hung = f"{'no output for' if quiet else 'took over'} {limit:.0f} s"
            changed = now
            process.send_signal(signal.SIGABRT)
