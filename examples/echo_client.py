"""Echo client over IPv4: sends one greeting and prints what comes back.

python -m rsock examples/echo_client.py [host [port]]
"""

import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 1 else "localhost"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 50007

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
    print("sockets from", type(sock).__module__)
    sock.connect((HOST, PORT))
    sock.sendall(b"Hello, world")
    data = sock.recv(1024)
print("received", repr(data))
