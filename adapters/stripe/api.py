"""Requests to Stripe's API: the SDK's client, built on first use, and what becomes of its answers and errors.

Requests go by the SDK's ``raw_request``, which gives the JSON of an answer. Its services and its classes of objects,
which would have to be imported and built for each answer, are left alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, TypeVar
from urllib.parse import quote

from attrs import define, field, frozen

from adapters import deadline
from adapters.circuit_breaker import CircuitBreaker
from adapters.stripe.values import JsonObject
from domain.errors import MalformedEvent, ProviderUnavailable
from domain.ports.secret_store import SecretStore
from domain.ports.telemetry import Signal, Telemetry

if TYPE_CHECKING:
    from stripe import HTTPClient, StripeClient, StripeError, StripeResponse

Timeout = tuple[float, float]
"""Seconds to connect, and seconds to wait for the response."""

ReadT = TypeVar("ReadT")

KEY_REUSED = "idempotency_error"
SAVED_FAILURE = "saved_failure"
MISSING = "resource_missing"
EXISTS = "resource_already_exists"
TOO_SMALL = "amount_too_small"
INVALID = "invalid_request_error"
OTHER_ACCOUNT = "keys_of_another_account"

TIMEOUT: Timeout = (3.0, 8.0)
RETRIES = 1
BAD_REQUEST, NOT_FOUND = 400, 404
_CONFLICT = 409
_SERVER_ERROR = 500

# What the SDK takes from among the parameters for itself.
_OPTIONS = frozenset(
    {
        "api_key",
        "base",
        "content_type",
        "headers",
        "idempotency_key",
        "max_network_retries",
        "stripe_account",
        "stripe_context",
        "stripe_version",
        "usage",
    }
)

# What the SDK raises over an answer that is JSON, or nearly, and not what Stripe documents.
_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError, ArithmeticError, RecursionError)


class StripeRefusedError(Exception):
    """Stripe refused a request permanently. ``reason`` is its error code, else the error's type; ``param`` names the
    parameter at fault, ``status`` is that of HTTP.

    Three reasons are not Stripe's codes: ``KEY_REUSED`` (the idempotency key was used with other parameters),
    ``SAVED_FAILURE`` (Stripe replayed a server error that it had saved under the key) and ``OTHER_ACCOUNT`` (nothing
    was sent, since our keys are those of another account). Nothing else of Stripe's
    exception is kept, since that holds the whole response body.
    """

    def __init__(self, reason: str, param: str = "", status: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.param = param
        self.status = status


def _allowed() -> None:
    """Nothing forbids the request."""


def _no_options(_instance: object, _attribute: object, params: Mapping[str, object]) -> None:
    if taken := _OPTIONS & params.keys():
        raise ValueError(f"The SDK would not send these parameters: {', '.join(sorted(taken))}.")


@frozen
class Request:
    """A request to Stripe's API.

    ``path``: its segments after the version. Each is quoted as a whole: ids come from stored records and from events,
    and none may lead to another path. ``require`` is called with each API key that the request is about to be made
    with, and raises what forbids it. ``expected``: reasons for which Stripe may refuse it in the normal course of
    things; such a refusal is an answer, and not counted as an error.
    """

    method: Literal["get", "post", "delete"]
    path: tuple[str, ...]
    params: Mapping[str, object] = field(factory=dict, validator=_no_options, repr=False)
    idempotency_key: str | None = None
    require: Callable[[], None] = _allowed
    expected: frozenset[str] = frozenset()

    @property
    def url(self) -> str:
        """The path on Stripe's host.

        Raises:
            UnicodeEncodeError: a segment is no text that could be sent.
        """
        return "/".join(("/v1", *(quote(segment, safe="") for segment in self.path)))


@frozen
class Answer:
    """An object that Stripe answered.

    ``was_replayed``: it was saved under the idempotency key and may be out of date.
    """

    body: JsonObject
    was_replayed: bool = False


def sdk_transport(timeout: Timeout) -> HTTPClient:
    """The HTTP client that the SDK uses, with our timeouts: its own would wait for 80 seconds and more."""
    from adapters.stripe.transport import BoundedClient

    return BoundedClient(timeout)


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

    def call(self, request: Request, read: Callable[[Answer], ReadT]) -> ReadT:
        """Makes the request and returns what ``read`` makes of its answer. If Stripe rejects the API key, the key is
        read again, once.

        ``read`` raises ``MalformedEvent`` for an answer that it cannot read: such an answer counts as none.

        Raises:
            ProviderUnavailable: there was no answer; the request may have been carried out. Or too little time is left
                to make it, and then it was not.
            StripeRefusedError: Stripe refused the request permanently.
            SecretsUnavailable: the API key cannot be read.
        """
        self._require_time()
        try:
            result = read(self._attempt(request))
        except ProviderUnavailable:
            self.breaker.failed()
            raise
        except MalformedEvent:
            self.breaker.failed()
            raise self._unreadable() from None
        except StripeRefusedError:
            self.breaker.answered()
            raise
        self.breaker.answered()
        return result

    def _require_time(self) -> None:
        try:
            deadline.for_a_call(sum(self.timeout))
        except deadline.OutOfTimeError:
            self.telemetry.emit(Signal.PROVIDER_ERROR, reason="out_of_time", provider=self.provider)
            raise ProviderUnavailable from None

    def _attempt(self, request: Request) -> Answer:
        import stripe

        key = self.secrets.secrets(self.provider).secret_key
        try:
            return self._ask(request, key)
        except stripe.AuthenticationError as error:
            fresh = self.secrets.refreshed(self.provider).secret_key
            if fresh == key:
                raise self._reported(error, request) from None
        except stripe.StripeError as error:
            raise self._reported(error, request) from None
        try:
            return self._ask(request, fresh)
        except stripe.StripeError as error:
            raise self._reported(error, request) from None

    def _ask(self, request: Request, key: str) -> Answer:
        client = self._client(key)
        try:
            request.require()
            response = _sent(client, request)
        except _UNREADABLE:
            raise self._unreadable() from None
        if not isinstance(response.data, dict):
            raise self._unreadable()
        return Answer(response.data, was_replayed=was_replayed(response.headers))

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

    def refusal(self, reason: str) -> StripeRefusedError:
        """A refusal of our own, reported like one of Stripe's: whoever looks for the reason of an alarm finds it."""
        self.telemetry.emit(Signal.PROVIDER_ERROR, reason=reason, provider=self.provider)
        return StripeRefusedError(reason)

    def _unreadable(self) -> ProviderUnavailable:
        self.telemetry.emit(Signal.PROVIDER_ERROR, reason="unreadable", provider=self.provider)
        return ProviderUnavailable()

    def _reported(self, error: StripeError, request: Request) -> ProviderUnavailable | StripeRefusedError:
        # Raise the result "from None": the message of Stripe's error may quote the buyer's e-mail address.
        translated = _translate(error)
        if isinstance(translated, StripeRefusedError) and translated.reason in request.expected:
            return translated
        status = f"http_{error.http_status or 'none'}"
        reason = translated.reason if isinstance(translated, StripeRefusedError) else status
        self.telemetry.emit(
            Signal.PROVIDER_ERROR, reason=reason, provider=self.provider, request_id=error.request_id or ""
        )
        return translated


