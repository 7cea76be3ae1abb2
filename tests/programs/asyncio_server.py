"""An echo server on asyncio streams that ends with its last client."""

import asyncio
import resource
import sys

CLIENTS = int(sys.argv[1])


async def main():
    """Serve until that many clients have come and gone."""
    served = 0
    done = asyncio.Event()

    async def echo(reader, writer):
        nonlocal served
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        served += 1
        if served == CLIENTS:
            done.set()

    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=CLIENTS)
    listening = server.sockets[0]
    kind = type(getattr(listening, "_sock", listening))
    print("sockets from", kind.__module__)
    print("serving on", listening.getsockname()[1], flush=True)
    await done.wait()
    server.close()
    await server.wait_closed()
    print("served", served)


_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, CLIENTS + 200), most))
asyncio.run(main())
