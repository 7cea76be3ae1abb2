"""Login, 1000 rows, a megabyte, an unbuffered cursor, 4 threads, an error, a time-out."""

import pymysql
from ecosystem import BIG, SERVER, check, in_threads

WHERE = {
    "host": "127.0.0.1",
    "port": int(SERVER),
    "user": "tester",
    "password": "only-for-loopback",
    "database": "test_rsock",
}

with pymysql.connect(**WHERE, read_timeout=30, write_timeout=30) as db:
    check(db._sock)
    with db.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE TABLE numbers (number int, square int)")
        cursor.executemany("INSERT INTO numbers VALUES (%s, %s)", [(n, n * n) for n in range(1000)])
        db.commit()
        cursor.execute("SELECT sum(square) FROM numbers")
        print("sum", cursor.fetchone())
        cursor.execute("SELECT %s", [BIG])
        print("same", cursor.fetchone()[0] == BIG)
        try:
            cursor.execute("SELECT nonsense")
        except pymysql.OperationalError as error:
            print("error", error.args[0])
    with db.cursor(pymysql.cursors.SSCursor) as cursor:
        cursor.execute("SELECT a.number FROM numbers a JOIN numbers b WHERE b.number < 30")
        print("rows", sum(1 for _ in cursor))


def total(number):
    with pymysql.connect(**WHERE) as db, db.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM numbers WHERE number %% 4 = %s", [number])
        return cursor.fetchone()[0]


print("threads", in_threads(4, total))

try:
    pymysql.connect(**{**WHERE, "password": "wrong"})
except pymysql.OperationalError as error:
    print("refused", error.args[0])

with pymysql.connect(**WHERE, read_timeout=1) as db, db.cursor() as cursor:
    try:
        cursor.execute("SELECT sleep(20)")
    except pymysql.OperationalError as error:
        print("timed out", error.args[0])
