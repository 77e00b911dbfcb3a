"""HTTP servers of the local stack: Werkzeug's, on 127.0.0.1, with limited bodies and a prompt stop."""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from attrs import define, evolve, field, frozen
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_IDLE_TIMEOUT = 65.0  # seconds that a connection may stay silent
_BACKLOG = 128
_TARGET, _HEADERS = "stack.target", "stack.headers"  # in the WSGI environment


@frozen(kw_only=True)
class HttpRequest:
    """One request as it was sent: the target is not decoded, headers keep their order and repetitions."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@frozen(kw_only=True)
class HttpResponse:
    """One response. Content-Length is added when it is sent."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@define(eq=False)
class HttpServer:
    """Answers requests on 127.0.0.1, one thread and one connection per request.

    ``largest_body`` is in bytes; ``too_large`` answers a request that announces more, without reading its body. ``log``
    gets one line per request: method, path, status, milliseconds; never a query or a body.
    """

    answer: Callable[[HttpRequest], HttpResponse]
    port: int = 0
    largest_body: int = 0
    too_large: Callable[[HttpRequest], HttpResponse] = field(default=lambda _: HttpResponse(status=413))
    log: Callable[[str], None] = field(default=lambda _: None)
    _server: _Server | None = field(default=None, init=False)

    def start(self) -> Self:
        """Listen, and return at once. Raises OSError if the port is taken."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        # Werkzeug would end the process if it could not bind; it takes a listening socket as well.
        with socket.create_server(("127.0.0.1", self.port), backlog=_BACKLOG) as listening:
            self._server = _Server("127.0.0.1", 0, self._wsgi, _Handler, fd=listening.fileno())
        self.port = self._server.port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening and close all connections. Harmless when repeated."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server.close_connections()
            self._server = None

    @property
    def url(self) -> str:
        """The server's base URL."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        request = HttpRequest(
            method=environ["REQUEST_METHOD"], target=environ[_TARGET], headers=tuple(environ[_HEADERS])
        )
        response = self._respond(request, environ)
        headers = [*response.headers, ("Content-Length", str(len(response.body)))]
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
        took = (time.perf_counter() - began) * 1000
        self.log(f"{request.method} {request.path} {response.status} {took:.0f} ms")
        return [] if request.method == "HEAD" else [response.body]

    def _respond(self, request: HttpRequest, environ: WSGIEnvironment) -> HttpResponse:
        length = environ.get("CONTENT_LENGTH", "0")
        if "HTTP_TRANSFER_ENCODING" in environ:
            return HttpResponse(status=411)
        if not length.isdecimal():
            return HttpResponse(status=400)
        if int(length) > self.largest_body:
            return self.too_large(request)
        return self.answer(evolve(request, body=environ["wsgi.input"].read(int(length))))


class _Server(ThreadedWSGIServer):
    """Keeps track of its connections, so that stopping can close them."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(*arguments, **options)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        with self._lock:
            self._connections.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.discard(request)

    def close_connections(self) -> None:
        """Close all open connections, so that their threads end too."""
        with self._lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # the client has closed it already
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report errors of a connection, except a client that has gone away."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(WSGIRequestHandler):
    """Sends each response in one piece, without TCP's pause between its head and its body."""

    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = _IDLE_TIMEOUT

    def make_environ(self) -> WSGIEnvironment:
        """The WSGI environment, with target and headers as they were sent.

        Werkzeug gets "/" in place of the target: it raises on one that is no URL, and no answer would be sent.
        """
        target, self.path = self.path, "/"
        return {**super().make_environ(), _TARGET: target, _HEADERS: self.headers.items()}

    def handle_expect_100(self) -> bool:
        """Ask for the announced body at once, not with the buffered response."""
        del self.headers["Expect"]
        self.send_response_only(HTTPStatus.CONTINUE)
        self.end_headers()
        self.wfile.flush()
        return True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: ``HttpServer.log`` has the one line."""

    def version_string(self) -> str:
        """The Server header."""
        return "learnermax-local"
