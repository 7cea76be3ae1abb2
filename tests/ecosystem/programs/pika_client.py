"""1000 messages with confirms, a megabyte, a consumer in a thread, an error, the asyncio connection."""

import asyncio
import threading

import pika
import pika.adapters.asyncio_connection
from ecosystem import BIG, LIMIT, SERVER, check

WHERE = pika.ConnectionParameters("127.0.0.1", int(SERVER), blocked_connection_timeout=LIMIT, socket_timeout=LIMIT)


def consume(queue, count, got):
    connection = pika.BlockingConnection(WHERE)
    channel = connection.channel()
    channel.basic_qos(prefetch_count=50)
    for method, _, body in channel.consume(queue, inactivity_timeout=LIMIT):
        got.append(body)
        channel.basic_ack(method.delivery_tag)
        if len(got) == count:
            break
    channel.cancel()
    connection.close()


with pika.BlockingConnection(WHERE) as connection:
    check(connection._impl._transport._sock)
    channel = connection.channel()
    queue = channel.queue_declare("").method.queue
    channel.confirm_delivery()
    got = []
    consumer = threading.Thread(target=consume, args=(queue, 1001, got))
    consumer.start()
    for number in range(1000):
        channel.basic_publish("", queue, str(number).encode(), mandatory=True)
    channel.basic_publish("", queue, BIG)
    consumer.join()
    print("got", [int(body) for body in got[:1000]] == list(range(1000)), got[1000] == BIG)
    print("left", channel.queue_purge(queue).method.message_count)
    try:
        channel.queue_declare("never declared", passive=True)
    except pika.exceptions.ChannelClosedByBroker as error:
        print("error", error.reply_code)


async def main():
    loop = asyncio.get_running_loop()
    opened, closed = loop.create_future(), loop.create_future()
    connection = pika.adapters.asyncio_connection.AsyncioConnection(
        WHERE,
        on_open_callback=opened.set_result,
        on_open_error_callback=lambda _, error: opened.set_exception(error),
        on_close_callback=lambda _, reason: closed.set_result(reason),
    )
    await asyncio.wait_for(opened, LIMIT)
    made = loop.create_future()
    connection.channel(on_open_callback=made.set_result)
    channel = await asyncio.wait_for(made, LIMIT)
    declared = loop.create_future()
    channel.queue_declare("", exclusive=True, callback=declared.set_result)
    queue = (await asyncio.wait_for(declared, LIMIT)).method.queue
    came = loop.create_future()
    channel.basic_consume(queue, lambda *arguments: came.set_result(arguments[3]), auto_ack=True)
    channel.basic_publish("", queue, BIG)
    print("asyncio", await asyncio.wait_for(came, LIMIT) == BIG)
    connection.close()
    print("closed", (await asyncio.wait_for(closed, LIMIT)).reply_code)


asyncio.run(main())
