"""The sync client, and the async one on asyncio and on trio, with TLS, against http.server."""

import asyncio
import functools
import ssl

import httpx
import trio
from ecosystem import BIG, LIMIT, certificates, check, http_server, refused_port


async def several(gather, url, context):
    """Ask for ten at once."""
    async with httpx.AsyncClient(base_url=url, timeout=LIMIT, verify=context) as client:
        async with client.stream("GET", "/chunked") as response:
            sock = response.extensions["network_stream"].get_extra_info("socket")
            if sock is not None:
                check(sock)
            parts = [part async for part in response.aiter_bytes()]
        answers = await gather(client, 10)
        return b"".join(parts) == BIG, [answer.content == BIG for answer in answers].count(True)


async def gather_asyncio(client, count):
    """Ask at once, as asyncio does it."""
    return await asyncio.gather(*(client.get("/redirect", follow_redirects=True) for _ in range(count)))


async def gather_trio(client, count):
    """Ask at once, as trio does it."""
    answers = []

    async def one():
        answers.append(await client.get("/big"))

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(one)
    return answers


with certificates() as (server_context, authority):
    trusting = ssl.create_default_context(cafile=authority)
    for name, context in (("http", None), ("https", server_context)):
        with http_server(context) as port:
            url = f"{name}://localhost:{port}"
            with httpx.Client(base_url=url, timeout=LIMIT, verify=trusting) as client:
                with client.stream("GET", "/big") as response:
                    check(response.extensions["network_stream"].get_extra_info("socket"))
                    print(name, "streamed", b"".join(response.iter_raw()) == BIG)
                print(name, "posted", client.post("/echo", content=BIG).content == BIG)
                try:
                    client.get("/never", timeout=0.2)
                except httpx.ReadTimeout:
                    print(name, "timed out")
            print(name, "asyncio", *asyncio.run(several(gather_asyncio, url, trusting)))
            print(name, "trio", *trio.run(functools.partial(several, gather_trio, url, trusting)))
    try:
        httpx.get(f"http://127.0.0.1:{refused_port()}")
    except httpx.ConnectError as error:
        print("refused", "Connection refused" in str(error))
