"""Plain values for HTTP: what came in, what goes out, and hanging up."""

import json
from email.message import Message
from typing import Any

from attrs import field, frozen

from scripts.stripe_emulator.errors import unparsable


@frozen(kw_only=True)
class Request:
    """A request, its path without query."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """A header's value, whatever its case."""
        value = self.headers.get(name)
        return None if value is None else str(value)

    def form_text(self) -> str:
        """The body as text. Raises StripeError when it is not UTF-8."""
        try:
            return self.body.decode("ascii") if self.body.isascii() else self.body.decode()
        except UnicodeDecodeError as error:
            raise unparsable("Invalid request: the body is not valid UTF-8.") from error


@frozen
class Response:
    """An answer."""

    status: int
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(factory=dict)


@frozen
class Hangup:
    """No answer: the connection is closed."""


def json_response(status: int, body: Any) -> Response:
    """JSON that is never cached."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(status, json.dumps(body).encode(), headers)
