"""SCRAM login, 1000 rows, a megabyte, COPY, an error, a time-out."""

import io

import pg8000.native
from ecosystem import BIG, SERVER, check

with pg8000.native.Connection(
    "tester", host="127.0.0.1", port=int(SERVER), database="postgres", password="only-for-loopback", timeout=30
) as db:
    check(db._usock)
    db.run("CREATE TEMPORARY TABLE numbers (number int, square int)")
    for number in range(1000):
        db.run("INSERT INTO numbers VALUES (:n, :s)", n=number, s=number * number)
    print("sum", db.run("SELECT sum(square) FROM numbers"))
    print("same", db.run("SELECT CAST(:data AS bytea)", data=BIG)[0][0] == BIG)
    rows = io.BytesIO(b"".join(b"%d\t%d\n" % (number, 1) for number in range(50_000)))
    db.run("COPY numbers FROM STDIN", stream=rows)
    out = io.BytesIO()
    db.run("COPY numbers TO STDOUT", stream=out)
    print("copied", out.getvalue().count(b"\n"))
    try:
        db.run("SELECT nonsense")
    except pg8000.native.DatabaseError as error:
        print("error", error.args[0]["C"])

try:
    pg8000.native.Connection("tester", host="127.0.0.1", port=int(SERVER), database="postgres", password="wrong")
except pg8000.native.DatabaseError as error:
    print("refused", error.args[0]["C"])

impatient = pg8000.native.Connection(
    "tester", host="127.0.0.1", port=int(SERVER), database="postgres", password="only-for-loopback", timeout=0.3
)
try:
    impatient.run("SELECT pg_sleep(5)")
except (TimeoutError, pg8000.native.InterfaceError) as error:
    print("timed out", type(error).__name__)
