"""A line-by-line upper-casing server: socketserver.ThreadingTCPServer as documented."""

import socketserver


class Handler(socketserver.StreamRequestHandler):
    """Answers each line with the same line in capitals."""

    def handle(self):
        """Serve one connection in its own thread."""
        for line in self.rfile:
            self.wfile.write(line.upper())


class Server(socketserver.ThreadingTCPServer):
    """Threads are joined when the server closes."""

    daemon_threads = False
    request_queue_size = 64


with Server(("127.0.0.1", 0), Handler) as server:
    print("sockets from", type(server.socket).__module__)
    print("serving on", server.server_address[1], flush=True)
    try:
        server.serve_forever(poll_interval=0.05)
    except KeyboardInterrupt:
        print("stopped")
