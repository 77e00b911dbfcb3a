"""Requests to Stripe's API: the SDK's client, built on first use, and the translation of its errors."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from attrs import define, field

from adapters.stripe.breaker import CircuitBreaker
from domain.errors import ProviderUnavailable
from domain.ports.secret_store import SecretStore
from domain.ports.telemetry import Signal, Telemetry

if TYPE_CHECKING:
    from stripe import HTTPClient, StripeClient, StripeError

Timeout = tuple[float, float]
"""Seconds to connect, and seconds to wait for the response."""

StripeResult = TypeVar("StripeResult")

KEY_REUSED = "idempotency_error"
SAVED_FAILURE = "saved_failure"
MISSING = "resource_missing"
EXISTS = "resource_already_exists"
TOO_SMALL = "amount_too_small"

TIMEOUT: Timeout = (3.0, 8.0)
RETRIES = 1
_CONFLICT = 409
_SERVER_ERROR = 500


class StripeRefusedError(Exception):
    """Stripe refused a request permanently. ``reason`` is its error code, ``param`` the parameter at fault.

    Two reasons are not Stripe's codes: ``KEY_REUSED`` (the idempotency key was used with other parameters) and
    ``SAVED_FAILURE`` (Stripe replayed a server error that it had saved under the key). Nothing else of Stripe's
    exception is kept, since that holds the whole response body.
    """

    def __init__(self, reason: str, param: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.param = param


def sdk_transport(timeout: Timeout) -> HTTPClient:
    """The SDK's HTTP client with our timeout: its own default, 80 seconds, is longer than a Lambda request may take."""
    import stripe

    return stripe.RequestsClient(timeout=timeout)


@define(eq=False, kw_only=True)
class StripeApi:
    """Calls Stripe's API with the current secret key. ``base`` is the API's URL, None for Stripe's own. Thread-safe."""

    provider: str
    secrets: SecretStore
    telemetry: Telemetry
    breaker: CircuitBreaker
    base: str | None = None
    timeout: Timeout = TIMEOUT
    transport: Callable[[Timeout], HTTPClient] = sdk_transport
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _built: tuple[str, StripeClient] | None = field(default=None, init=False)

    def call(self, request: Callable[[StripeClient], StripeResult]) -> StripeResult:
        """Makes the request and returns its result. If Stripe rejects the API key, the key is read again, once.

        Raises:
            ProviderUnavailable: there was no answer; the request may have been carried out.
            StripeRefusedError: Stripe refused the request permanently.
            SecretsUnavailable: the API key cannot be read.
        """
        try:
            result = self._attempt(request)
        except ProviderUnavailable:
            self.breaker.failed()
            raise
        except StripeRefusedError:
            self.breaker.answered()
            raise
        self.breaker.answered()
        return result

    def _attempt(self, request: Callable[[StripeClient], StripeResult]) -> StripeResult:
        import stripe

        key = self.secrets.secrets(self.provider).secret_key
        try:
            return request(self._client(key))
        except stripe.AuthenticationError as error:
            fresh = self.secrets.refreshed(self.provider).secret_key
            if fresh == key:
                raise self._reported(error) from None
        except stripe.StripeError as error:
            raise self._reported(error) from None
        try:
            return request(self._client(fresh))
        except stripe.StripeError as error:
            raise self._reported(error) from None

    def _client(self, key: str) -> StripeClient:
        with self._lock:
            if self._built is None or self._built[0] != key:
                self._built = (key, self._build(key))
            return self._built[1]

    def _build(self, key: str) -> StripeClient:
        import stripe

        # The SDK's telemetry writes to the home directory, which a Lambda may lack; its log quotes requests and errors.
        stripe.enable_telemetry = False
        logging.getLogger("stripe").setLevel(logging.WARNING)
        return stripe.StripeClient(
            key,
            base_addresses={"api": self.base} if self.base else None,
            http_client=self.transport(self.timeout),
            max_network_retries=RETRIES,
        )

    def _reported(self, error: StripeError) -> ProviderUnavailable | StripeRefusedError:
        # Raise the result "from None": the message of Stripe's error may quote the buyer's e-mail address.
        translated = _translate(error)
        status = f"http_{error.http_status or 'none'}"
        reason = translated.reason if isinstance(translated, StripeRefusedError) else status
        self.telemetry.emit(
            Signal.PROVIDER_ERROR, reason=reason, provider=self.provider, request_id=error.request_id or ""
        )
        return translated


def was_replayed(headers: object) -> bool:
    """Whether Stripe replayed the response that it saved under the idempotency key, which may be out of date."""
    get = getattr(headers, "get", None)
    return get is not None and str(get("Idempotent-Replayed", "")).lower() == "true"


def _translate(error: StripeError) -> ProviderUnavailable | StripeRefusedError:
    import stripe

    status, detail = error.http_status or 0, error.error
    if isinstance(error, stripe.IdempotencyError):
        return StripeRefusedError(KEY_REUSED)
    if status >= _SERVER_ERROR and was_replayed(error.headers):
        return StripeRefusedError(SAVED_FAILURE)
    if isinstance(error, stripe.RateLimitError | stripe.APIConnectionError) or detail is None:
        return ProviderUnavailable()
    if status >= _SERVER_ERROR or status == _CONFLICT:
        return ProviderUnavailable()
    return StripeRefusedError(
        str(getattr(detail, "code", None) or getattr(detail, "type", None) or f"http_{status}"),
        str(getattr(detail, "param", None) or ""),
    )
