"""Whole unmodified programs, on the stdlib and on rsock, with the same result.

Each program is a file beside this one or a module of the stdlib, and is started
as `python -m rsock ...`. The `programs` fixture checks from inside each process
on which socket module every part of it ran.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import trustme
from processes import EXPECTED, ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import file_tree

HERE = Path(__file__).resolve().parent


def check_module(programs, output):
    assert f"sockets from {EXPECTED[programs.on][0]}\n" in output


def test_http_server_and_urllib(programs, tmp_path):
    tree = tmp_path / "tree"
    digests = file_tree.make(tree, 12)
    manifest = tmp_path / "manifest.json"
    file_tree.write_manifest(digests, manifest)
    options = ["--bind", "127.0.0.1", "--directory", str(tree)]
    with programs.start("-m", "http.server", "0", *options) as server:
        port = server.wait_for("Serving HTTP on 127.0.0.1 port ").split()[0]
        url = f"http://127.0.0.1:{port}"
        report = json.loads(programs.run(ROOT / "scripts" / "fetch.py", url, manifest))
        server.interrupt()
        log = server.finish()
    assert report["files"] == len(digests)
    assert report["bytes"] == 12 * 1024 * 1024
    assert report["sockets"] == [f"{EXPECTED[programs.on][0]}.socket"]
    assert log.count('HTTP/1.1" 200') == len(digests)


def test_https_server_and_urllib(programs, tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "certificate.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    digests = file_tree.make(tmp_path / "tree", 8)
    manifest = tmp_path / "manifest.json"
    file_tree.write_manifest(digests, manifest)
    command = [ROOT / "scripts" / "serve_tls.py", tmp_path / "tree", tmp_path / "certificate.pem"]
    with programs.start(*command) as server:
        port = server.wait_for("Serving HTTPS on 127.0.0.1 port ").split()[0]
        url = f"https://127.0.0.1:{port}"
        report = json.loads(programs.run(ROOT / "scripts" / "fetch.py", url, manifest))
        server.interrupt()
        log = server.finish()
    assert report["bytes"] == 8 * 1024 * 1024
    assert report["sockets"] == ["ssl.SSLSocket"]
    assert log.count('HTTP/1.1" 200') == len(digests)


def test_socketserver_with_threads(programs):
    with programs.start(HERE / "threading_server.py") as server:
        port = server.wait_for("serving on ")
        assert "answers 1600\n" in programs.run(HERE / "threading_clients.py", port)
        server.interrupt()
        output = server.finish()
    check_module(programs, output)
    assert output.endswith("stopped\n")


def test_asyncio_streams_with_1000_connections(programs):
    with programs.start(HERE / "asyncio_server.py", "1000") as server:
        port = server.wait_for("serving on ")
        output = programs.run(HERE / "asyncio_clients.py", port, "1000")
        assert "connected 1000\n" in output
        assert f"echoed {1000 * 5 * 4096}\n" in output
        output = server.finish()
    check_module(programs, output)
    assert output.endswith("served 1000\n")


def test_xmlrpc(programs):
    with programs.start(HERE / "xmlrpc_serve.py") as server:
        port = server.wait_for("serving on ")
        output = programs.run(HERE / "xmlrpc_call.py", port)
        server.interrupt()
        check_module(programs, server.finish())
    assert output == f"pow {2**30}\nmethods pow reverse\nreversed True\nfault True\n"


def test_smtplib_and_aiosmtpd(programs):
    with programs.start(HERE / "smtp_serve.py") as server:
        port = server.wait_for("serving on ")
        sent = programs.run(HERE / "smtp_send.py", port)
        kept = server.finish()
    check_module(programs, sent)
    assert "refused 0\n" in sent
    assert "from sender@example.org\nto receiver@example.org\n" in kept
    assert sent.splitlines()[-1] in kept.splitlines()


@contextlib.contextmanager
def redis_server(folder, *where):
    """Run a Redis server that keeps nothing; yield once it accepts clients."""
    binary = shutil.which("redis-server")
    command = [binary, "--save", "", "--appendonly", "no", "--dir", str(folder), *where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            for line in server.stdout:
                if "eady to accept connections" in line or "now ready at" in line:
                    break
            else:
                pytest.fail("redis-server did not start")
            yield
        finally:
            server.terminate()
            server.communicate()


def unused_port():
    """Return a port that was free a moment ago: Redis does not take port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.needs("redis")
@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_redis(programs, tmp_path, kind):
    if kind == "tcp":
        where = unused_port()
        options = ["--bind", "127.0.0.1", "--port", where]
    else:
        where = str(tmp_path / "redis.sock")
        options = ["--port", "0", "--unixsocket", where]
    with redis_server(tmp_path, *options):
        output = programs.run(HERE / "redis_client.py", kind, where)
    check_module(programs, output)
    assert output.startswith(f"same True\nsum {sum(range(1000))}\nheard hello\n")
