"""The stdlib's clients over TLS: http.client, urllib.request, smtplib, ftplib, and XML-RPC.

The servers are the stdlib's, aiosmtpd, and the one of ftp_server.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import ftplib
import http.client
import http.server
import io
import smtplib
import socket
import ssl
import threading
import urllib.request
import xmlrpc.client
import xmlrpc.server

import pytest
from aiosmtpd.smtp import SMTP
from conftest import NAME, in_thread
from ftp_server import FtpServer
from support import LIMIT

BIG = bytes(range(256)) * 4096


class Handler(http.server.BaseHTTPRequestHandler):
    """Sends back what it gets."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(BIG)

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@contextlib.contextmanager
def serving(server, tls):
    """Serve over TLS in a thread; yield the port."""
    server.socket = tls.server.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join(LIMIT)
        server.server_close()


@pytest.mark.parametrize("timeout", [None, LIMIT], ids=["blocking", "timeout"])
def test_https_connection(tls, timeout):
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler), tls) as port:
        client = http.client.HTTPSConnection(NAME, port, timeout=timeout, context=tls.client)
        with contextlib.closing(client):
            for method, body in (("GET", None), ("POST", BIG[:100_000]), ("POST", b""), ("GET", None)):
                client.request(method, "/", body)
                response = client.getresponse()
                assert response.status == 200
                assert response.read() == (BIG if method == "GET" else body)
            assert isinstance(client.sock, ssl.SSLSocket)
            assert isinstance(client.sock, socket.socket)


def test_urllib(tls):
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler), tls) as port:
        with urllib.request.urlopen(f"https://{NAME}:{port}/", timeout=LIMIT, context=tls.client) as response:
            assert response.read() == BIG
        stranger = ssl.create_default_context()
        with pytest.raises(urllib.request.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(f"https://{NAME}:{port}/", timeout=LIMIT, context=stranger)


def test_xmlrpc(tls):
    with xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as server:
        server.register_function(pow)
        with (
            serving(server, tls) as port,
            xmlrpc.client.ServerProxy(f"https://{NAME}:{port}/", context=tls.client) as proxy,
        ):
            assert proxy.pow(2, 20) == 2**20


@contextlib.contextmanager
def smtp_server(tls, *, implicit):
    """Run aiosmtpd in a loop of a thread; yield the port and the list of mails that it kept."""
    kept = []
    ready = threading.Event()
    where = []

    class Keep:
        async def handle_DATA(self, server, session, envelope):
            kept.append((session.ssl is not None or implicit, envelope.rcpt_tos, envelope.content))
            return "250 kept"

    async def serve():
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        starttls = None if implicit else tls.server
        server = await loop.create_server(
            lambda: SMTP(Keep(), hostname=NAME, loop=loop, tls_context=starttls, require_starttls=not implicit),
            "127.0.0.1",
            0,
            ssl=tls.server if implicit else None,
        )
        where.extend((server.sockets[0].getsockname()[1], lambda: loop.call_soon_threadsafe(stop.set)))
        ready.set()
        await stop.wait()
        server.close()
        await server.wait_closed()

    with in_thread(lambda: asyncio.run(serve())) as served:
        assert ready.wait(LIMIT)
        port, stop = where
        try:
            yield port, kept
        finally:
            stop()
    served()


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "smtps"])
def test_smtp(tls, implicit):
    text = b"Subject: hello\r\n\r\n" + b"a line of a mail\r\n" * 20_000
    with smtp_server(tls, implicit=implicit) as (port, kept):
        if implicit:
            client = smtplib.SMTP_SSL(NAME, port, timeout=LIMIT, context=tls.client)
        else:
            client = smtplib.SMTP(NAME, port, timeout=LIMIT)
        with client:
            if not implicit:
                with pytest.raises(smtplib.SMTPSenderRefused):
                    client.sendmail("one@example.org", ["other@example.org"], text)
                client.starttls(context=tls.client)
            assert client.sendmail("one@example.org", ["other@example.org"], text) == {}
            assert isinstance(client.sock, ssl.SSLSocket)
    assert kept == [(True, ["other@example.org"], text)]


def test_ftp(tls):
    server = FtpServer(tls.server, {"one": BIG, "two": b""})
    with in_thread(server.serve) as commands, ftplib.FTP_TLS(timeout=LIMIT, context=tls.client) as client:
        client.connect(NAME, server.address[1])
        client.login("user", "secret")
        client.prot_p()
        assert client.nlst() == ["one", "two"]
        for name, content in (("one", BIG), ("two", b"")):
            got = []
            assert client.retrbinary(f"RETR {name}", got.append) == "226 done"
            assert b"".join(got) == content
        assert client.storbinary("STOR three", io.BytesIO(BIG * 2)) == "226 done"
        assert server.files["three"] == BIG * 2
    assert commands()[-1] == "QUIT"


def test_ftp_goes_back_to_clear_text(tls):
    server = FtpServer(tls.server, {})
    with in_thread(server.serve) as commands, ftplib.FTP_TLS(timeout=LIMIT, context=tls.client) as client:
        client.connect(NAME, server.address[1])
        client.login("user", "secret")
        client.ccc()
        assert client.sock.version() is None
    assert commands()[-2:] == ["CCC", "QUIT"]