def _sent(client: StripeClient, request: Request) -> StripeResponse:
    options = {} if request.idempotency_key is None else {"idempotency_key": request.idempotency_key}
    response: StripeResponse = client.raw_request(request.method, request.url, **request.params, **options)
    return response


def was_replayed(headers: object) -> bool:
    """Whether Stripe replayed the response that it saved under the idempotency key, which may be out of date."""
    get = getattr(headers, "get", None)
    return get is not None and str(get("Idempotent-Replayed", "")).lower() == "true"


def _translate(error: StripeError) -> ProviderUnavailable | StripeRefusedError:
    import stripe

    status, detail = error.http_status or 0, error.error
    if isinstance(error, stripe.IdempotencyError):
        return StripeRefusedError(KEY_REUSED, status=status)
    if status >= _SERVER_ERROR and was_replayed(error.headers):
        return StripeRefusedError(SAVED_FAILURE, status=status)
    if isinstance(error, stripe.RateLimitError | stripe.APIConnectionError) or detail is None:
        return ProviderUnavailable()
    code, kind, param = (getattr(detail, name, None) for name in ("code", "type", "param"))
    # Every error of Stripe has a type; one without it comes from something in between.
    if status < BAD_REQUEST or status >= _SERVER_ERROR or status == _CONFLICT or not isinstance(kind, str):
        return ProviderUnavailable()
    return StripeRefusedError(str(code or kind), str(param or ""), status)
