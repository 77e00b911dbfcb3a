"""Requests to PayPal's REST API: one access token for many of them, bounded in time, and errors by their issue."""

from __future__ import annotations

import base64
import json
import threading
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from attrs import define, field, frozen

from adapters import deadline
from adapters.circuit_breaker import CircuitBreaker
from adapters.paypal import values
from adapters.paypal.values import JsonObject
from domain.errors import MalformedEvent, ProviderUnavailable
from domain.ports.clock import Clock
from domain.ports.secret_store import ProviderSecrets, SecretStore
from domain.ports.telemetry import Signal, Telemetry

if TYPE_CHECKING:
    from adapters.connections import Connections, HttpAnswer

HOSTS = {"live": "https://api-m.paypal.com", "sandbox": "https://api-m.sandbox.paypal.com"}
TIMEOUT = (3.0, 15.0)
"""Seconds to connect, and to wait for an answer: a capture takes a few."""

LONGEST_TOKEN = 86_400
"""Seconds for which a token is used at the most, whatever its life is said to be."""

TOKEN_MARGIN = timedelta(minutes=5)
"""How long before it ends a token is no longer used."""

_REPEAT = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}


class PayPalRefusedError(Exception):
    """PayPal refuses the request for good. ``issue`` is its word for why."""

    def __init__(self, status: int, issue: str) -> None:
        super().__init__(f"{status} {issue}")
        self.status = status
        self.issue = issue

    @property
    def is_unknown(self) -> bool:
        """Whether PayPal does not know what the request names."""
        return self.status == HTTPStatus.NOT_FOUND


@frozen
class _Token:
    text: str
    until: datetime
    made_with: str


@define(eq=False, kw_only=True)
class PayPalApi:
    """PayPal's API at ``base``. Thread-safe; connections are kept."""

    provider: str
    base: str
    secrets: SecretStore
    clock: Clock
    telemetry: Telemetry
    breaker: CircuitBreaker
    _connections: Connections = field(init=False)
    _token: _Token | None = field(default=None, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        from adapters.connections import Connections  # and ssl, which the start of a process can do without

        self._connections = Connections(self.base, *TIMEOUT)

    def get(self, path: str, **query: str) -> JsonObject:
        """A resource.

        Raises: what ``post`` raises.
        """
        return self._call("GET", f"{path}?{urlencode(query)}" if query else path, None, None)

    def post(self, path: str, body: object, key: str | None = None) -> JsonObject:
        """Create or change something; ``body`` may be JSON in bytes already.

        With the same ``key`` it happens once, for as long as PayPal keeps keys.

        Raises:
            PayPalRefusedError: PayPal refuses for good.
            ProviderUnavailable: no answer, or none that says what happened; repeat with the same key.
            SecretsUnavailable: our keys cannot be read.
        """
        return self._call("POST", path, body, key)

    def _call(self, method: str, path: str, body: object, key: str | None) -> JsonObject:
        headers = {"Content-Type": "application/json", "Prefer": "return=representation"}
        if key is not None:
            headers["PayPal-Request-Id"] = key
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        answer = self._send(method, path, headers | self._authorization(), content)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            # The token was withdrawn, or the secret rolled: once more with new ones.
            self._forget()
            answer = self._send(method, path, headers | self._authorization(fresh=True), content)
        return self._read(answer)

    def _authorization(self, *, fresh: bool = False) -> dict[str, str]:
        secrets = self.secrets.refreshed(self.provider) if fresh else self.secrets.secrets(self.provider)
        with self._lock:
            token = self._token
            if token is None or token.made_with != secrets.secret_key or self.clock.now() >= token.until:
                token = self._token = self._new_token(secrets)
        return {"Authorization": f"Bearer {token.text}"}

    def _new_token(self, secrets: ProviderSecrets) -> _Token:
        basic = base64.b64encode(f"{secrets.publishable_key}:{secrets.secret_key}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        answer = self._read(self._send("POST", "/v1/oauth2/token", headers, b"grant_type=client_credentials"))
        text, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(text, str) or not text.isascii() or not text.isprintable() or type(life) is not int:
            raise self._unreadable(HTTPStatus.OK)
        life = min(max(life, 0), LONGEST_TOKEN)
        until = self.clock.now() + max(timedelta(seconds=life) - TOKEN_MARGIN, timedelta(seconds=1))
        return _Token(text, until, secrets.secret_key)

    def _forget(self) -> None:
        with self._lock:
            self._token = None

    def _send(self, method: str, path: str, headers: dict[str, str], content: bytes | None) -> HttpAnswer:
        from adapters.connections import Unanswered

        try:
            with deadline.within(deadline.for_a_call(sum(TIMEOUT))):
                answer = self._connections.exchange(method, path, headers, content)
        except (Unanswered, OSError, deadline.OutOfTimeError) as error:
            self.breaker.failed()
            self._emit(str(error) if isinstance(error, Unanswered) else type(error).__name__)
            raise ProviderUnavailable from None
        if not _says_something(answer.status):
            self.breaker.failed()
            self._emit(f"http_{answer.status}", answer.headers.get("PayPal-Debug-Id") or "")
            raise ProviderUnavailable
        return answer

    def _read(self, answer: HttpAnswer) -> JsonObject:
        """The body; a refusal that is not in PayPal's words may be of whoever stands in its place, and is no answer."""
        try:
            body = values.parsed(answer.body)
            issue = _issue(body) if answer.status >= HTTPStatus.BAD_REQUEST else None
        except MalformedEvent:
            raise self._unreadable(answer.status) from None
        self.breaker.answered()
        if issue is None:
            return body
        self._emit(issue, answer.headers.get("PayPal-Debug-Id") or "")
        raise PayPalRefusedError(answer.status, issue)

    def _unreadable(self, status: int) -> ProviderUnavailable:
        self.breaker.failed()
        self._emit(f"unreadable_{int(status)}")
        return ProviderUnavailable()

    def _emit(self, reason: str, request_id: str = "") -> None:
        self.telemetry.emit(Signal.PROVIDER_ERROR, reason=reason, provider=self.provider, request_id=request_id)


def path_of(*parts: str) -> str:
    """A path of these parts, each quoted."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _says_something(status: int) -> bool:
    """Whether an answer of this status is PayPal's about the request: its API redirects nowhere."""
    is_final = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or status >= HTTPStatus.BAD_REQUEST
    return is_final and status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _REPEAT


def _issue(body: JsonObject) -> str:
    """PayPal's word for why it refuses; that of a refused token is in ``error``.

    Raises:
        MalformedEvent: there is none.
    """
    issue = values.text(values.first(body, "details"), "issue") or values.text(body, "name")
    if not issue and not values.text(body, "error_description"):
        raise MalformedEvent
    return issue or values.identifier(body, "error")
