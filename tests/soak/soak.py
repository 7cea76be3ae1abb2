"""Many connections and very many messages through one server process, which is watched from outside.

`soak.py` opens 10,000 connections from two client processes to one server and echoes 10 million messages and more over
them, each compared byte by byte, for three minutes; `--short` is for CI. The server has threads with selectors, and some that wait with a
timeout; some connections are closed and opened anew all the time. Fails where a byte is lost or changed, a thread
ends, a descriptor is left over, or the server's memory grows after the start. `--module socket` runs stock.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import random
import resource
import selectors
import struct
import subprocess
import sys
import threading
import time
import zlib

LOOPS = 3
TIMED_EACH = 8
BURST = 16
HEADER = struct.Struct("!III")
SIZES = (0, 1, 13, 64, 200, 700)
CHURN = 2000
"""One burst in so many is followed by a new connection in place of the old one."""
GROWTH = 0.05
SPARE = 2 << 20
SETTLES = 30.0
SPARE_NUMBERS = 200
START = 5 + LOOPS
"""Descriptors of the idle server: three standard ones, two listeners, and a selector for each loop."""
NUMBERS, THREADS = 1, 2


def raise_limit(wanted):
    """Ask for so many descriptors; return how many there may be."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limits in ((wanted, max(wanted, hard)), (min(wanted, hard), hard)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            break
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def serve(mod):
    """Be the server: echo whatever comes, until the standard input ends."""
    listener = mod.create_server(("127.0.0.1", 0), backlog=4096)
    timed = mod.create_server(("127.0.0.1", 0), backlog=4096)
    print(listener.getsockname()[1], timed.getsockname()[1], flush=True)
    listener.setblocking(False)
    for _ in range(LOOPS):
        threading.Thread(target=loop, args=(listener,), daemon=True).start()
    threading.Thread(target=accept_timed, args=(timed,), daemon=True).start()
    sys.stdin.read()
    os._exit(0)


def loop(listener):
    """Serve many connections, none of which is waited for."""
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            sock = key.fileobj
            if sock is listener:
                with contextlib.suppress(BlockingIOError):
                    new, _ = listener.accept()
                    new.setblocking(False)
                    selector.register(new, selectors.EVENT_READ)
                continue
            try:
                data = sock.recv(65536)
                if data:
                    sock.sendall(data)  # no more than a burst is under way, so there is room
                    continue
            except ConnectionResetError:
                pass
            selector.unregister(sock)
            sock.close()


def accept_timed(listener):
    """Serve a few connections by a thread each, with timeouts."""
    while True:
        sock, _ = listener.accept()
        sock.settimeout(0.05)
        threading.Thread(target=echo_timed, args=(sock,), daemon=True).start()


def echo_timed(sock):
    """Serve one connection."""
    with sock:
        while True:
            try:
                data = sock.recv(65536)
            except TimeoutError:
                continue
            except ConnectionResetError:
                return
            if not data:
                return
            sock.sendall(data)


class Connection:
    """One client's connection: what was sent on it, and is to come back."""

    def __init__(self, mod, port, number):
        self.mod, self.port, self.number = mod, port, number
        self.sent, self.come, self.messages, self.serial = b"", bytearray(), 0, 0
        self.open()

    def open(self):
        """Connect."""
        self.sock = self.mod.create_connection(("127.0.0.1", self.port), timeout=60)
        self.sock.setblocking(False)

    def send(self, rng, payload):
        """Send a burst of messages, each with its number, length and checksum."""
        parts = []
        self.messages = rng.randrange(1, BURST + 1)
        for _ in range(self.messages):
            at, size = rng.randrange(1000), rng.choice(SIZES)
            body = payload[at : at + size]
            self.serial += 1
            parts += [HEADER.pack(self.number ^ self.serial, size, zlib.crc32(body)), body]
        self.sent = b"".join(parts)
        self.come = bytearray()
        self.sock.sendall(self.sent)

    def receive(self):
        """Take what has come; tell whether it is all there."""
        data = self.sock.recv(65536)
        if not data:
            raise AssertionError("the server closed a connection")
        self.come += data
        if len(self.come) < len(self.sent):
            return False
        if self.come != self.sent:
            raise AssertionError(f"connection {self.number}: other bytes came back")
        at = 0
        for _ in range(self.messages):
            _, size, checksum = HEADER.unpack_from(self.come, at)
            at += HEADER.size
            if zlib.crc32(memoryview(self.come)[at : at + size]) != checksum:
                raise AssertionError(f"connection {self.number}: wrong checksum")
            at += size
        return True


def use(mod, ports, connections, messages, seconds, seed):
    """Be a client: keep all connections busy; report on the way."""
    rng = random.Random(seed)
    payload = rng.randbytes(2000)
    selector = selectors.DefaultSelector()
    raise_limit(connections + 100)
    everyone = [Connection(mod, ports[index < TIMED_EACH], index) for index in range(connections)]
    for one in everyone:
        selector.register(one.sock, selectors.EVENT_READ, one)
    print("connected", flush=True)
    sys.stdin.readline()
    for one in everyone:
        one.send(rng, payload)
    done, busy, told, end = 0, connections, 0, time.monotonic() + seconds
    while busy:
        for key, _ in selector.select():
            one = key.data
            if not one.receive():
                continue
            done += one.messages
            if done >= messages and time.monotonic() > end:
                busy -= 1
                continue
            if rng.randrange(CHURN) == 0:
                selector.unregister(one.sock)
                one.sock.close()
                one.open()
                selector.register(one.sock, selectors.EVENT_READ, one)
            one.send(rng, payload)
        if done - told > messages // 20:
            told = done
            print(f"done {done}", flush=True)
    print(f"done {done}\nend", flush=True)
    sys.stdin.readline()
    os._exit(0)


