"""The Stripe SDK's HTTP client on the standard library: it needs no third package, and shares the TLS context.

The SDK looks for the package requests when it is imported, and is slower to start wherever it finds it. Here it is
given a client of its own extension point, stripe.HTTPClient, and requests is not deployed.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

import stripe

from adapters.connections import Connections, Unanswered


class KeptConnections(stripe.HTTPClient):
    """Sends the SDK's requests over kept connections, for any thread. Timeouts in seconds: to connect, to answer."""

    name = "http.client"

    def __init__(self, timeout: tuple[float, float]) -> None:
        """Connect to nobody yet."""
        super().__init__()
        self._timeout = timeout
        self._connections: dict[str, Connections] = {}

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | bytes | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Body, status and headers of the answer.

        Raises:
            stripe.APIConnectionError: none came. It may be asked again, unless the certificate is at fault.
        """
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            answer = self._to(f"{parts.scheme}://{parts.netloc}").exchange(
                method.upper(), target, headers or {}, post_data
            )
        except Unanswered as error:
            certain = isinstance(error.__cause__, ssl.SSLCertVerificationError)
            raise _failure(error, should_retry=not certain) from error
        return answer.body.decode(), answer.status, cast("Mapping[str, str]", answer.headers)

    def close(self) -> None:
        """End the connections."""
        for connections in self._connections.values():
            connections.close()

    def _to(self, origin: str) -> Connections:
        if origin not in self._connections:
            self._connections[origin] = Connections(origin, *self._timeout)
        return self._connections[origin]


def _failure(error: Unanswered, *, should_retry: bool) -> stripe.APIConnectionError:
    made: stripe.APIConnectionError = stripe.APIConnectionError(  # type: ignore[no-untyped-call]
        f"Network error: {error}", should_retry=should_retry
    )
    return made
