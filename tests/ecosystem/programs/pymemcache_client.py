"""Values, many keys, compare and swap, a pool in 8 threads, a hash ring, a time-out."""

import socket
from contextlib import closing

from ecosystem import BIG, SERVER, check, in_threads
from pymemcache import HashClient, PooledClient
from pymemcache.client.base import Client

WHERE = ("127.0.0.1", int(SERVER))

with closing(Client(WHERE, timeout=30, connect_timeout=30, no_delay=True)) as client:
    client.flush_all(noreply=False)
    check(client.sock)
    half = BIG[: len(BIG) // 2]
    print("set", client.set("big", half, noreply=False), client.get("big") == half)
    many = {f"key-{number}": str(number) for number in range(500)}
    print("failed", client.set_many(many, noreply=False), "found", len(client.get_many(list(many))))
    value, token = client.gets("key-7")
    print("swap", client.cas("key-7", "new", token), not client.cas("key-7", "newer", token), client.get("key-7"))
    client.set("count", "0", noreply=False)

pool = PooledClient(WHERE, max_pool_size=8, timeout=30)
in_threads(8, lambda _: [pool.incr("count", 1) for _ in range(100)])
print("count", int(pool.get("count")))
pool.close()

ring = HashClient([WHERE, ("localhost", WHERE[1])])
print("ring", ring.set_many(many, noreply=False), len(ring.get_many(list(many))))
ring.close()

with socket.create_server(("127.0.0.1", 0)) as silent:
    client = Client(silent.getsockname(), timeout=0.2)
    try:
        client.get("anything")
    except TimeoutError as error:
        print("timed out", error)
