"""`python -m rsock enable` and `disable`: the children of a program on rsock are on rsock too.

In a virtual environment of their own, because they write into it.
"""

from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

import pytest
import rsock
from children import python

pytestmark = pytest.mark.thread_unsafe(reason="an environment for each, and only one file in it to write")


def ours(*arguments, **keywords):
    """Run what the command line of rsock makes of it."""
    return python("-m", "rsock", *arguments, **keywords)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A virtual environment that has rsock only by PYTHONPATH; its interpreter and its site-packages."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    executable = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    done = python("-c", "import sysconfig; print(sysconfig.get_path('purelib'))", executable=executable)
    return executable, Path(done.stdout.strip())


def test_enable_reaches_children_in_isolation(environment):
    executable, site = environment
    home = str(Path(rsock.__file__).parent.parent)
    with_rsock = {**os.environ, "PYTHONPATH": home}
    bare = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "RSOCK_INSTALL"}}
    asks = "import socket, sys; print(socket.socket.__module__, 'rsock' in sys.modules)"

    done = ours("enable", executable=executable, env=with_rsock)
    assert done.returncode == 0, done.stderr
    [written] = site.glob("*.pth")
    assert str(written) in done.stdout
    assert len(written.read_text().splitlines()) == 2

    for options in ([], ["-I"], ["-E"], ["-s"]):
        done = python(*options, "-c", asks, executable=executable, env={**bare, "RSOCK_INSTALL": "1"})
        assert done.stdout == "rsock True\n", done.stderr
        done = python(*options, "-c", asks, executable=executable, env=bare)
        assert done.stdout == "socket False\n", done.stderr
        assert not done.stderr
    done = python("-m", "rsock", "-c", asks, executable=executable, env={**with_rsock, "RSOCK_INSTALL": "1"})
    assert done.stdout == "rsock True\n", done.stderr
    for value in ("0", "", "yes"):
        done = python("-c", asks, executable=executable, env={**bare, "RSOCK_INSTALL": value})
        assert done.stdout == "socket False\n", done.stderr

    parent = "import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', " + repr(asks) + "])"
    done = ours("-c", parent, executable=executable, env=bare)
    assert done.stdout == "rsock True\n", done.stderr
    assert "as " + str(written) in ours("--check", executable=executable, env=bare).stdout

    done = ours("disable", executable=executable, env=bare | {"PYTHONPATH": home})
    assert str(written) in done.stdout
    assert not list(site.glob("*.pth"))
    done = ours("disable", executable=executable, env=with_rsock)
    assert done.returncode == 0
    assert done.stdout.startswith("there is no ")


def test_enable_that_cannot_write(environment):
    executable, site = environment
    with_rsock = {**os.environ, "PYTHONPATH": str(Path(rsock.__file__).parent.parent)}
    target = site / "00_rsock.pth"
    target.mkdir()  # root may write anywhere, but not over a folder
    try:
        done = ours("enable", executable=executable, env=with_rsock)
        assert done.returncode == 1
        assert f"rsock: cannot write {target}" in done.stderr
        done = ours("disable", executable=executable, env=with_rsock)
        assert done.returncode == 1
        assert f"rsock: cannot remove {target}" in done.stderr
    finally:
        target.rmdir()


FAMILY = """
import multiprocessing, socket, sys
from concurrent.futures import ProcessPoolExecutor

def told(connection=None):
    import _socket, ssl
    text = f"{socket.socket.__module__} {_socket.__name__} {ssl.SSLSocket.__base__.__module__}"
    return connection.send(text) if connection else text

def echoed(sock):
    with sock:
        return sock.recv(9), type(sock).__module__

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    mine, its = context.Pipe()
    process = context.Process(target=told, args=(its,))
    process.start()
    print(mine.recv())
    process.join()
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        print(pool.submit(told).result())
        one, other = socket.socketpair()
        with one, other:
            one.sendall(b"travelled")
            print(*pool.submit(echoed, other).result())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="fork and forkserver are POSIX")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_enable_reaches_children_of_multiprocessing(environment, tmp_path, method):
    executable, _ = environment
    with_rsock = {**os.environ, "PYTHONPATH": str(Path(rsock.__file__).parent.parent)}
    bare = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "RSOCK_INSTALL"}}
    (tmp_path / "program.py").write_text(FAMILY)
    try:
        assert ours("enable", executable=executable, env=with_rsock).returncode == 0
        options = ("-W", "ignore::DeprecationWarning")  # fork of a process with threads
        done = python(*options, "-m", "rsock", "program.py", method, executable=executable, env=bare, cwd=tmp_path)
        stock = python(*options, "program.py", method, executable=executable, env=bare, cwd=tmp_path)
    finally:
        assert ours("disable", executable=executable, env=with_rsock).returncode == 0
    assert not done.stderr
    assert done.stdout == 2 * "rsock rsock._rsock rsock\n" + "b'travelled' rsock\n"
    assert stock.stdout == 2 * "socket _socket socket\n" + "b'travelled' socket\n"
