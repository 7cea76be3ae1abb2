"""Echo server over IPv4: sends one client back what it sends, until it stops.

    python -m rsock examples/echo_server.py [host [port]]

Without a host it listens on all interfaces; port 0 lets the system choose.
"""

import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else ""
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, PORT))
    server.listen(1)
    print("sockets from", type(server).__module__)
    print("listening on", *server.getsockname(), flush=True)
    connection, address = server.accept()
    with connection:
        print("connected by", *address)
        while data := connection.recv(1024):
            connection.sendall(data)
