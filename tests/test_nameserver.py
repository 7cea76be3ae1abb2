"""What lookups make of a name server's answers: as the stdlib's, with a server of the test's own.

The server is a thread of the process that looks up (`nameserver.py`), so it can answer only if the lookup lets
other threads run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import LIMIT

HERE = Path(__file__).parent


@pytest.mark.needs("netns")
def test_answers_of_a_name_server_are_those_of_stock():
    answers = {}
    for module in ("socket", "rsock"):
        command = [
            "unshare",
            "-nm",
            sys.executable,
            str(HERE / "netns.py"),
            sys.executable,
            str(HERE / "nameserver.py"),
        ]
        done = subprocess.run([*command, module], capture_output=True, text=True, check=False, timeout=2 * LIMIT)
        assert done.returncode == 0, done.stderr
        answers[module] = json.loads(done.stdout)
    found, stock = answers["rsock"], answers["socket"]
    assert "back.example" in found["getnameinfo(('192.0.2.1', 80), 0)"]
    # CPython 3.10 keeps the interpreter in getnameinfo, and the server waits for it.
    held = "getnameinfo" if sys.version_info < (3, 11) else "none"
    assert {call: found[call] for call in found if held not in call} == {
        call: stock[call] for call in stock if held not in call
    }
    assert "192.0.2.1" in str(found["getaddrinfo('host.example', 80)"])
    assert "2001:db8::1" in str(found["getaddrinfo('host.example', 80)"])
    assert "192.0.2.2" in str(found["gethostbyname('bücher.example')"])
    assert "back.example" in str(found["gethostbyaddr('192.0.2.1')"])
    assert "alias.example" in str(found["gethostbyname_ex('alias.example')"])
    assert found["bind"] == "127.0.0.1"
    assert "-2" in str(found["getaddrinfo('nobody.example', 80)"])
