"""QoS 0, 1 and 2, 300 messages, retained and last will, over TCP and WebSockets."""

import queue

import paho.mqtt.client as mqtt
from ecosystem import BIG, LIMIT, SERVER, check

ports = dict(zip(("tcp", "websockets"), map(int, SERVER.split()), strict=True))


def connected(transport, heard=None, **will):
    """Connect a client that runs in a thread of its own; return it once the broker has answered."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, transport=transport)
    ready = queue.Queue()
    client.on_connect = lambda *arguments: ready.put(arguments[3])
    client.on_subscribe = lambda *arguments: ready.put(arguments[3])
    if heard is not None:
        client.on_message = lambda _client, _data, message: heard.put(message)
    if will:
        client.will_set(**will)
    client.connect("127.0.0.1", ports[transport])
    client.loop_start()
    print(transport, "connected", ready.get(timeout=LIMIT))
    if heard is not None:
        client.subscribe([("rsock/#", 2)])
        print(transport, "subscribed", *ready.get(timeout=LIMIT))
    return client


for transport in ports:
    heard = queue.Queue()
    listener = connected(transport, heard)
    sender = connected(transport)
    sock = sender.socket()
    check(getattr(sock, "_socket", sock))
    for qos in (0, 1, 2):
        for sent in [sender.publish(f"rsock/{qos}", str(number), qos=qos) for number in range(100)]:
            sent.wait_for_publish(LIMIT)
        got = [heard.get(timeout=LIMIT) for _ in range(100)]
        print(qos, [int(one.payload) for one in got] == list(range(100)), {one.qos for one in got})
    # paho begins a WebSocket message anew at each read, and takes half a minute for a megabyte
    big = BIG if transport == "tcp" else BIG[: 1 << 16]
    sender.publish("rsock/big", big, qos=1, retain=True)
    print("big", heard.get(timeout=LIMIT).payload == big)
    late = queue.Queue()
    other = connected(transport, late, topic="rsock/will", payload="gone", qos=1)
    kept = late.get(timeout=LIMIT)
    print("retained", kept.payload == big, kept.retain)
    other.loop_stop()
    sock = other.socket()
    getattr(sock, "_socket", sock).shutdown(2)  # without a word of goodbye
    print("will", heard.get(timeout=LIMIT).payload)
    sender.publish("rsock/big", b"", retain=True).wait_for_publish(LIMIT)
    for client in (listener, sender):
        client.disconnect()
        client.loop_stop()
