"""The SDK's way to Stripe over the network, in bounded time and memory.

The SDK's own clients bound only the wait for each piece of an answer. Here an attempt as a whole is over after its
connect and read timeouts together, earlier if less time is left to the request that it belongs to. It uses the standard
library, so the package requests, which the SDK would otherwise import, is not deployed.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache, partial
from typing import cast
from urllib.parse import urlsplit

import stripe

from adapters import deadline
from adapters.connections import MAX_ANSWER, Connections, Unanswered, tls_context

__all__ = ["MAX_ANSWER", "Attempted", "BoundedClient", "Timeout"]

Timeout = tuple[float, float]
"""Seconds to connect, and seconds to wait for the response."""

Attempted = tuple[bytes, int, Mapping[str, str]]
"""The body of an answer, its status and its headers."""

_RETRY_PAUSE = 1.0  # more than the SDK waits before its first retry


class BoundedClient(stripe.HTTPClient):
    """An HTTP client for the SDK. Thread-safe; connections are kept and reused. Redirects are not followed.

    ``ca_bundle`` is the file of the authorities that are trusted, by default the system's, as in every other connection
    of this process: one TLS context serves them all.
    """

    name = "http.client"

    def __init__(self, timeout: Timeout, ca_bundle: str | None = None) -> None:
        super().__init__()
        self.timeout = timeout
        self._context = partial(_trusting, ca_bundle) if ca_bundle else tls_context
        self._connections: dict[str, Connections] = {}

    def request(  # type: ignore[override]  # the SDK's own subclass differs from its base in the same way
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: str | None = None
    ) -> Attempted:
        """One attempt.

        Raises:
            stripe.APIConnectionError: no answer, not a whole one, or none in time.
        """
        connect, read = self.timeout
        try:
            with deadline.within(deadline.for_a_call(connect + read)):
                return self._exchange(method, url, headers, post_data)
        except (Unanswered, OSError, deadline.OutOfTimeError) as error:
            reason = str(error) if isinstance(error, Unanswered) else type(error).__name__
            can_retry = isinstance(error, Unanswered) and error.can_retry
            raise stripe.APIConnectionError(reason, should_retry=can_retry) from None  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Close all connections."""
        for connections in self._connections.values():
            connections.close()

    def _exchange(self, method: str, url: str, headers: Mapping[str, str] | None, body: str | None) -> Attempted:
        parts = urlsplit(url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        origin = self._to(f"{parts.scheme}://{parts.netloc}")
        answer = origin.exchange(method.upper(), target, headers or {}, body)
        return answer.body, answer.status, cast("Mapping[str, str]", answer.headers)

    def _to(self, origin: str) -> Connections:
        if origin not in self._connections:
            self._connections[origin] = Connections(origin, *self.timeout, context=self._context)
        return self._connections[origin]

    def _should_retry(
        self,
        response: tuple[object, int, Mapping[str, str] | None] | None,
        api_connection_error: stripe.APIConnectionError | None,
        num_retries: int,
        max_network_retries: int | None,
    ) -> bool:
        """As the SDK decides, if there is time for another attempt."""
        wants = super()._should_retry(response, api_connection_error, num_retries, max_network_retries)
        needed = deadline.RESERVE + deadline.SHORTEST_CALL + _RETRY_PAUSE
        return bool(wants) and deadline.remaining() > needed


@cache
def _trusting(ca_bundle: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_bundle)
