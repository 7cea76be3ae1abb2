"""SCRAM login, a pool of 10 with 200 queries at once, COPY, LISTEN and NOTIFY, a time-out."""

import asyncio
import io

import asyncpg
from ecosystem import BIG, LIMIT, SERVER, check

WHERE = {
    "host": "127.0.0.1",
    "port": int(SERVER),
    "user": "tester",
    "password": "only-for-loopback",
    "database": "postgres",
}


async def main():
    async with asyncpg.create_pool(**WHERE, min_size=10, max_size=10, timeout=LIMIT) as pool:
        async with pool.acquire() as db:
            check(db._transport.get_extra_info("socket"))
            print("same", await db.fetchval("SELECT $1::bytea", BIG) == BIG)
        squares = await asyncio.gather(*(pool.fetchval("SELECT $1::int * $1::int", n) for n in range(200)))
        print("squares", sum(squares))

    db = await asyncpg.connect(**WHERE)
    await db.execute("CREATE TEMPORARY TABLE numbers (number int, name text)")
    await db.executemany("INSERT INTO numbers VALUES ($1, $2)", [(n, str(n)) for n in range(1000)])
    print("copied in", await db.copy_records_to_table("numbers", records=[(n, "x" * 50) for n in range(20_000)]))
    out = io.BytesIO()
    print("copied out", await db.copy_from_table("numbers", output=out), out.tell())
    async with db.transaction():
        print("rows", len([row async for row in db.cursor("SELECT * FROM numbers")]))
    heard = asyncio.get_running_loop().create_future()
    await db.add_listener("news", lambda *words: heard.set_result(words[-1]))
    await db.execute("NOTIFY news, 'hello'")
    print("heard", await asyncio.wait_for(heard, LIMIT))
    try:
        await db.execute("SELECT pg_sleep(20)", timeout=0.2)
    except asyncio.TimeoutError:  # another class on 3.10
        print("timed out")
    await db.close()


asyncio.run(main())
