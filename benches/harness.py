"""What every benchmark shares: the modules under test, the native helper, the machine.

It refuses a debug build of rsock, because its numbers would mean nothing. It must not
know any single benchmark. CPU times follow clock_gettime(2) and proc(5).
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import IO, Any

HERE = Path(__file__).resolve().parent
BARE = HERE / "bare"
RESULTS = HERE / "results"


def build_profile(module: ModuleType) -> str:
    """The profile a compiled module was built with; the stdlib's is always a release."""
    if module.__name__ == "socket":
        return "release"
    inner = importlib.import_module(f"{module.__name__}._rsock")
    return str(getattr(inner, "_build_profile", "unknown"))


def load_module(name: str) -> ModuleType:
    module = importlib.import_module(name)
    profile = build_profile(module)
    if profile != "release":
        sys.exit(f"{name} is a {profile} build: benchmarks need a release build")
    return module


def labels(names: list[str]) -> list[str]:
    """A distinct label for each module, so that one may be compared with itself."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return out


def turns(modules: list[str], rounds: int) -> Iterator[tuple[str, str]]:
    """Label and module of each run; the order alternates, so that neither is always first."""
    order = list(zip(labels(modules), modules, strict=True))
    for number in range(rounds):
        yield from order if number % 2 else reversed(order)


def install(name: str) -> None:
    """Puts the whole program on the module; before anything imports `socket`."""
    if name != "socket":
        importlib.import_module(name).install()


def bare_binary() -> str:
    """Builds the native helper where it is missing or older than its source."""
    binary = BARE / "target" / "release" / "bare"
    sources = [BARE / "Cargo.toml", *BARE.glob("src/**/*.rs")]
    newest = max(path.stat().st_mtime for path in sources)
    if not binary.exists() or binary.stat().st_mtime < newest:
        command = ["cargo", "build", "--release", "--locked", "-j2", "--quiet"]
        command += ["--target-dir", "target"]
        subprocess.run(command, cwd=BARE, check=True)
    return str(binary)


class Bare:
    """The native helper's operations, timed one at a time on request."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [bare_binary(), "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def time(self, operation: str, times: int) -> dict[str, int]:
        stdin, stdout = pipes(self._process)
        stdin.write(f"{operation} {times}\n")
        stdin.flush()
        return dict(json.loads(stdout.readline()))

    def close(self) -> None:
        self._process.communicate()


def pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def thread_cpu(pid: int) -> dict[int, int]:
    """CPU time in ns of each live thread of a process."""
    times = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            times[int(task.name)] = int((task / "schedstat").read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return times


def machine_cpu() -> int:
    """CPU time in ns that all processes have had; see proc(5) on /proc/stat."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _wait, *interrupts = (int(field) for field in fields[:7])
    ticks = user + nice + system + sum(interrupts)
    return ticks * (1_000_000_000 // os.sysconf("SC_CLK_TCK"))


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=HERE)
    except FileNotFoundError:
        return "unknown"
    return done.stdout.strip().split("\n")[0] or "unknown"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def machine() -> dict[str, Any]:
    """The machine and the versions, with nothing that names a host or a path."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(pages * size / 2**30),
        "kernel": platform.release(),
        "libc": " ".join(platform.libc_ver()),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "compiler": platform.python_compiler(),
        "rustc": _first_line(["rustc", "--version"]),
        "commit": _first_line(["git", "rev-parse", "HEAD"]),
        "date": datetime.date.today().isoformat(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--modules", default="socket,rsock", help="two modules, the first one the measure")
    parser.add_argument("--quick", action="store_true", help="fewer, shorter rounds")
    parser.add_argument("--only", default="", help="only names that contain this")
    parser.add_argument("--json", type=Path, help="write the raw numbers here")
    return parser


def finish(options: argparse.Namespace, numbers: dict[str, Any]) -> None:
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1) + "\n")
