"""On asyncio and on trio: streams to 20 clients, UDP, UNIX, descriptors sent along, TLS, cancelled waits."""

import os
import socket
import ssl
import tempfile

import anyio
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSListener, TLSStream
from ecosystem import BIG, certificates, check


async def echo(stream):
    async with stream:
        async for chunk in stream:
            await stream.send(chunk)


async def exchange(stream):
    async with stream:
        check(stream.extra(SocketAttribute.raw_socket))
        async with anyio.create_task_group() as group:
            group.start_soon(stream.send, BIG)
            got = bytearray()
            while len(got) < len(BIG):
                got += await stream.receive()
        return got == BIG


async def main(name):
    async with anyio.create_task_group() as group:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
        check(listener.extra(SocketAttribute.raw_socket))
        port = listener.extra(SocketAttribute.local_port)
        group.start_soon(listener.serve, echo)
        good = []

        async def one():
            good.append(await exchange(await anyio.connect_tcp("localhost", port)))

        async with anyio.create_task_group() as clients:
            for _ in range(20):
                clients.start_soon(one)
        print(name, "tcp", good.count(True))

        with certificates() as (context, authority):
            secure = TLSListener(await anyio.create_tcp_listener(local_host="127.0.0.1"), context)
            group.start_soon(secure.serve, echo)
            trusting = ssl.create_default_context(cafile=authority)
            where = secure.listener.extra(SocketAttribute.local_port)
            stream = await anyio.connect_tcp("localhost", where, ssl_context=trusting)
            assert isinstance(stream, TLSStream)
            print(name, "tls", await exchange(stream))

        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/sock"
            local = await anyio.create_unix_listener(path)
            async with await anyio.connect_unix(path) as stream, await local.accept() as peer:
                read, write = os.pipe()
                await stream.send_fds(b"here", [write])
                data, (got,) = await peer.receive_fds(100, 1)
                os.write(got, b"through it")
                print(name, "descriptor", data, os.read(read, 100))
                for number in (read, write, got):
                    os.close(number)
            await local.aclose()
        group.cancel_scope.cancel()

    async with (
        await anyio.create_udp_socket(family=socket.AF_INET, local_host="127.0.0.1") as one_end,
        await anyio.create_udp_socket(family=socket.AF_INET, local_host="127.0.0.1") as other_end,
    ):
        await one_end.sendto(b"hello", "127.0.0.1", other_end.extra(SocketAttribute.local_port))
        print(name, "udp", (await other_end.receive())[0])
        with anyio.move_on_after(0.1) as scope:
            await other_end.receive()
        print(name, "cancelled", scope.cancelled_caught)

    one_sock, other_sock = socket.socketpair()
    one_sock.setblocking(False)
    other_sock.sendall(b"x")
    await anyio.wait_readable(one_sock)
    print(name, "readable", one_sock.recv(1))
    one_sock.close()
    other_sock.close()


for backend in ("asyncio", "trio"):
    anyio.run(main, backend, backend=backend)