def vitals(pid):
    """Return the memory, the descriptors and the threads of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    rss, threads = int(fields["VmRSS"].split()[0]) << 10, int(fields["Threads"])
    return rss, len(os.listdir(f"/proc/{pid}/fd")), threads


def start(options, *arguments):
    """Start a process of the soak."""
    command = [sys.executable, __file__, "--module", options.module, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def settled(pid, index, wanted):
    """Wait until the server's descriptors or threads are what they should be; return how many there are."""
    end = time.monotonic() + SETTLES
    while (found := vitals(pid)[index]) != wanted and time.monotonic() < end:
        time.sleep(0.05)
    return found


def follow(client, done, index):
    """Note what a client says that it has done, until it is at its end."""
    for line in client.stdout:
        if not line.startswith("done"):
            return
        done[index] = int(line.split()[1])


def watch(options):
    """Run the server and the clients; return what went wrong."""
    limit = raise_limit(options.connections + SPARE_NUMBERS)
    connections = min(options.connections, limit - SPARE_NUMBERS)
    if connections < options.connections:
        print(f"only {connections} connections: RLIMIT_NOFILE is {limit}", flush=True)
    server = start(options, "--role", "server")
    ports = server.stdout.readline().split()
    each = ["--connections", connections // 2, "--messages", options.messages // 2, "--seconds", options.seconds]
    clients = [start(options, "--role", "client", "--ports", *ports, "--seed", seed, *each) for seed in (1, 2)]
    try:
        for client in clients:
            if client.stdout.readline().strip() != "connected":
                return ["a client could not connect"]
        waits = 2 * TIMED_EACH if options.module == "rsock" else 0  # what wakes a thread's timed wait
        full = START + connections + waits
        if (found := settled(server.pid, NUMBERS, full)) != full:
            return [f"{found} descriptors for {connections} connections, not {full}"]
        return [*load(options, server, clients, connections), *rest(server, clients)]
    finally:
        for process in (*clients, server):
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()


def load(options, server, clients, connections):
    """Let the clients work; yield what is not as it was."""
    _, full, threads = vitals(server.pid)
    begun = time.monotonic()
    for client in clients:
        client.stdin.write("go\n")
        client.stdin.flush()
    done, first = [0, 0], None
    readers = [threading.Thread(target=follow, args=(client, done, at)) for at, client in enumerate(clients)]
    for reader in readers:
        reader.start()
    while any(reader.is_alive() for reader in readers):
        readers[0].join(options.seconds / 20)
        rss, numbers, alive = vitals(server.pid)
        if first is None and time.monotonic() - begun > options.seconds / 5:
            first = rss
        print(
            f"{time.monotonic() - begun:6.0f} s  {sum(done):10} messages  {rss >> 10} KiB"
            f"  {numbers} descriptors  {alive} threads",
            flush=True,
        )
    took = time.monotonic() - begun
    print(f"{sum(done)} messages over {connections} connections in {took:.0f} s, {sum(done) / took:.0f} a second")
    if any(client.poll() is not None for client in clients):
        yield "a client ended early: it lost a byte, or its connection"
    last = vitals(server.pid)[0]
    if first is not None and last > first * (1 + GROWTH) + SPARE:
        yield f"the server grew from {first >> 10} to {last >> 10} KiB"
    if (found := settled(server.pid, NUMBERS, full)) != full:
        yield f"{full} descriptors became {found}"
    if (found := settled(server.pid, THREADS, threads)) != threads:
        yield f"{threads} threads became {found}"


def rest(server, clients):
    """Let the clients go; yield what is left of them."""
    for client in clients:
        client.kill()
    if (found := settled(server.pid, NUMBERS, START)) != START:
        yield f"{found} descriptors are left when all have gone, not {START}"
    if (found := settled(server.pid, THREADS, 2 + LOOPS)) != 2 + LOOPS:
        yield f"{found} threads are left when all have gone"


def main():
    """Be whichever process this is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="1,000 connections for some seconds")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=10_000_000, help="no fewer than these")
    parser.add_argument("--seconds", type=float, default=180, help="no shorter than this")
    parser.add_argument("--module", default="rsock", choices=["rsock", "socket"])
    parser.add_argument("--role", choices=["server", "client"], help=argparse.SUPPRESS)
    parser.add_argument("--ports", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        mod = importlib.import_module(options.module)
        raise_limit(30_000)
        if options.role == "server":
            serve(mod)
        use(mod, options.ports, options.connections, options.messages, options.seconds, options.seed)
    if options.short:
        options.connections, options.messages, options.seconds = 1000, 100_000, 6
    faults = watch(options)
    for fault in faults:
        print(f"FAULT: {fault}")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
