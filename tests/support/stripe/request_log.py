"""Listening to what the Stripe SDK sends, without an opinion of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from adapters.stripe.transport import BoundedClient


class RequestLog(BoundedClient):
    """The gateway's HTTP client, which remembers each request's method, path and the answer's status."""

    def __init__(self, timeout: tuple[float, float]) -> None:
        super().__init__(timeout)
        self.heard: list[tuple[str, str, int]] = []
        self.answered: list[Mapping[str, str]] = []

    def request(  # type: ignore[override]  # as in the gateway's
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send and remember."""
        content, status, answered = super().request(method, url, headers, post_data)
        self.heard.append((method.upper(), urlsplit(url).path, status))
        self.answered.append(answered)
        return content, status, answered
