"""The guards of conftest.py, each shown a test that it must fail.

Follows: a guard that never fires proves nothing. The tests here hand small test
files to a pytest of its own, with this folder's conftest.py.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HERE = Path(__file__).parent

GUILTY = {
    "descriptors left open": """
        import os
        def test_it():
            os.dup(0)
    """,
    "descriptors of others closed": """
        import os
        extra = os.dup(0)
        def test_it():
            os.close(extra)
    """,
    "ResourceWarning": """
        import socket
        def test_it():
            socket.socket()
    """,
    "'nonsense'": """
        import pytest
        @pytest.mark.needs("nonsense")
        def test_it():
            pass
    """,
}

INNOCENT = """
    import pytest
    def test_it(mod):
        with mod.socket():
            pass
    @pytest.mark.needs("linux")
    def test_cycle():
        loop = []
        loop.append(loop)
"""


def run_pytest(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(textwrap.dedent(source))
    for name in ("conftest.py", "capabilities.py", "processes.py", "support.py"):
        shutil.copy(HERE / name, folder)
    command = [sys.executable, "-m", "pytest", "-q", "-k", "not rsock"]
    command += ["-c", str(HERE.parent / "pyproject.toml"), "--rootdir", str(folder)]
    return subprocess.run(
        [*command, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


@pytest.mark.needs("procfs")
@pytest.mark.parametrize("words", GUILTY)
def test_guard_fails_the_guilty(tmp_path, words):
    done = run_pytest(tmp_path, GUILTY[words])
    assert done.returncode == 1, done.stdout + done.stderr
    assert words in done.stdout


def test_guard_lets_the_innocent_pass(tmp_path):
    done = run_pytest(tmp_path, INNOCENT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
