"""Echo client over IPv4 or IPv6: talks to the first address that answers.

python -m rsock examples/echo_client_any.py [host [port]]
"""

import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else "localhost"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007


def first_connection():
    """Return a connected socket, or None where no address answered."""
    for family, kind, proto, _, address in socket.getaddrinfo(HOST, PORT, socket.AF_UNSPEC, socket.SOCK_STREAM):
        try:
            sock = socket.socket(family, kind, proto)
        except OSError:
            continue
        try:
            sock.connect(address)
        except OSError:
            sock.close()
            continue
        return sock
    return None


sock = first_connection()
if sock is None:
    sys.exit("could not open a socket")
with sock:
    print("sockets from", type(sock).__module__)
    sock.sendall(b"Hello, world")
    data = sock.recv(1024)
print("received", repr(data))
