"""`manage.py runserver` and a threaded WSGI server of Django's under a load of 8 clients with 800 requests each."""

import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler, WSGIServer
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from ecosystem import check, load, serving, told

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DEBUG=False,
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for this",
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    LOGGING_CONFIG=None,
    WSGI_APPLICATION=None,
)
urlpatterns = [
    path("told", lambda request: HttpResponse(told())),
    path("echo", csrf_exempt(lambda request: HttpResponse(request.body))),
]
django.setup()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


class Server(WSGIServer):
    """Says where it listens: `runserver` on port 0 does not."""

    def server_activate(self):
        super().server_activate()
        print(f"listening on port {self.server_address[1]}.", flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        from django.core.management.commands import runserver

        runserver.Command.server_cls = Server
        execute_from_command_line(sys.argv)
    else:
        import threading

        server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
        check(server.socket)
        server.set_app(get_wsgi_application())
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        load(server.server_port)
        server.shutdown()
        thread.join()
        server.server_close()
        for options in (["--noreload"], []):
            command = [sys.executable, __file__, "runserver", "127.0.0.1:0", "--skip-checks", *options]
            with serving(command, r"listening on port (\d+)\.") as port:
                print("runserver", *options)
                load(port)
