"""Answers as Cognito writes them."""

from __future__ import annotations

import json
from typing import Any

Answer = tuple[str, list[tuple[str, str]], bytes]
"""Status line, headers and body."""


def json_answer(status: int, body: dict[str, Any]) -> Answer:
    """An answer of status 200 or 400 that a browser may read."""
    phrase = {200: "OK", 400: "BAD REQUEST"}[status]
    headers = [("Content-Type", "application/x-amz-json-1.1"), ("Access-Control-Allow-Origin", "*")]
    return f"{status} {phrase}", headers, json.dumps(body).encode()


def error(kind: str, message: str) -> Answer:
    """A refusal: the exception's name and its sentence."""
    return json_answer(400, {"__type": kind, "message": message})
