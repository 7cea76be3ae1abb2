"""Streams to 20 clients, UDP, UNIX, TLS, cancelled waits, a socket of ours taken over, signals."""

import os
import signal
import socket
import ssl
import tempfile

import trio
from ecosystem import BIG, LIMIT, certificates, check


async def echo(stream):
    async with stream:
        async for chunk in stream:
            await stream.send_all(chunk)


async def exchange(stream):
    async with stream:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.send_all, BIG)
            got = bytearray()
            while len(got) < len(BIG):
                got += await stream.receive_some()
        return got == BIG


async def many(port, count):
    good = []

    async def one():
        stream = await trio.open_tcp_stream("localhost", port)
        check(stream.socket)
        good.append(await exchange(stream))

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(one)
    return good.count(True)


async def main():
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, echo, 0)
        port = listeners[0].socket.getsockname()[1]
        check(listeners[0].socket)
        print("tcp", await many(port, 20))

        sock = socket.create_connection(("127.0.0.1", port), LIMIT)
        taken = trio.socket.from_stdlib_socket(sock)
        check(taken)
        print("taken", await exchange(trio.SocketStream(taken)))

        with certificates() as (context, authority):
            ports = await nursery.start(trio.serve_ssl_over_tcp, echo, 0, context)
            trusting = ssl.create_default_context(cafile=authority)
            number = ports[0].transport_listener.socket.getsockname()[1]
            stream = await trio.open_ssl_over_tcp_stream("localhost", number, ssl_context=trusting)
            print("tls", await exchange(stream))

        with tempfile.TemporaryDirectory() as folder:
            listener = trio.socket.socket(trio.socket.AF_UNIX)
            await listener.bind(f"{folder}/sock")
            listener.listen()
            nursery.start_soon(trio.serve_listeners, echo, [trio.SocketListener(listener)])
            print("unix", await exchange(await trio.open_unix_socket(f"{folder}/sock")))
        nursery.cancel_scope.cancel()

    one, other = (trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) for _ in range(2))
    with one, other:
        await one.bind(("127.0.0.1", 0))
        await other.bind(("127.0.0.1", 0))
        await one.sendto(b"hello", other.getsockname())
        print("udp", await other.recvfrom(100) == (b"hello", one.getsockname()))
        with trio.move_on_after(0.1) as scope:
            await one.recv(1)
        print("cancelled", scope.cancelled_caught)

    names = await trio.socket.getaddrinfo("localhost", 80, trio.socket.AF_INET, trio.socket.SOCK_STREAM)
    print("name", names[0][4])
    try:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            await trio.open_tcp_stream(*closed.getsockname())
    except OSError as error:
        print("refused", type(error).__name__)
    with trio.open_signal_receiver(signal.SIGUSR1) as signals:
        os.kill(os.getpid(), signal.SIGUSR1)
        async for number in signals:
            print("signal", signal.Signals(number).name)
            break


trio.run(main)
