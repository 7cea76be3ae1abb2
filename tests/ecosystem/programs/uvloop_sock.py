"""The argument sock= for TCP, UDP and UNIX servers and clients, sock_recv and its like, TLS, signals, subprocesses."""

import asyncio
import os
import signal
import socket
import ssl
import sys

import uvloop
from ecosystem import BIG, LIMIT, certificates, check


async def echo(reader, writer):
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.close()


async def exchange(**options):
    reader, writer = await asyncio.open_connection(**options)
    writer.write(BIG)
    writer.write_eof() if writer.can_write_eof() else await writer.drain()
    got = await reader.readexactly(len(BIG))
    writer.close()
    return got == BIG


def nonblocking(*arguments):
    sock = socket.socket(*arguments)
    sock.setblocking(False)
    check(sock)
    return sock


async def streams(loop):
    listener = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(echo, sock=listener)
    print("listens", [one.getsockname() == listener.getsockname() for one in server.sockets])
    clients = []
    for _ in range(20):
        sock = nonblocking()
        await loop.sock_connect(sock, listener.getsockname())
        clients.append(exchange(sock=sock))
    print("tcp", (await asyncio.gather(*clients)).count(True))
    server.close()
    await server.wait_closed()

    one, other = socket.socketpair()
    server_side = asyncio.create_task(echo(*await asyncio.open_connection(sock=other)))
    print("pair", await exchange(sock=one))
    await server_side


async def tls(loop):
    with certificates() as (context, authority):
        trusting = ssl.create_default_context(cafile=authority)
        listener = socket.create_server(("127.0.0.1", 0))
        server = await asyncio.start_server(echo, sock=listener, ssl=context)
        sock = nonblocking()
        await loop.sock_connect(sock, listener.getsockname())
        print("tls", await exchange(sock=sock, ssl=trusting, server_hostname="localhost"))
        server.close()
        await server.wait_closed()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, got):
        self.got = got

    def datagram_received(self, data, address):
        self.got.put_nowait((data, address))


async def datagrams(loop):
    ends, got = [], []
    for _ in range(2):
        sock = nonblocking(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        got.append(asyncio.Queue())
        transport, _ = await loop.create_datagram_endpoint(lambda queue=got[-1]: Datagrams(queue), sock=sock)
        ends.append((transport, sock.getsockname()))
    for number in range(100):
        ends[0][0].sendto(b"%d" % number, ends[1][1])
        data, address = await asyncio.wait_for(got[1].get(), LIMIT)
        assert (data, address) == (b"%d" % number, ends[0][1])
    print("udp", number + 1)
    for transport, _ in ends:
        transport.close()


async def raw_calls(loop):
    listener = nonblocking()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    sock = nonblocking()
    accepted = asyncio.create_task(loop.sock_accept(listener))
    await loop.sock_connect(sock, listener.getsockname())
    peer, address = await accepted
    check(peer)
    print("accepted", address == sock.getsockname(), peer.gettimeout() == 0)
    sender = asyncio.create_task(loop.sock_sendall(sock, BIG))
    got, window = 0, bytearray(65536)
    while got < len(BIG):
        size = await loop.sock_recv_into(peer, window)
        assert window[:size] == BIG[got : got + size]
        got += size
    await sender
    print("received", got == len(BIG))
    for one in (listener, sock, peer):
        one.close()


async def signals(loop):
    caught = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, caught.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(caught.wait(), LIMIT)
    print("signal", caught.is_set())
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print(input()[::-1])", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    print("child", (await child.communicate(b"hello\n"))[0])


async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: sys.exit(f"uvloop: {context}"))
    assert type(loop).__module__ == "uvloop"
    for part in (streams, tls, datagrams, raw_calls, signals):
        await part(loop)


uvloop.run(main())
