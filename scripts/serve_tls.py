"""Serves a folder with http.server over TLS, on a port of loopback that the system picks.

    python scripts/serve_tls.py FOLDER CERTIFICATE

CERTIFICATE is a PEM file with the key and the chain. Knows nothing of rsock: it runs on whatever the interpreter
was started with. From 3.14 on `python -m http.server` does the same by itself.
"""

import contextlib
import functools
import http.server
import ssl
import sys


def main():
    """Serve until Ctrl-C."""
    folder, certificate = sys.argv[1:]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        host, port = server.server_address[:2]
        print(f"Serving HTTPS on {host} port {port} (https://{host}:{port}/)", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
