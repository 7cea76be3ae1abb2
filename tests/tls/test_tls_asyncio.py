"""asyncio's TLS, which knows sockets only below a MemoryBIO, and a wrapped socket that is watched by its loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys

import pytest
from conftest import NAME
from support import LIMIT, tcp_pair

BIG = bytes(range(256)) * 4096


async def echo(reader, writer):
    """Send everything back, up to the end."""
    writer.write(await reader.read())
    await writer.drain()
    writer.close()


async def exchange(reader, writer, data):
    """Send, read as much, and hang up."""
    writer.write(data)
    await writer.drain()
    got = await reader.readexactly(len(data))
    writer.close()
    await writer.wait_closed()
    return got


async def echo_chunks(reader, writer):
    """Send every chunk back at once."""
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.close()


def run(main):
    return asyncio.run(asyncio.wait_for(main, LIMIT))


def test_streams(tls):
    async def main():
        server = await asyncio.start_server(echo_chunks, "127.0.0.1", 0, ssl=tls.server)
        port = server.sockets[0].getsockname()[1]

        async def one(number):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls.client, server_hostname=NAME)
            assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
            data = BIG[number:]
            return await exchange(reader, writer, data) == data

        results = await asyncio.gather(*map(one, range(10)))
        server.close()
        await server.wait_closed()
        return results

    assert run(main()) == [True] * 10


def test_given_sockets(tls):
    async def main():
        listener = socket.create_server(("127.0.0.1", 0))
        server = await asyncio.start_server(echo_chunks, sock=listener, ssl=tls.server)
        sock = socket.socket()
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, listener.getsockname())
        reader, writer = await asyncio.open_connection(sock=sock, ssl=tls.client, server_hostname=NAME)
        assert writer.get_extra_info("socket").fileno() == sock.fileno()
        same = await exchange(reader, writer, BIG) == BIG
        server.close()
        await server.wait_closed()
        return same

    assert run(main())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="StreamWriter.start_tls came with 3.11")
def test_start_tls(tls):
    async def upgrade(reader, writer):
        assert await reader.readline() == b"upgrade\n"
        writer.write(b"go on\n")
        await writer.start_tls(tls.server)
        await echo_chunks(reader, writer)

    async def main():
        server = await asyncio.start_server(upgrade, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        writer.write(b"upgrade\n")
        assert await reader.readline() == b"go on\n"
        await writer.start_tls(tls.client, server_hostname=NAME)
        same = await exchange(reader, writer, BIG) == BIG
        server.close()
        await server.wait_closed()
        return same

    assert run(main())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="does not end on the stock module of 3.10 either")
def test_unix_socket(tls, tmp_path):
    async def main():
        path = str(tmp_path / "tls.sock")
        server = await asyncio.start_unix_server(echo_chunks, path, ssl=tls.server)
        reader, writer = await asyncio.open_unix_connection(path, ssl=tls.client, server_hostname=NAME)
        same = await exchange(reader, writer, BIG) == BIG
        server.close()
        await server.wait_closed()
        return same

    assert run(main())


def test_bad_certificate(tls):
    async def main():
        server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=tls.server)
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection(
                "127.0.0.1",
                server.sockets[0].getsockname()[1],
                ssl=ssl.create_default_context(),
                server_hostname=NAME,
            )
        server.close()
        await server.wait_closed()

    run(main())


class Watched:
    """A non-blocking TLS socket whose steps wait in the loop for what they ask for."""

    def __init__(self, sock):
        self.sock = sock
        self._loop = asyncio.get_running_loop()

    async def until(self, step, *arguments):
        while True:
            try:
                return step(*arguments)
            except ssl.SSLWantReadError:
                await self._ready(self._loop.add_reader, self._loop.remove_reader)
            except ssl.SSLWantWriteError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)

    async def _ready(self, add, remove):
        ready = asyncio.Event()
        add(self.sock, ready.set)
        try:
            await ready.wait()
        finally:
            remove(self.sock)

    async def send(self, data):
        rest = memoryview(data)
        while rest:
            rest = rest[await self.until(self.sock.send, rest) :]

    async def receive(self, size):
        parts = []
        while size:
            parts.append(await self.until(self.sock.recv, size))
            size -= len(parts[-1])
        return b"".join(parts)


def test_wrapped_sockets_in_a_loop(tls):
    async def talk(watched, *, first):
        await watched.until(watched.sock.do_handshake)
        if first:
            await watched.send(BIG)
        got = await watched.receive(len(BIG))
        if not first:
            await watched.send(got)
        return got == BIG

    async def main():
        with tcp_pair(socket) as (one, other):
            one.setblocking(False)
            other.setblocking(False)
            options = {"do_handshake_on_connect": False}
            client = tls.client.wrap_socket(one, server_hostname=NAME, **options)
            server = tls.server.wrap_socket(other, server_side=True, **options)
            with client, server:
                return await asyncio.gather(talk(Watched(client), first=True), talk(Watched(server), first=False))

    assert run(main()) == [True, True]


def test_loop_refuses_a_wrapped_socket(tls):
    async def main():
        with tcp_pair(socket) as (one, _):
            one.setblocking(False)
            loop = asyncio.get_running_loop()
            with (
                tls.client.wrap_socket(one, server_hostname=NAME, do_handshake_on_connect=False) as client,
                pytest.raises(TypeError, match="cannot be of type SSLSocket"),
            ):
                await loop.sock_recv(client, 1)

    run(main())
