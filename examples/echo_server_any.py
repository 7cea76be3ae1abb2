"""Echo server over IPv4 or IPv6: listens on the first address that it can have.

    python -m rsock examples/echo_server_any.py [host [port]]

Without a host the resolver offers the wildcard address of each family. Where
IPv6 comes first, IPv4 clients reach it only if the system maps their addresses.
"""

import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else None
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def first_listener():
    """Return a listening socket, or None where no address worked."""
    for family, kind, proto, _, address in socket.getaddrinfo(
        HOST, PORT, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, socket.AI_PASSIVE
    ):
        try:
            sock = socket.socket(family, kind, proto)
        except OSError:
            continue
        try:
            sock.bind(address)
            sock.listen(1)
        except OSError:
            sock.close()
            continue
        return sock
    return None


server = first_listener()
if server is None:
    sys.exit("could not open a socket")
with server:
    print("sockets from", type(server).__module__)
    print("listening on", *server.getsockname()[:2], flush=True)
    connection, address = server.accept()
    with connection:
        print("connected by", *address[:2])
        while data := connection.recv(1024):
            connection.sendall(data)
