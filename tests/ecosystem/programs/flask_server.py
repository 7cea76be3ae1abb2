"""Flask's development server with threads under a load of 8 clients with 800 requests, and its streamed answers."""

import http.client
import threading

import flask
from ecosystem import BIG, LIMIT, check, load, told
from werkzeug.serving import make_server

app = flask.Flask(__name__)


@app.get("/told")
def tell():
    return told()


@app.post("/echo")
def echo():
    return flask.request.get_data()


@app.get("/stream")
def stream():
    check(flask.request.environ["werkzeug.socket"])
    return flask.Response(BIG[start : start + 4096] for start in range(0, len(BIG), 4096))


import logging  # noqa: E402

logging.getLogger("werkzeug").disabled = True
server = make_server("127.0.0.1", 0, app, threaded=True)
check(server.socket)
thread = threading.Thread(target=server.serve_forever)
thread.start()
load(server.server_port)
client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=LIMIT)
client.request("GET", "/stream")
print("streamed", client.getresponse().read() == BIG)
client.close()
server.shutdown()
thread.join()
server.server_close()
