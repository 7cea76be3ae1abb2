"""docs/names.md is true on the Python that runs this: every name is there, or absent for the reason given.

Reads docs/names.json by scripts/names_table.py, which writes the page.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest
import rsock

ROOT = Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("names_table", ROOT / "scripts" / "names_table.py")
table = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(table)

LISTS = json.loads(table.LISTS.read_text(encoding="utf-8"))
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
# The methods and attributes of the 2.7 documentation, in their Python 3 form.
METHODS_27 = [
    "accept",
    "bind",
    "close",
    "connect",
    "connect_ex",
    "fileno",
    "getpeername",
    "getsockname",
    "getsockopt",
    "listen",
    "makefile",
    "recv",
    "recvfrom",
    "recvfrom_into",
    "recv_into",
    "send",
    "sendall",
    "sendto",
    "setblocking",
    "settimeout",
    "gettimeout",
    "setsockopt",
    "shutdown",
    "family",
    "type",
    "proto",
]

pytestmark = pytest.mark.needs("linux")


def test_page_is_up_to_date():
    assert table.page(LISTS) == table.PAGE.read_text(encoding="utf-8"), "run scripts/names_table.py"


def test_every_name_of_this_python_is_listed_and_here():
    names = table.public_names()
    assert len(names) > 300
    assert not set(names) - set(LISTS[VERSION]), "run scripts/names_table.py --collect"
    assert not [name for name in names if not hasattr(rsock, name)]


@pytest.mark.parametrize("version", [version for version in LISTS if version.startswith("3.")])
def test_every_name_of_every_version_is_here(version):
    assert not [name for name in LISTS[version] if not hasattr(rsock, name) and not table.absent(name)]
    assert not [name for name in LISTS[version] if table.absent(name)], "nothing of Python 3 is absent"


def test_every_name_of_2_7_is_here_or_has_a_reason():
    lacking = {name for name in LISTS["2.7"] if not hasattr(rsock, name)}
    assert lacking == {name for name in LISTS["2.7"] if table.absent(name)}


@pytest.mark.parametrize("name", METHODS_27)
def test_method_of_2_7_is_here(name):
    assert hasattr(rsock.socket, name)


@pytest.mark.parametrize("name", sorted({name for names in LISTS.values() for name in names if table.absent(name)}))
def test_absent_name_is_absent(name):
    assert not hasattr(rsock, name), "the reason is no longer true"


@pytest.mark.parametrize("name", sorted(table.RE_EXPORTED))
def test_re_exported_name_is_the_same_object(name):
    import socket

    assert getattr(rsock, name) is getattr(socket, name)
