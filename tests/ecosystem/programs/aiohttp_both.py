"""Server and client: 200 requests at once, streams, WebSocket, UNIX socket, TLS, time-out."""

import asyncio
import ssl
import tempfile
from pathlib import Path

import aiohttp
from aiohttp import web
from ecosystem import BIG, LIMIT, certificates, check


async def echo(request):
    check(request.transport.get_extra_info("socket"))
    return web.Response(body=await request.read())


async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)
    for start in range(0, len(BIG), 10_000):
        await response.write(BIG[start : start + 10_000])
    return response


async def never(_):
    await asyncio.Event().wait()


async def chat(request):
    sock = web.WebSocketResponse(max_msg_size=0)
    await sock.prepare(request)
    async for message in sock:
        await (sock.send_bytes(message.data) if message.type is aiohttp.WSMsgType.BINARY else sock.close())
    return sock


async def talk(session, url):
    """Do what a client may."""
    answers = await asyncio.gather(*(session.post(f"{url}/echo", data=bytes(number)) for number in range(200)))
    print("echoed", sum([len(await answer.read()) for answer in answers]))
    async with session.get(f"{url}/stream") as answer:
        check(answer.connection.transport.get_extra_info("socket"))
        print("streamed", await answer.read() == BIG)
    async with session.ws_connect(f"{url}/chat", max_msg_size=0) as sock:
        for _ in range(5):
            await sock.send_bytes(BIG)
            print("chat", await sock.receive_bytes() == BIG)
        await sock.send_str("bye")
        print("end", (await sock.receive()).type.name)
    try:
        await session.get(f"{url}/never", timeout=aiohttp.ClientTimeout(total=0.2))
    except asyncio.TimeoutError:  # another class on 3.10
        print("timed out")


async def main():
    app = web.Application(client_max_size=0)
    app.add_routes(
        [web.post("/echo", echo), web.get("/stream", stream), web.get("/never", never), web.get("/chat", chat)]
    )
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    with certificates() as (context, authority), tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "app.sock"))
        for site in (
            web.TCPSite(runner, "127.0.0.1", 0),
            web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context),
            web.UnixSite(runner, path),
        ):
            await site.start()
        ports = [address[1] for address in runner.addresses if isinstance(address, tuple)]
        timeout = aiohttp.ClientTimeout(total=LIMIT)
        trusting = ssl.create_default_context(cafile=authority)
        for url, connector in (
            (f"http://127.0.0.1:{ports[0]}", aiohttp.TCPConnector()),
            (f"https://localhost:{ports[1]}", aiohttp.TCPConnector(ssl=trusting)),
            ("http://app", aiohttp.UnixConnector(path)),
        ):
            async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
                await talk(session, url)
        await runner.cleanup()


asyncio.run(main())
