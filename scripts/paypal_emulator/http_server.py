"""Requests and responses of the emulator, and the server's side of a connection."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from attrs import define

from scripts.paypal_emulator.orders import RefusedError

Json = dict[str, Any]

_LARGEST = 1_000_000
_log = logging.getLogger(__name__)


@define
class Request:
    """One request, with the parts of its path."""

    parts: tuple[str, ...]
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Json:
        """The JSON object of the body; an empty one if there is none."""
        try:
            found = json.loads(self.raw or b"{}")
        except ValueError:
            raise RefusedError(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON") from None
        if not isinstance(found, dict):
            raise RefusedError(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON")
        return found

    @property
    def changes(self) -> list[Json]:
        """The changes of a JSON Patch."""
        try:
            found = json.loads(self.raw or b"[]")
        except ValueError:
            found = None
        if not isinstance(found, list) or not all(isinstance(one, dict) and "path" in one for one in found):
            raise RefusedError(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON")
        return found


@define
class Answer:
    """One response."""

    status: int
    body: object = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        return (
            self.body if isinstance(self.body, bytes) else b"" if self.body is None else json.dumps(self.body).encode()
        )


Respond = Callable[[str, str, dict[str, str], bytes], Answer | None]
"""From method, target, headers and body to the answer; None if the connection just ends."""


def html(body: bytes) -> Answer:
    """A page."""
    return Answer(200, body, (("Content-Type", "text/html; charset=utf-8"),))


def moved(address: str) -> Answer:
    """The way to another page."""
    return Answer(HTTPStatus.SEE_OTHER, None, (("Location", address),))


def connection_handler(respond: Respond) -> type[BaseHTTPRequestHandler]:
    """What serves each connection, with these answers."""

    class Connection(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gives it
            _log.debug(format, *args)

        def _serve(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), _LARGEST)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = respond(self.command, self.path, headers, self.rfile.read(length))
            if answer is None:
                self.close_connection = True
                return
            content = answer.content
            self.send_response(answer.status)
            for name, value in answer.headers or (("Content-Type", "application/json"),):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that the base class calls

    return Connection
