#!/usr/bin/env python3
"""Runs programs over other people's code, each on stock Python and then on rsock, and prints what came of it.

    python tests/ecosystem/run.py [PROJECT...]

A row is green if the program ended well both times, said the same both times and nothing that is not so, and if
no part of it was on the other socket module. Owns the order of work; the projects are in projects.py, their
servers in servers.py, their packages in environment.py, the table in report.py.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import report
from environment import Environment, install_servers, server_versions
from projects import PROJECTS, Project
from servers import SERVERS, Unavailable

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LAUNCHERS: dict[str, list[str]] = {"stock": [], "rsock": ["-m", "rsock"]}
# what `_socket` is called, and whose class no module may hold
NAMES = {"stock": ("_socket", "rsock"), "rsock": ("rsock._rsock", "socket")}
LIMIT = 240.0


class Runner:
    """Runs one program after the other in an environment."""

    def __init__(self, environment: Environment, logs: Path) -> None:
        self._environment = environment
        self._logs = logs

    def row(self, project: Project) -> report.Row:
        """Run a program on each module, with its server beside it."""
        row = report.Row(project)
        if project.namespace and os.geteuid() != 0:
            row.results = dict.fromkeys(LAUNCHERS, "skipped: needs root")
            return row
        try:
            with SERVERS[project.server]() if project.server else contextlib.nullcontext("") as where:
                for on in LAUNCHERS:
                    begun = time.monotonic()
                    row.results[on] = self._run(row, on, where)
                    row.seconds[on] = time.monotonic() - begun
        except Unavailable as reason:
            row.results = dict.fromkeys(LAUNCHERS, f"skipped: {reason}")
            return row
        if set(row.results.values()) == {"ok"} and row.said["stock"] != row.said["rsock"]:
            row.results["rsock"] = "says something else"
        return row

    def _run(self, row: report.Row, on: str, where: str) -> str:
        program = HERE / "programs" / f"{row.project.program}.py"
        python = str(self._environment.python)
        command = [python, "-u", *LAUNCHERS[on], str(program)]
        if row.project.namespace:
            command = ["unshare", "-n", python, str(ROOT / "tests" / "netns.py"), *command]
        log = self._logs / f"{row.project.program}-{on}.txt"
        with tempfile.TemporaryDirectory(prefix="rsock-eco-") as folder, log.open("w") as errors:
            witness = Path(folder, "witness.json")
            code, row.said[on] = self._wait(command, folder, errors, self._variables(on, where, witness))
            with log.open("a") as file:
                file.write(row.said[on])
            if code is None:
                return f"took over {LIMIT:.0f} s"
            if code:
                return f"ended with {code}"
            if "False" in row.said[on].split():
                return "says that something is not so"
            return self._judge(on, witness)

    def _variables(self, on: str, where: str, witness: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "RSOCK"))}
        return {
            **kept,
            "ECOSYSTEM_ON": on,
            "ECOSYSTEM_SERVER": where,
            "PYTHONPATH": os.pathsep.join([str(HERE / "support"), str(ROOT / "scripts" / "witness")]),
            "RSOCK_WITNESS": str(witness),
        }

    @staticmethod
    def _wait(command: list[str], folder: str, errors, env: dict[str, str]) -> tuple[int | None, str]:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=folder,
            env=env,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=LIMIT)
            return process.returncode, said
        except subprocess.TimeoutExpired:
            return None, ""
        finally:
            # whatever it started ends with it
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    @staticmethod
    def _judge(on: str, witness: Path) -> str:
        """Check on which socket module every part of the program was."""
        if not witness.exists():
            return "did not tell what it was on"
        seen = json.loads(witness.read_text())
        name, other = NAMES[on]
        strays = sorted(holder for holder, kind in seen["holders"].items() if kind == other)
        if seen["_socket"] != name or strays:
            return f"was on {seen['_socket']}, {', '.join(strays)}"
        return "ok"


def main() -> int:
    """Run what was asked for; the number returned is the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("projects", nargs="*", metavar="PROJECT", help="run these only")
    parser.add_argument("--cache", type=Path, default=ROOT / "target" / "ecosystem", help="for packages and logs")
    parser.add_argument("--write", action="store_true", help="keep the table of all projects in docs/ecosystem.md")
    parser.add_argument("--no-servers", action="store_true", help="install no server by apt-get")
    options = parser.parse_args()
    if options.write and options.projects:
        parser.error("--write takes all projects")
    unknown = set(options.projects) - {project.name for project in PROJECTS}
    if unknown:
        parser.error(f"no such project: {', '.join(sorted(unknown))}")
    chosen = [project for project in PROJECTS if project.name in options.projects or not options.projects]

    logs = options.cache / "logs" / str(sys.implementation.cache_tag)
    logs.mkdir(parents=True, exist_ok=True)
    environment = Environment(options.cache)
    environment.make()
    if not options.no_servers:
        install_servers()
    runner, rows = Runner(environment, logs), []
    for project in chosen:
        rows.append(runner.row(project))
        print(f"{project.name}: {' / '.join(rows[-1].results.values())}", flush=True)

    versions = environment.versions()
    print(f"\n{report.table(rows, versions)}")
    if options.write:
        report.write(ROOT / "docs" / "ecosystem.md", report.section(rows, versions, server_versions()))
    failed = [row.project.name for row in rows if row.failed()]
    print(f"\n{'FAILED: ' + ', '.join(failed) if failed else 'passed'}; logs in {logs}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
