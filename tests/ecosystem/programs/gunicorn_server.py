"""A WSGI application under a load of 8 clients with 800 requests: workers of each kind, two processes."""

import sys

from ecosystem import load, serving, told


def app(environ, start_response):
    """Tell what we are on, or send back what came."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = told().encode() if environ["PATH_INFO"] == "/told" else environ["wsgi.input"].read(length)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    for kind in ("sync", "gthread", "gevent"):
        command = [sys.executable, "-m", "gunicorn", "gunicorn_server:app", "--bind", "127.0.0.1:0"]
        command += ["--workers", "2", "--worker-class", kind, "--no-control-socket"]
        if kind == "gthread":
            command += ["--threads", "4"]
        with serving(command, r"Listening at: http://127.0.0.1:(\d+)") as port:
            print(kind)
            load(port)
