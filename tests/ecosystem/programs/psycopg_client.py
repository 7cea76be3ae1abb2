"""Threaded and asyncio: 1000 rows, COPY, a pipeline, NOTIFY (libpq has the socket, selectors and asyncio wait on it)."""

import asyncio
import socket

import psycopg
from ecosystem import BIG, LIMIT, SERVER, check

WHERE = f"host=127.0.0.1 port={SERVER} user=tester password=only-for-loopback dbname=postgres"

with socket.socket() as sock:
    check(sock)

with psycopg.connect(WHERE, autocommit=True) as db:
    db.execute("CREATE TEMPORARY TABLE numbers (number int, square int)")
    with db.pipeline(), db.cursor() as cursor:
        cursor.executemany("INSERT INTO numbers VALUES (%s, %s)", [(n, n * n) for n in range(1000)])
    print("sum", db.execute("SELECT sum(square) FROM numbers").fetchone())
    print("same", db.execute("SELECT %s", [BIG]).fetchone()[0] == BIG)
    with db.cursor() as cursor, cursor.copy("COPY numbers FROM STDIN") as copy:
        for number in range(20_000):
            copy.write_row((number, 1))
    with db.cursor() as cursor, cursor.copy("COPY numbers TO STDOUT") as copy:
        print("copied", sum(1 for _ in copy.rows()))
    db.execute("LISTEN news")
    db.execute("NOTIFY news, 'hello'")
    print("heard", [news.payload for news in db.notifies(timeout=LIMIT, stop_after=1)])
    # the descriptor of a foreign library, looked at by ours
    with socket.socket(fileno=socket.dup(db.fileno())) as other:
        check(other)
        print("peer", other.getpeername() == ("127.0.0.1", int(SERVER)))


async def main():
    async def one(number):
        async with await psycopg.AsyncConnection.connect(WHERE) as db:
            return (await (await db.execute("SELECT %s::int", [number])).fetchone())[0]

    print("connections", sum(await asyncio.gather(*map(one, range(20)))))
    async with await psycopg.AsyncConnection.connect(WHERE, autocommit=True) as db:
        try:
            await asyncio.wait_for(db.execute("SELECT pg_sleep(20)"), 0.3)
        except asyncio.TimeoutError:  # another class on 3.10
            print("timed out")


asyncio.run(main())
