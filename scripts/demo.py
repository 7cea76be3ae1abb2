"""Serves a file tree with http.server and fetches it with urllib.request.

Both programs are unmodified and run in processes of their own: first under
`python -m rsock`, then on stock Python, in turns, and the best turn of each
counts. Every file's SHA-256 is checked each time. Each process reports from
inside, when it ends, which socket module it ran on; a wrong answer is an error.
With --tls the server is http.server behind `ssl`, with a certificate of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import file_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
LAUNCHERS: dict[str, list[str]] = {"rsock": ["-m", "rsock"], "stock": []}
EXPECTED = {"rsock": "rsock", "stock": "socket"}
MEBI = 1024 * 1024


@dataclass
class Site:
    """What is served, and where the processes leave what they say."""

    folder: Path
    tls: bool

    tree = property(lambda self: self.folder / "tree")
    manifest = property(lambda self: self.folder / "manifest.json")
    log = property(lambda self: self.folder / "server.log")
    certificate = property(lambda self: self.folder / "certificate.pem")
    authority = property(lambda self: self.folder / "authority.pem")

    def make(self, mebibytes: int) -> None:
        """Make the files, and the certificate if one is needed."""
        file_tree.write_manifest(file_tree.make(self.tree, mebibytes), self.manifest)
        if self.tls:
            import trustme

            authority = trustme.CA()
            authority.cert_pem.write_to_path(str(self.authority))
            authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(self.certificate))

    def report(self, process: str) -> Path:
        """Where a process leaves its own report."""
        return self.folder / f"{process}.json"

    def environment(self, process: str) -> dict[str, str]:
        """Let the interpreter load the witness, which writes the report, and trust the server."""
        path = [str(HERE / "witness"), os.environ.get("PYTHONPATH", "")]
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
            "RSOCK_WITNESS": str(self.report(process)),
            **({"SSL_CERT_FILE": str(self.authority)} if self.tls else {}),
        }

    def server(self) -> list[str]:
        """Return the arguments that start the server."""
        if self.tls:
            return [str(HERE / "serve_tls.py"), str(self.tree), str(self.certificate)]
        return ["-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(self.tree)]


def command(on: str, *arguments: str) -> list[str]:
    """Return the command line of a program on rsock or on stock Python."""
    return [sys.executable, "-u", *LAUNCHERS[on], *arguments]


@contextlib.contextmanager
def serving(on: str, site: Site) -> Iterator[str]:
    """Run `http.server` on a port that the system picks; yield the URL."""
    with (
        site.log.open("w") as log,
        subprocess.Popen(
            command(on, *site.server()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=site.environment("server"),
        ) as server,
    ):
        try:
            assert server.stdout is not None
            port = re.search(r" port (\d+) ", server.stdout.readline())
            if port is None:
                sys.exit(f"http.server did not start on {on}:\n{site.log.read_text()}")
            yield f"{'https' if site.tls else 'http'}://127.0.0.1:{port[1]}"
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                raise


def witnessed(on: str, report: Path) -> dict[str, Any]:
    """Read a process's own report; end the demo where it was on the wrong module."""
    seen = json.loads(report.read_text())
    wrong = {name: kind for name, kind in seen["holders"].items() if kind != EXPECTED[on]}
    if seen["socket"] != EXPECTED[on] or wrong:
        sys.exit(f"a process meant for {on} ran on something else: {seen}")
    return seen


def describe(process: str, seen: dict[str, Any]) -> str:
    """Say in one line what a process ran on."""
    holders = sorted(name for name in seen["holders"] if not name.startswith("rsock"))
    return (
        f"  {process:8} socket.socket is {seen['socket']}.socket, "
        f"_socket is {seen['_socket']}; held by {', '.join(holders)}"
    )


def turn(on: str, site: Site, *, tell: bool) -> dict[str, Any]:
    """Serve and fetch the tree once; return what the client measured."""
    with serving(on, site) as url:
        client = subprocess.run(
            command(on, str(HERE / "fetch.py"), url, str(site.manifest)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=300,
            env=site.environment("client"),
        )
    if client.returncode:
        sys.exit(f"the download failed on {on}; the server said:\n{site.log.read_text()[-2000:]}")
    seen = [witnessed(on, site.report(process)) for process in ("server", "client")]
    if tell:
        print(f"on {on}:")
        print(describe("server", seen[0]))
        print(describe("client", seen[1]))
    result: dict[str, Any] = json.loads(client.stdout)
    result["cpu_seconds"] = sum(one["cpu_seconds"] for one in seen)
    return result


def main() -> None:
    """Run the demo and print what ran on what, and how fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=48, help="MiB in the tree (default 48)")
    parser.add_argument("--turns", type=int, default=5, help="of each kind (default 5)")
    parser.add_argument("--tls", action="store_true", help="serve and fetch over TLS")
    options = parser.parse_args()
    # What a shell runs in the background has SIGINT ignored, and the servers would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    over = "HTTPS" if options.tls else "HTTP"
    print(f"{over}, Python {platform.python_version()}, {platform.system()} {platform.release()}")
    with tempfile.TemporaryDirectory(prefix="rsock-demo-") as name:
        site = Site(Path(name), options.tls)
        site.make(options.size)
        results: dict[str, list[dict[str, Any]]] = {on: [] for on in LAUNCHERS}
        for number in range(options.turns):
            for on, had in results.items():
                had.append(turn(on, site, tell=number == 0))

    best = {
        on: {key: min(one[key] for one in had) for key in ("seconds", "cpu_seconds")} for on, had in results.items()
    }
    first = results["rsock"][0]
    print(f"files   {first['files']}, every SHA-256 equal in every turn")
    print(f"bytes   {first['bytes']}")
    for on, row in best.items():
        rate = first["bytes"] / MEBI / row["seconds"]
        print(
            f"{on:7} {row['seconds']:.3f} s, {rate:.0f} MiB/s; both processes used "
            f"{row['cpu_seconds']:.3f} s of processor time (best of {options.turns})"
        )
    ratio = best["rsock"]["seconds"] / best["stock"]["seconds"]
    print(f"rsock took {ratio:.2f} of stock Python's time")


if __name__ == "__main__":
    main()
