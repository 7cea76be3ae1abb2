"""Owns the answer to one question: which folder holds the rsock that an interpreter is tested on.

Knows nothing of suites. A folder is a site-packages directory, an unpacked wheel, or the source
folder of a development install: whatever goes on `sys.path` for `import rsock` to work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

_WHERE = """
import importlib.util, os
spec = importlib.util.find_spec("rsock")
print(os.path.dirname(os.path.dirname(spec.origin)) if spec and spec.origin else "")
"""


def installed(python: str) -> Path:
    """The folder of the rsock that `python` itself imports."""
    command = [python, "-I", "-c", _WHERE]
    folder = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if not folder:
        raise LookupError(f"{python} has no rsock: install it there, or give --build or --rsock")
    return Path(folder)


def given(place: str) -> Path:
    """The folder meant by --rsock: the folder itself, or that of an interpreter's rsock."""
    return Path(place).resolve() if os.path.isdir(place) else installed(place)


def built(python: str, tag: str, root: Path, cache: Path) -> Path:
    """Build a release wheel for `python` and unpack it under `cache`.

    `tag` names the build folder, one for each interpreter, which `make build` uses too.
    """
    wheels, folder = cache / tag / "wheel", cache / tag / "site"
    for path in (wheels, folder):
        shutil.rmtree(path, ignore_errors=True)
    maturin = shutil.which("maturin")
    command = [maturin] if maturin else [sys.executable, "-m", "maturin"]
    command += ["build", "--release", "--quiet", "-i", python, "--out", str(wheels)]
    environ = {
        **os.environ,
        "CARGO_TARGET_DIR": str(root / "target" / tag),
        "PYO3_PYTHON": python,
    }
    subprocess.run(command, cwd=root, env=environ, check=True)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    return folder
