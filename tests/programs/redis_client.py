"""Exercises a Redis server through redis-py: values, a pipeline, a subscription.

redis_client.py tcp PORT | unix PATH
"""

import sys

import redis

kind, where = sys.argv[1:]
if kind == "tcp":
    client = redis.Redis(host="127.0.0.1", port=int(where), socket_timeout=20)
else:
    client = redis.Redis(unix_socket_path=where, socket_timeout=20)

with client:
    big = bytes(range(256)) * 4096
    client.set("big", big)
    print("same", client.get("big") == big)
    with client.pipeline() as pipe:
        for number in range(1000):
            pipe.incrby("sum", number)
        print("sum", pipe.execute()[-1])
    with client.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("news")
        listener.get_message(timeout=20)
        client.publish("news", "hello")
        print("heard", listener.get_message(timeout=20)["data"].decode())
    connection = client.connection_pool.get_connection()
    print("sockets from", type(connection._sock).__module__)
    client.connection_pool.release(connection)
