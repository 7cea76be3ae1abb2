"""Small programs in an interpreter of their own, for what would change this one.

Each starts with a clean record of modules, which the tests of install() need, and ends within the limit of
support.py. Whole programs that come from files are in processes.py.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

from support import LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def python(
    *arguments: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    executable: str = sys.executable,
) -> subprocess.CompletedProcess[str]:
    """Run the interpreter and give what came of it."""
    return subprocess.run(
        [executable, *arguments],
        cwd=cwd,
        env=env,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * LIMIT,
    )


def run_python(code: str, *options: str) -> str:
    """Run some code, and fail unless it ends well and says nothing on stderr; return its output."""
    done = python(*options, "-c", textwrap.dedent(code))
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout
