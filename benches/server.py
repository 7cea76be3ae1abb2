"""One echo server in a process of its own, on the stock socket or on rsock.

Run as `server.py KIND MODULE BUSY COUNTERS`. It prints its port and its busy threads, then
serves until its input closes. BUSY threads compute beside it and count their work in
the mapped file COUNTERS. Nothing that imports `socket` may come before `install`.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import harness

ROOM = 4096
BACKLOG = 4096


def compute(counters: memoryview, index: int, tids: list[int]) -> None:
    """Plain Python work that never waits, counted in small steps."""
    tids.append(threading.get_native_id())
    while True:
        total = 0
        for number in range(1000):
            total += number * number
        counters[index] += 1


def listening(socket: ModuleType) -> Any:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(BACKLOG)
    return listener


def with_selectors(announce: Callable[[int], None]) -> None:
    import selectors
    import socket

    listener = listening(socket)
    listener.setblocking(False)
    announce(listener.getsockname()[1])
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ, None)
    while True:
        for key, _ in selector.select():
            sock: Any = key.fileobj
            if sock is listener:
                conn, _ = listener.accept()
                conn.setblocking(False)
                selector.register(conn, selectors.EVENT_READ, None)
                continue
            if data := sock.recv(ROOM):
                sock.send(data)
            else:
                selector.unregister(sock)
                sock.close()


def with_protocol(announce: Callable[[int], None]) -> None:
    import asyncio

    class Echo(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)  # type: ignore[attr-defined]

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=BACKLOG)
        announce(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def with_streams(announce: Callable[[int], None]) -> None:
    import asyncio

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(ROOM):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=BACKLOG)
        announce(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def threaded(announce: Callable[[int], None], timeout: float | None = None) -> None:
    import socketserver

    class Echo(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            conn = self.request
            conn.settimeout(timeout)
            while data := conn.recv(ROOM):
                conn.sendall(data)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = BACKLOG

    with Server(("127.0.0.1", 0), Echo) as server:
        announce(server.server_address[1])
        server.serve_forever()


def threaded_with_timeout(announce: Callable[[int], None]) -> None:
    threaded(announce, 30)


def one_request_each(announce: Callable[[int], None]) -> None:
    import socket

    listener = listening(socket)
    announce(listener.getsockname()[1])
    while True:
        conn, _ = listener.accept()
        conn.sendall(conn.recv(ROOM))
        conn.close()


KINDS = {
    "selectors": with_selectors,
    "protocol": with_protocol,
    "streams": with_streams,
    "threaded": threaded,
    "threaded_timeout": threaded_with_timeout,
    "each": one_request_each,
}


def end_with_parent() -> None:
    os.read(0, 1)
    os._exit(0)


def main() -> None:
    kind, module, busy, path = sys.argv[1:]
    harness.install(module)
    if module != "socket":
        harness.load_module(module)
    with open(path, "r+b") as file:
        counters = memoryview(mmap.mmap(file.fileno(), 0)).cast("Q")
    threading.Thread(target=end_with_parent, daemon=True).start()

    def announce(port: int) -> None:
        tids: list[int] = []
        for index in range(int(busy)):
            work = (counters, index, tids)
            threading.Thread(target=compute, args=work, daemon=True).start()
        while len(tids) < int(busy):
            os.sched_yield()
        print(json.dumps({"port": port, "busy": tids}), flush=True)

    KINDS[kind](announce)


if __name__ == "__main__":
    main()
