"""A small HTTP/1.1 server for this machine: keep-alive without stalls, bounded bodies, a stop that stops."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from attrs import define, field, frozen

IDLE = 65.0  # seconds a silent connection is kept


@frozen(kw_only=True)
class HttpRequest:
    """One request, as it came: the target is not decoded, headers keep their order and repetitions."""

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
    """One answer. Content-Length is added when it is sent."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@define(eq=False)
class HttpServer:
    """Answers requests on 127.0.0.1, one thread per connection.

    `largest_body` is in bytes; `too_large` makes the answer to anything above. `log` gets one line per request: method,
    path, status, milliseconds; never a query or a body.
    """

    answer: Callable[[HttpRequest], HttpResponse]
    port: int = 0
    largest_body: int = 0
    too_large: Callable[[HttpRequest], HttpResponse] = field(default=lambda _: HttpResponse(status=413))
    log: Callable[[str], None] = field(default=lambda _: None)
    _server: _ThreadingServer | None = field(default=None, init=False)

    def start(self) -> Self:
        """Listen, and return at once. Raises OSError where the port is taken."""
        handler = type("Handler", (_Handler,), {"server_of": self})
        self._server = _ThreadingServer(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening and hang up on everybody. Harmless when repeated."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server.hang_up()
            self._server = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _ThreadingServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, handler)

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Keep the connection in mind while it lives."""
        connection = _a_socket(request)
        with self._lock:
            self._open.add(connection)
        try:
            super().process_request_thread(connection, client_address)
        finally:
            with self._lock:
                self._open.discard(connection)

    def hang_up(self) -> None:
        """End all connections, so that their threads end too."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # the other side was faster
                    continue

    def handle_error(self, request: object, client_address: object) -> None:
        """Peers that vanish are no news; anything else is."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(_a_socket(request), client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE
    server_of: HttpServer

    def _serve(self) -> None:
        began = time.perf_counter()
        request, response = self._answer()
        self._send(response, with_body=request.method != "HEAD")
        took = (time.perf_counter() - began) * 1000
        self.server_of.log(f"{request.method} {request.path} {response.status} {took:.0f} ms")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - the names are the library's

    def _answer(self) -> tuple[HttpRequest, HttpResponse]:
        request = HttpRequest(method=self.command, target=self.path, headers=tuple(self.headers.items()))
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers:
            self.close_connection = True
            return request, HttpResponse(status=411)
        if not length.isdecimal():
            self.close_connection = True
            return request, HttpResponse(status=400)
        if int(length) > self.server_of.largest_body:
            self.close_connection = True
            return request, self.server_of.too_large(request)
        body = self.rfile.read(int(length))
        request = HttpRequest(method=request.method, target=request.target, headers=request.headers, body=body)
        return request, self.server_of.answer(request)

    def _send(self, response: HttpResponse, *, with_body: bool) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if with_body:
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing: `log` has the one line."""

    def version_string(self) -> str:
        """The Server header."""
        return "learnermax-local"


def _a_socket(request: object) -> socket.socket:
    if not isinstance(request, socket.socket):
        raise TypeError("a TCP server hands out sockets")
    return request
