"""Asks a name server that runs in a thread of this process, and prints what the lookups came to as JSON.

    unshare -nm python tests/netns.py python tests/nameserver.py MODULE

Needs a network and a mount namespace of its own: it puts a resolv.conf in the place of the system's, and its
server listens on the loopback's port 53. Follows RFC 1035.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading

A, CNAME, PTR, AAAA = 1, 5, 12, 28


def _name(text: str) -> bytes:
    labels = text.rstrip(".").split(".")
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def _packed(family: int, text: str) -> bytes:
    return socket.inet_pton(family, text)


MANY = [(A, _packed(socket.AF_INET, f"198.51.100.{last}")) for last in range(1, 101)]
RECORDS = {
    "host.example": [(A, _packed(socket.AF_INET, "192.0.2.1")), (AAAA, _packed(socket.AF_INET6, "2001:db8::1"))],
    "alias.example": [(CNAME, _name("host.example"))],
    "xn--bcher-kva.example": [(A, _packed(socket.AF_INET, "192.0.2.2"))],
    "here.example": [(A, _packed(socket.AF_INET, "127.0.0.1"))],
    "many.example": MANY,
    "1.2.0.192.in-addr.arpa": [(PTR, _name("back.example"))],
    f"1.{'0.' * 23}8.b.d.0.1.0.0.2.ip6.arpa": [(PTR, _name("back6.example"))],
}


def _answers(asked: str, kind: int) -> list[tuple[str, int, bytes]]:
    found = []
    for record, data in RECORDS.get(asked, []):
        if record == CNAME and kind in (A, AAAA):
            found += [(asked, record, data), *_answers("host.example", kind)]
        elif record == kind:
            found.append((asked, record, data))
    return found


def reply(query: bytes, room: int) -> bytes:
    """Return the answer to a query; one that has no room is cut and says so."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    asked, kind = ".".join(labels).lower(), struct.unpack(">H", query[at + 1 : at + 3])[0]
    question = query[12 : at + 5]
    answers = _answers(asked, kind)
    code = 0 if asked in RECORDS else 3
    body = b"".join(
        _name(name) + struct.pack(">HHIH", record, 1, 60, len(data)) + data for name, record, data in answers
    )
    cut = len(question) + len(body) + 12 > room
    if cut:
        answers, body = [], b""
    flags = 0x8580 | code | (0x0200 if cut else 0)
    return query[:2] + struct.pack(">HHHHH", flags, 1, len(answers), 0, 0) + question + body


def serve_datagrams(sock: socket.socket) -> None:
    """Answer for as long as the process lives."""
    while True:
        query, client = sock.recvfrom(4096)
        sock.sendto(reply(query, 512), client)


def serve_streams(sock: socket.socket) -> None:
    """Answer those that were told that their answer was cut."""
    while True:
        client, _ = sock.accept()
        with client:
            size = client.recv(2, socket.MSG_WAITALL)
            if len(size) == 2:
                query = client.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
                answer = reply(query, 65535)
                client.sendall(len(answer).to_bytes(2, "big") + answer)


def main(name: str) -> None:
    """Serve and ask."""
    with tempfile.NamedTemporaryFile("w") as config:
        config.write("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
        config.flush()
        os.chmod(config.name, 0o644)
        subprocess.run(["mount", "--bind", config.name, "/etc/resolv.conf"], check=True)
        for kind, serve in ((socket.SOCK_DGRAM, serve_datagrams), (socket.SOCK_STREAM, serve_streams)):
            sock = socket.socket(socket.AF_INET, kind)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", 53))
            if kind == socket.SOCK_STREAM:
                sock.listen()
            threading.Thread(target=serve, args=(sock,), daemon=True).start()
        module = importlib.import_module(name)
        found = {}
        for function, *args in (
            ("getaddrinfo", "host.example", 80),
            ("getaddrinfo", "alias.example", "http", 0, 1, 0, module.AI_CANONNAME),
            ("getaddrinfo", "BÜCHER.example", 80, 2, 1),
            ("getaddrinfo", "nobody.example", 80),
            ("getaddrinfo", "host.example.", 80, 10, 2),
            ("getaddrinfo", "many.example", 80, 2, 1),
            ("gethostbyname", "bücher.example"),
            ("gethostbyname", "alias.example"),
            ("gethostbyname", "nobody.example"),
            ("gethostbyname_ex", "alias.example"),
            ("gethostbyname_ex", "many.example"),
            ("gethostbyaddr", "192.0.2.1"),
            ("gethostbyaddr", "2001:db8::1"),
            ("gethostbyaddr", "host.example"),
            ("gethostbyaddr", "192.0.2.99"),
            ("getnameinfo", ("192.0.2.1", 80), 0),
            ("getnameinfo", ("192.0.2.99", 80), module.NI_NAMEREQD),
            ("getfqdn", "192.0.2.1"),
        ):
            try:
                answer = getattr(module, function)(*args)
            except OSError as error:
                answer = [type(error).__name__, *error.args]
            found[f"{function}({', '.join(map(repr, args))})"] = repr(answer)
        with module.socket(module.AF_INET, module.SOCK_DGRAM) as sock:
            sock.bind(("here.example", 0))
            found["bind"] = sock.getsockname()[0]
        print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
