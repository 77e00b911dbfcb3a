"""moto's HTTP server, with connections that are kept."""

from __future__ import annotations

import io
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

IDLE = 65.0  # seconds a silent connection is kept

_WITHOUT_BODY = ("204", "304")

_Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class HttpServer(ThreadedWSGIServer):
    """Calls a WSGI application, one thread per connection, on 127.0.0.1. Stopping it ends every connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, application: _Application) -> None:
        """Listen. Raises OSError where the port is taken."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        # werkzeug exits the process where a port is taken, unless it is given a socket that listens already.
        with socket.create_server(("127.0.0.1", port), backlog=self.request_queue_size) as listening:
            super().__init__("127.0.0.1", port, application, _Handler, fd=listening.fileno())

    def start(self) -> None:
        """Answer from now on, in threads of its own."""
        threading.Thread(target=self.serve_forever, args=(0.05,), name="aws", daemon=True).start()

    def stop(self) -> None:
        """Stop listening, and hang up on every client."""
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                _hang_up(connection)

    @property
    def connections(self) -> int:
        """How many are open now."""
        with self._lock:
            return len(self._open)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember a connection, so that it can be ended."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that is over."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)


class _Handler(MotoRequestHandler):
    """One request after the other on a connection, where werkzeug's own closes it after the first.

    It reads the whole body before the application starts, so the next request begins where it should.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # no pause between the head and the body of an answer
    wbufsize = -1
    timeout = IDLE

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: a client that keeps a silent connection until it is ended does no wrong."""

    def handle_expect_100(self) -> bool:
        """Let an announced body in at once, instead of leaving the word in the buffer."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def run_wsgi(self) -> None:
        """Answer one request."""
        environ = self.make_environ()
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.close_connection = True
        else:
            environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self._send(*self._answer(environ))

    def _answer(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        head: list[Any] = []
        application: _Application = self.server.app
        try:
            body = b"".join(application(environ, lambda status, headers, _=None: head.extend((status, headers))))
        except Exception:  # as every WSGI server does: the client hears of it, the others go on
            logging.getLogger(__name__).exception("The AWS emulator failed")
            return "500 INTERNAL SERVER ERROR", [], b""
        return head[0], head[1], body

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        with_body = self.command != "HEAD" and code not in _WITHOUT_BODY
        self.send_response(int(code), reason)
        for name, value in headers:
            if name.lower() != "content-length" or not with_body:
                self.send_header(name, value)
        if with_body:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was faster
        return
