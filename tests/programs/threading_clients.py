"""Talks to threading_server.py from many threads at once."""

import socket
import sys
from concurrent.futures import ThreadPoolExecutor

PORT = int(sys.argv[1])
CLIENTS = 32
LINES = 50


def talk(number):
    """Send lines one by one and check each answer."""
    with (
        socket.create_connection(("127.0.0.1", PORT), timeout=20) as sock,
        sock.makefile("rw", encoding="ascii", newline="\n") as stream,
    ):
        for line in range(LINES):
            stream.write(f"client {number} line {line}\n")
            stream.flush()
            answer = stream.readline()
            assert answer == f"CLIENT {number} LINE {line}\n", answer
    return LINES


with ThreadPoolExecutor(CLIENTS) as pool:
    print("answers", sum(pool.map(talk, range(CLIENTS))))
