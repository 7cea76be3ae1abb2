"""Starts the tests of `faults/` below a shim that makes system calls fail; `make faults` runs them at full length.

Follows: ld.so(8) on LD_PRELOAD. It needs a C compiler.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MINUTES = 20


@pytest.mark.thread_unsafe(reason="starts processes")
@pytest.mark.timeout(MINUTES * 60)
@pytest.mark.needs("linux")
def test_injected_faults(tmp_path):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler (Debian: apt-get install gcc)")
    shim = tmp_path / "shim.so"
    source = HERE / "faults" / "shim.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl", "-lpthread"], check=True)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(HERE / "faults")]
    done = subprocess.run(
        command,
        cwd=HERE.parent,
        env={**os.environ, "LD_PRELOAD": str(shim)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert re.search(r"\d{3,} passed", done.stdout), done.stdout[-500:]
