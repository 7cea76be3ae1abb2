"""Everything patched: 200 greenlets to a server of its own, http.server, time-outs, DNS, select, makefile, TLS."""

from gevent import monkey

monkey.patch_all()

import contextlib  # noqa: E402
import select  # noqa: E402
import socket  # noqa: E402
import ssl  # noqa: E402
import urllib.request  # noqa: E402

import gevent  # noqa: E402
import gevent.pool  # noqa: E402
import gevent.server  # noqa: E402
from ecosystem import BIG, LIMIT, certificates, check, http_server, refused_port  # noqa: E402

print("patched", monkey.is_module_patched("socket"), socket.socket.__module__, ssl.SSLSocket.__module__)


def echo(sock, _):
    check(sock)
    with sock.makefile("rwb") as file:
        for line in file:
            file.write(line)
            file.flush()


def one(number):
    with socket.create_connection(server.address, LIMIT) as sock, sock.makefile("rwb") as file:
        check(sock)
        for round_ in range(5):
            file.write(b"%d %d\n" % (number, round_))
            file.flush()
            if file.readline() != b"%d %d\n" % (number, round_):
                return 0
    return 1


server = gevent.server.StreamServer(("127.0.0.1", 0), echo)
server.start()
print("greenlets", sum(gevent.pool.Pool(200).map(one, range(200))))

with socket.create_connection(server.address) as sock:
    sock.settimeout(0.1)
    try:
        sock.recv(1)
    except TimeoutError as error:
        print("timed out", error)
    sock.sendall(b"x\n")
    print("selected", select.select([sock], [], [], LIMIT)[0] == [sock], sock.recv(2))
    with contextlib.closing(sock.dup()) as other:
        check(other)
        other.sendall(b"y\n")
        print("duplicate", sock.recv(2))
server.stop()
print("original", monkey.get_original("socket", "socket") is not socket.socket)

one_end, other_end = socket.socketpair()
with one_end, other_end:
    sender = gevent.spawn(one_end.sendall, BIG)
    got = bytearray()
    while len(got) < len(BIG):
        got += other_end.recv(65536)
    sender.get(timeout=LIMIT)
    print("pair", got == BIG)

print("name", socket.getaddrinfo("localhost", 80, socket.AF_INET, socket.SOCK_STREAM)[0][4])
try:
    socket.create_connection(("127.0.0.1", refused_port()))
except ConnectionRefusedError as error:
    print("refused", error)

with http_server() as port:
    url = f"http://127.0.0.1:{port}/big"
    answers = gevent.pool.Pool(20).map(lambda _: urllib.request.urlopen(url, timeout=LIMIT).read() == BIG, range(50))
    print("http", answers.count(True))
with certificates() as (context, authority), http_server(context) as port:
    trusting = ssl.create_default_context(cafile=authority)
    with urllib.request.urlopen(f"https://localhost:{port}/big", timeout=LIMIT, context=trusting) as answer:
        print("https", answer.read() == BIG)
