"""The environment that the programs run in: pinned packages from PyPI, rsock, and servers from Debian.

It is made once for each interpreter and each content of requirements.txt, and kept in a cache. rsock itself is not
installed there but found where the runner found it, and enabled for children, as its command line does it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import servers

HERE = Path(__file__).resolve().parent
PACKAGES = {
    "mariadbd": "mariadb-server",
    "memcached": "memcached",
    "mosquitto": "mosquitto",
    "postgres": "postgresql",
    "rabbitmq-server": "rabbitmq-server",
    "redis-server": "redis-server",
}
SERVER_PACKAGES = {name: next(package for package in PACKAGES.values() if name in package) for name in servers.SERVERS}
_VERSIONS = """
import importlib.metadata, json
print(json.dumps({one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}))
"""


class Environment:
    """A virtual environment and what is in it."""

    def __init__(self, cache: Path) -> None:
        wanted = (HERE / "requirements.txt").read_bytes()
        tag = f"{sys.implementation.cache_tag}-{hashlib.sha256(wanted).hexdigest()[:12]}"
        self._folder = cache / tag
        self.python = self._folder / "bin" / "python"

    def make(self) -> None:
        """Make it, unless an earlier run did."""
        if not (self._folder / "made").exists():
            print(f"Installing the projects into {self._folder}", flush=True)
            shutil.rmtree(self._folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", self._folder], check=True)
            pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
            subprocess.run([*pip, "-r", HERE / "requirements.txt"], check=True)
            (self._folder / "made").touch()
        self._add_rsock()

    def _add_rsock(self) -> None:
        import rsock

        home = str(Path(rsock.__file__).resolve().parent.parent)
        [site] = (self._folder / "lib").glob("python*/site-packages")
        (site / "home_of_rsock.pth").write_text(f"{home}\n")
        subprocess.run([self.python, "-m", "rsock", "enable"], check=True, stdout=subprocess.DEVNULL)

    def versions(self) -> dict[str, str]:
        """Tell the version of each project that is installed."""
        done = subprocess.run([self.python, "-c", _VERSIONS], check=True, capture_output=True, text=True)
        found: dict[str, str] = json.loads(done.stdout)
        return {name.lower(): version for name, version in found.items()}


def server_versions() -> dict[str, str]:
    """Tell the version of each server that Debian's packages brought, by the name that servers.py gives it."""
    found = {}
    for name, package in SERVER_PACKAGES.items():
        command = ["dpkg-query", "--show", "--showformat=${Version}", package]
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            # without the epoch and what Debian's own revisions add
            found[name] = done.stdout.rpartition(":")[2].partition("-")[0].partition("+")[0]
    return found


def install_servers() -> None:
    """Install the servers that are missing, where this is Debian and we may."""
    missing = []
    for binary, package in PACKAGES.items():
        try:
            servers.find(binary, package, *servers.debian_folders())
        except servers.Unavailable:
            missing.append(package)
    if not missing:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(f"not installed (needs apt-get and root): {', '.join(missing)}")
        return
    print(f"Installing {', '.join(missing)}", flush=True)
    # no service is to start: the harness starts its own, on ports of its own
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        done = subprocess.run(
            ["apt-get", "--quiet", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=quiet,
            check=False,
        )
        if done.returncode:
            print(f"apt-get {arguments[0]} failed: {done.stderr[-500:]}")
            return
