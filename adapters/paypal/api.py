"""Requests to PayPal's REST API: one access token for many of them, bounded in time, and errors by their issue."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol
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
    from adapters.connections import HttpAnswer

HOSTS = {"live": "https://api-m.paypal.com", "sandbox": "https://api-m.sandbox.paypal.com"}
TIMEOUT = (3.0, 15.0)
"""Seconds to connect, and to wait for an answer: a capture takes a few."""

TOKEN_MARGIN = timedelta(minutes=5)
"""How long before it ends a token is no longer used."""

_TOKEN = re.compile(r"[!-~]{1,4000}")  # it becomes a header: nothing that could end one
_LONGEST_LIFE = 86_400

_REPEAT = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}


class Exchanges(Protocol):
    """Sends requests to one host."""

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None, /
    ) -> HttpAnswer:
        """One request. Raises what ``Connections.exchange`` raises."""
        ...


Connect = Callable[[str, float, float], Exchanges]
"""From the base of the addresses and the timeouts to what sends requests there."""


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
    timeout: tuple[float, float] = TIMEOUT
    connect: Connect | None = None
    _connections: Exchanges = field(init=False)
    _token: _Token | None = field(default=None, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        from adapters.connections import Connections  # and ssl, which the start of a process can do without

        self._connections = (self.connect or Connections)(self.base, *self.timeout)

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

    def change(self, path: str, changes: list[JsonObject]) -> JsonObject:
        """Change something by a JSON Patch. Raises what ``post`` raises."""
        return self._call("PATCH", path, changes, None)

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
        try:
            text, life = values.text(answer, "access_token"), values.integer(answer, "expires_in")
        except MalformedEvent:
            text, life = "", 0
        if not _TOKEN.fullmatch(text) or life <= 0:
            self.could_not_read()
            raise ProviderUnavailable
        kept = timedelta(seconds=min(life, _LONGEST_LIFE)) - TOKEN_MARGIN
        until = self.clock.now() + max(kept, timedelta(seconds=1))
        return _Token(text, until, secrets.secret_key)

    def _forget(self) -> None:
        with self._lock:
            self._token = None

    def _send(self, method: str, path: str, headers: dict[str, str], content: bytes | None) -> HttpAnswer:
        from adapters.connections import Unanswered

        try:
            with deadline.within(deadline.for_a_call(sum(self.timeout))):
                answer = self._connections.exchange(method, path, headers, content)
        except (Unanswered, OSError, deadline.OutOfTimeError) as error:
            self.breaker.failed()
            self._emit(str(error) if isinstance(error, Unanswered) else type(error).__name__)
            raise ProviderUnavailable from None
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _REPEAT:
            self.breaker.failed()
            self._emit(f"http_{answer.status}", answer.headers.get("PayPal-Debug-Id") or "")
            raise ProviderUnavailable
        return answer

    def _read(self, answer: HttpAnswer) -> JsonObject:
        """The object that PayPal answered. Whatever PayPal would not say, as a proxy's page would, is no answer."""
        request_id = answer.headers.get("PayPal-Debug-Id") or ""
        try:
            body = values.parsed(answer.body)
            issue = _issue(body) if answer.status >= HTTPStatus.BAD_REQUEST else ""
        except MalformedEvent:
            self.could_not_read(request_id)
            raise ProviderUnavailable from None
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            self.could_not_read(request_id)
            raise ProviderUnavailable
        self.breaker.answered()
        if not issue:
            return body
        self._emit(issue, request_id)
        raise PayPalRefusedError(answer.status, issue)

    def could_not_read(self, request_id: str = "") -> None:
        """An answer cannot be read, which counts as none."""
        self.breaker.failed()
        self._emit("unreadable", request_id)

    def _emit(self, reason: str, request_id: str = "") -> None:
        self.telemetry.emit(Signal.PROVIDER_ERROR, reason=reason, provider=self.provider, request_id=request_id)


def path_of(*parts: str) -> str:
    """A path of these parts, each quoted."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _issue(body: JsonObject) -> str:
    """Why PayPal refuses: every refusal of its names it, also that of a token.

    Raises:
        MalformedEvent: it does not, so this is not PayPal's.
    """
    named = values.text(body, "name") or (values.text(body, "error_description") and values.text(body, "error"))
    if not named:
        raise MalformedEvent
    return values.text(values.first(body, "details"), "issue") or named
