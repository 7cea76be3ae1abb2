"""An ASGI application under a load of 8 clients with 800 requests, and a WebSocket: on asyncio, uvloop, two workers."""

import asyncio
import socket
import sys

from ecosystem import BIG, check, load, serving, told


async def app(scope, receive, send):
    """Tell what we are on, or send back what came."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "bytes": event["bytes"]})
        return
    body, more = b"", True
    while more:
        event = await receive()
        body += event["body"]
        more = event["more_body"]
    if scope["path"] == "/told":
        body = told().encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for start in range(0, len(body), 65536):
        await send({"type": "http.response.body", "body": body[start : start + 65536], "more_body": True})
    await send({"type": "http.response.body"})


async def chat(port):
    from websockets.asyncio.client import connect

    async with connect(f"ws://127.0.0.1:{port}", max_size=None) as client:
        check(client.transport.get_extra_info("socket"))
        await client.send(BIG)
        return await client.recv() == BIG


if __name__ == "__main__":
    command = [sys.executable, "-m", "uvicorn", "uvicorn_server:app", "--lifespan", "off", "--no-access-log"]
    for loop in ("asyncio", "uvloop"):
        options = ["--loop", loop, "--port", "0"]
        with serving([*command, *options], r"running on http://127.0.0.1:(\d+)") as port:
            print(loop)
            load(port)
            print("chat", asyncio.run(chat(port)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        options = ["--loop", "asyncio", "--workers", "2", "--fd", str(listener.fileno())]
        with serving([*command, *options], r"running on socket .*?(\d+)\D*Press", pass_fds=[listener.fileno()]) as port:
            print("two workers", port == listener.getsockname()[1])
            load(port)
