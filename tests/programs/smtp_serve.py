"""An SMTP server, aiosmtpd's, that keeps what it is sent and then ends."""

import asyncio
from hashlib import sha256

from aiosmtpd.smtp import SMTP


class Keep:
    """Prints an envelope and ends the server."""

    def __init__(self, done):
        self.done = done

    async def handle_DATA(self, server, session, envelope):
        """Accept one message."""
        print("from", envelope.mail_from)
        print("to", *envelope.rcpt_tos)
        print("digest", sha256(envelope.content).hexdigest())
        self.done.set()
        return "250 kept"


async def main():
    """Serve until one message has come and its client has gone."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()

    class Session(SMTP):
        def connection_lost(self, error):
            super().connection_lost(error)
            gone.set()

    server = await loop.create_server(lambda: Session(Keep(done), hostname="localhost", loop=loop), "127.0.0.1", 0)
    print("serving on", server.sockets[0].getsockname()[1], flush=True)
    await done.wait()
    await gone.wait()
    server.close()
    await server.wait_closed()


asyncio.run(main())
