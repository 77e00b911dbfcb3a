"""The HTTP server: werkzeug's, on 127.0.0.1 only, with a thread and a kept-alive connection per client."""

import io
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

from scripts.stripe_emulator.http.json_response import json_response

Respond = Callable[[Request], Response]
_BACKLOG = 128
_LARGEST_BODY = 1_000_000
_IDLE_SECONDS = 120
_HOST = "127.0.0.1"


class ConnectionDropped(Exception):
    """Raised instead of answering: the connection is closed without a response."""


class Server(ThreadedWSGIServer):
    """Answers every request with one function. `close` also ends the connections that clients keep open.

    The port is taken when the object is made; raises OSError when something else has it.
    """

    def __init__(self, port: int, respond: Respond) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        # werkzeug exits the process when a port is taken; a socket that is bound already raises instead.
        with socket.create_server((_HOST, port), backlog=_BACKLOG) as bound:
            super().__init__(_HOST, port, Request.application(respond), _RequestHandler, fd=bound.fileno())
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="stripe-emulator", daemon=True)

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving and end every connection. Harmless when never started, or repeated."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()
        with self._lock:
            for connection in self._open:
                _end(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that it can be ended."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that is over."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Show errors, except those of clients that went away."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _RequestHandler(WSGIRequestHandler):
    """werkzeug's own handler closes the connection after each response; this one keeps it open, as Stripe does."""

    server: Server
    protocol_version = "HTTP/1.1"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = _IDLE_SECONDS

    @property
    def server_version(self) -> str:  # type: ignore[override]  # as in werkzeug's own handler
        """The `Server` header."""
        return "StripeEmulator"

    def run_wsgi(self) -> None:
        """Read one request, whose body must have a length, and answer it."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or "Transfer-Encoding" in self.headers or int(length) > _LARGEST_BODY:
            self.close_connection = True
            error = {"type": "invalid_request_error", "message": "The request body needs a valid Content-Length."}
            self._send(json_response(413, {"error": error}))
            return
        self.environ = self.make_environ()
        self.environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(length)))
        try:
            body, status, headers = run_wsgi_app(self.server.app, self.environ, buffered=True)
        except ConnectionDropped:
            self.close_connection = True
        else:
            self._send(Response(body, status, headers))

    def _send(self, response: Response) -> None:
        self.send_response(response.status_code)
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.get_data())

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: paths contain session ids, and the control API lists the requests."""


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
