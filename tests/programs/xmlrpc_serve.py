"""An XML-RPC server with the functions that the test calls."""

from xmlrpc.server import SimpleXMLRPCServer

with SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as server:
    server.register_function(pow)
    server.register_function(lambda text: text[::-1], "reverse")
    server.register_introspection_functions()
    print("sockets from", type(server.socket).__module__)
    print("serving on", server.server_address[1], flush=True)
    try:
        server.serve_forever(poll_interval=0.05)
    except KeyboardInterrupt:
        print("stopped")
