"""UDP, TCP after a cut answer, 200 names at once, time-out, on threads, asyncio and trio, against its own server."""

import asyncio
import socket
import socketserver
import threading

import dns.asyncbackend
import dns.asyncresolver
import dns.flags
import dns.message
import dns.query
import dns.resolver
import dns.rrset
import trio
from ecosystem import LIMIT, check, in_threads


def answer(wire, *, datagram):
    """Answer a question: `long` does not fit into a datagram, `silent` gets none, `nobody` is not there."""
    query = dns.message.from_wire(wire)
    question = query.question[0]
    host = question.name.labels[0].decode()
    response = dns.message.make_response(query, recursion_available=True)
    if host == "silent":
        return None
    if host == "nobody":
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif host == "long" and datagram:
        response.flags |= dns.flags.TC
    else:
        count = 200 if host == "long" else 1
        texts = [f"10.0.{number}.{len(host)}" for number in range(count)]
        response.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", "A", texts))
    return response.to_wire(max_size=65535)


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        wire, sock = self.request
        check(sock)
        reply = answer(wire, datagram=True)
        if reply is not None:
            sock.sendto(reply, self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        while size := self.rfile.read(2):
            reply = answer(self.rfile.read(int.from_bytes(size, "big")), datagram=False)
            self.wfile.write(len(reply).to_bytes(2, "big") + reply)


class Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True
    max_packet_size = 65535


def resolver(kind, lifetime=LIMIT):
    made = kind(configure=False)
    made.nameservers, made.port, made.lifetime, made.timeout = ["127.0.0.1"], PORT, lifetime, lifetime
    return made


async def several(query, gather):
    names = [f"{'x' * (number % 50 + 1)}.example." for number in range(100)]
    return sum(int(str(reply[0]).rpartition(".")[2]) for reply in await gather(query, names))


async def gather_asyncio(query, names):
    return await asyncio.gather(*map(query, names))


async def gather_trio(query, names):
    got = []

    async def one(name):
        got.append(await query(name))

    async with trio.open_nursery() as nursery:
        for name in names:
            nursery.start_soon(one, name)
    return got


async def main(gather, backend):
    dns.asyncbackend.set_default_backend(backend)
    asked = resolver(dns.asyncresolver.Resolver)
    print(gather.__name__, await several(lambda name: asked.resolve(name, "A"), gather))
    print("long", len(await asked.resolve("long.example.", "A")))


udp = Udp(("127.0.0.1", 0), Datagram)
PORT = udp.server_address[1]
tcp = socketserver.ThreadingTCPServer(("127.0.0.1", PORT), Stream)
servers = [threading.Thread(target=one.serve_forever, args=(0.05,)) for one in (udp, tcp)]
for thread in servers:
    thread.start()

asked = resolver(dns.resolver.Resolver)
print("address", asked.resolve("abc.example.", "A")[0])
print("long", len(asked.resolve("long.example.", "A")))
print("threads", len(in_threads(10, lambda n: [asked.resolve(f"a{n}-{m}.example.", "A") for m in range(20)])))
try:
    asked.resolve("nobody.example.", "A")
except dns.resolver.NXDOMAIN as error:
    print("nobody", error)
try:
    resolver(dns.resolver.Resolver, 0.3).resolve("silent.example.", "A")
except dns.resolver.LifetimeTimeout:
    print("timed out")
query = dns.message.make_query("abc.example.", "A")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    check(sock)
    sock.setblocking(False)
    print("own socket", len(dns.query.udp(query, "127.0.0.1", LIMIT, PORT, sock=sock).answer))
print("tcp", len(dns.query.tcp(query, "127.0.0.1", LIMIT, PORT).answer))
asyncio.run(main(gather_asyncio, "asyncio"))
trio.run(main, gather_trio, "trio")
for server in (udp, tcp):
    server.shutdown()
    server.server_close()
