"""A webhook endpoint that keeps what it gets and answers what a test wants."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from attrs import frozen


@frozen
class Delivery:
    """One delivery as it arrived."""

    path: str
    signature: str
    body: bytes


class WebhookReceiver:
    """Listens on 127.0.0.1. Answers 200 unless `statuses` holds others to give first."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.statuses: deque[int] = deque()
        self._changed = threading.Condition()
        self._server = _Server(self._receive)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where to deliver."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def wait_for(self, wanted: Callable[[list[Delivery]], bool], deadline: float = 30.0) -> list[Delivery]:
        """The deliveries once they are as wanted. Raises AssertionError after `deadline` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: wanted(self.deliveries), deadline):
                raise AssertionError(f"got {len(self.deliveries)} deliveries, not what was waited for")
            return list(self.deliveries)

    def _receive(self, delivery: Delivery) -> int:
        with self._changed:
            self.deliveries.append(delivery)
            self._changed.notify_all()
            return self.statuses.popleft() if self.statuses else 200

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receive: Callable[[Delivery], int]) -> None:
        self.receive = receive
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.receive(Delivery(self.path, self.headers["Stripe-Signature"], body))
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests are quiet."""
