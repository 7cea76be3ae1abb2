"""What the programs of tests/ecosystem/programs share: the check of their sockets, an HTTP server, certificates.

Must not import rsock: a program knows from the environment alone what it was started on.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ON = os.environ["ECOSYSTEM_ON"]
"""What this process was started on: "stock" or "rsock"."""

SERVER = os.environ.get("ECOSYSTEM_SERVER", "")
"""Where the server of this program listens: a port, or what servers.py says."""

LIMIT = 30.0
BIG = bytes(range(256)) * 4096


def on_expected(sock) -> bool:
    """Return whether a socket is of the module that this run is about.

    Its base class tells: `socket.socket` itself is another's where gevent has patched it.
    """
    base = sys.modules["_socket"]
    return isinstance(sock, base.socket) and base.__name__ == {"stock": "_socket", "rsock": "rsock._rsock"}[ON]


def check(*socks) -> None:
    """End the program unless every socket is of the module that this run is about."""
    for sock in socks:
        sock = getattr(sock, "_sock", sock)  # asyncio and trio have the socket in a wrapper
        if not on_expected(sock):
            sys.exit(f"meant for {ON}, but its socket is a {type(sock).__mro__}")


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers what the HTTP clients ask for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        check(self.connection)
        if self.path == "/redirect":
            self.answer(b"", 302, Location="/big")
        elif self.path == "/never":
            self.connection.recv(1)  # the client gives up first
            self.close_connection = True
        elif self.path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(BIG), 65536):
                self.wfile.write(b"10000\r\n" + BIG[start : start + 65536] + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.answer(BIG)

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body, status=200, **headers):
        """Send a response with a body."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@contextlib.contextmanager
def http_server(context=None):
    """Serve in threads, over TLS if there is a context; yield the port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    check(server.socket)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def certificates():
    """Make a certificate for localhost; yield the server's context and the file of who vouches for it."""
    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "authority.pem")
        authority.cert_pem.write_to_path(str(path))
        yield context, str(path)


def refused_port() -> int:
    """Return a port of loopback where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def in_threads(count, call) -> list:
    """Run a call in so many threads, each with its number; return what they returned, or raise what one raised."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def told() -> str:
    """Say what a server's process is on; its clients hold it against what they are on."""
    with socket.socket() as sock:
        return ON if on_expected(sock) else f"not {ON}"


@contextlib.contextmanager
def serving(command, ready, *, pass_fds=()):
    """Run a server of its own process from the line that has its port to the end of the block; yield the port."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=pass_fds,
        cwd=Path(__file__).resolve().parent.parent / "programs",
    )
    watch = threading.Timer(LIMIT, process.kill)
    watch.start()
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if found := re.search(ready, line):
                break
        else:
            sys.exit(f"the server did not start:\n{''.join(said)}")
        watch.cancel()
        drain = threading.Thread(target=lambda: said.extend(process.stdout))
        drain.start()
        try:
            yield int(found[1])
        except BaseException:
            sys.stderr.write("".join(said[-50:]))
            raise
        finally:
            process.terminate()
            drain.join(LIMIT)
    finally:
        watch.cancel()
        if process.poll() is None:
            process.kill()
        process.wait()
    bad = [line for line in said if "Traceback" in line or "ERROR" in line]
    if bad:
        sys.exit(f"the server had errors: {''.join(bad)}{''.join(said[-50:])}")


def load(port, *, clients=8, requests=50) -> None:
    """Have clients ask a server for what it is on, and send it what it has to send back."""

    def one(number):
        good = 0
        for request in range(requests):
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
            with contextlib.closing(client):
                client.request("GET", "/told")
                check(client.sock)
                good += client.getresponse().read().decode() == ON
                body = BIG[: number * request * 997]
                client.request("POST", "/echo", body)
                good += client.getresponse().read() == body
        return good

    print("answers", sum(in_threads(clients, one)), "of", 2 * clients * requests)
