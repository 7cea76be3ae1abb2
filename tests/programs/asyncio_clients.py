"""Opens many asyncio streams at once, all connected before the first one talks."""

import asyncio
import resource
import sys

PORT, CLIENTS = int(sys.argv[1]), int(sys.argv[2])
ROUNDS = 5
PAYLOAD = bytes(range(256)) * 16


async def main():
    """Connect every client, then let all of them talk, and count the bytes."""
    streams = []
    for start in range(0, CLIENTS, 100):
        batch = min(100, CLIENTS - start)
        opening = (asyncio.open_connection("127.0.0.1", PORT) for _ in range(batch))
        streams += await asyncio.gather(*opening)
    print("connected", len({w.get_extra_info("sockname") for _, w in streams}))

    async def talk(reader, writer):
        for _ in range(ROUNDS):
            writer.write(PAYLOAD)
            await writer.drain()
            assert await reader.readexactly(len(PAYLOAD)) == PAYLOAD
        writer.close()
        await writer.wait_closed()
        return ROUNDS * len(PAYLOAD)

    echoed = await asyncio.gather(*(talk(*stream) for stream in streams))
    print("echoed", sum(echoed))


_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, CLIENTS + 200), most))
asyncio.run(main())
