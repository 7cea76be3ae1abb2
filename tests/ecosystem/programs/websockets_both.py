"""Asyncio and threaded servers and clients, crosswise, 1 MiB messages, pings, TLS."""

import asyncio
import ssl
import threading

from ecosystem import BIG, LIMIT, certificates, check
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as sync_connect
from websockets.sync.server import serve as sync_serve

OPTIONS = {"max_size": None, "open_timeout": LIMIT}


def talk(url, context):
    """The threaded client."""
    with sync_connect(url, ssl=context, **OPTIONS) as client:
        check(client.socket)
        for _ in range(3):
            client.send(BIG)
            print("threaded client", client.recv(timeout=LIMIT) == BIG)
        print("pong", client.ping().wait(LIMIT))
        try:
            client.recv(timeout=0.1)
        except TimeoutError:
            print("timed out")


async def talk_async(url, context):
    """The client of asyncio, twenty at once."""

    async def one(number):
        async with connect(url, ssl=context, **OPTIONS) as client:
            check(client.transport.get_extra_info("socket"))
            await client.send("x" * number)
            return len(await client.recv())

    return sum(await asyncio.gather(*map(one, range(20))))


def echo(connection):
    check(connection.socket)
    for message in connection:
        connection.send(message)


async def echo_async(connection):
    async for message in connection:
        await connection.send(message)


async def against_asyncio(server_context, client_context, scheme):
    async with serve(echo_async, "127.0.0.1", 0, ssl=server_context, **OPTIONS) as server:
        url = f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}"
        print("clients", await talk_async(url, client_context))
        await asyncio.to_thread(talk, url, client_context)
        async with connect(url, ssl=client_context) as client:
            server.close()
            try:
                await client.recv()
            except ConnectionClosed as error:
                print("closed", error.rcvd.code)


def against_threads(server_context, client_context, scheme):
    with sync_serve(echo, "127.0.0.1", 0, ssl=server_context, **OPTIONS) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"{scheme}://localhost:{server.socket.getsockname()[1]}"
        talk(url, client_context)
        print("clients", asyncio.run(talk_async(url, client_context)))
        server.shutdown()
        thread.join()


with certificates() as (server_context, authority):
    trusting = ssl.create_default_context(cafile=authority)
    for pair in ((None, None, "ws"), (server_context, trusting, "wss")):
        asyncio.run(against_asyncio(*pair))
        against_threads(*pair)
