"""Values, a pipeline, publish and subscribe, blocking pops, over TCP and UNIX sockets, threaded and asyncio."""

import asyncio

import redis
import redis.asyncio
from ecosystem import BIG, LIMIT, SERVER, check, in_threads
from redis.backoff import NoBackoff
from redis.retry import Retry

port, path = SERVER.split()

for options in ({"host": "127.0.0.1", "port": int(port)}, {"unix_socket_path": path}):
    with redis.Redis(**options, socket_timeout=LIMIT) as client:
        client.flushall()
        client.set("big", BIG)
        print("same", client.get("big") == BIG)
        with client.pipeline() as pipe:
            for number in range(1000):
                pipe.incrby("sum", number)
            print("sum", pipe.execute()[-1])
        in_threads(8, lambda _, client=client: [client.incr("count") for _ in range(50)])
        print("count", int(client.get("count")))
        with client.pubsub(ignore_subscribe_messages=True) as listener:
            listener.subscribe("news")
            listener.get_message(timeout=LIMIT)
            print("heard by", client.publish("news", "hello"))
            print("heard", listener.get_message(timeout=LIMIT)["data"])
        connection = client.connection_pool.get_connection()
        check(connection._sock)
        client.connection_pool.release(connection)
    with redis.Redis(**options, socket_timeout=0.2, retry=Retry(NoBackoff(), 0)) as client:
        try:
            client.blpop("nothing", 5)
        except redis.TimeoutError as error:
            print("timed out", error)


async def main(options):
    async with redis.asyncio.Redis(**options) as client:
        await client.delete("list", "total")
        await asyncio.gather(*(client.incrby("total", number) for number in range(100)))
        print("total", int(await client.get("total")))
        waiting = asyncio.create_task(client.blpop("list", LIMIT))
        await client.rpush("list", BIG)
        print("popped", (await waiting)[1] == BIG)
        async with client.pubsub(ignore_subscribe_messages=True) as listener:
            await listener.subscribe("news")
            await client.publish("news", "async")
            async for message in listener.listen():
                print("heard", message["data"])
                break
        connection = await client.connection_pool.get_connection()
        check(connection._writer.get_extra_info("socket"))
        await client.connection_pool.release(connection)


asyncio.run(main({"host": "127.0.0.1", "port": int(port)}))
asyncio.run(main({"unix_socket_path": path}))
