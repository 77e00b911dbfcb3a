"""One call of Stripe's API from key to answer: authentication, parameters, faults, idempotency, work."""

import base64
import binascii
import hashlib
import hmac
import json
from collections import deque

from attrs import define, field, frozen

from scripts.stripe_emulator import catalog, coupons, customers, endpoints, errors, events, refunds, schema, sessions
from scripts.stripe_emulator.errors import Json, StripeError
from scripts.stripe_emulator.faults import ApiFault, Faults
from scripts.stripe_emulator.forms import decode, pairs
from scripts.stripe_emulator.http import Hangup, Request, Response
from scripts.stripe_emulator.idempotency import Answer, IdempotencyKeys
from scripts.stripe_emulator.ids import new_id
from scripts.stripe_emulator.lifecycle import tick
from scripts.stripe_emulator.objects import API_VERSION
from scripts.stripe_emulator.router import Call, Match, Routes
from scripts.stripe_emulator.world import World

ROUTES = Routes()
for module in (sessions, coupons, customers, catalog, refunds, events, endpoints):
    ROUTES.include(module.ROUTES)

_REMEMBERED = 5000


@frozen(kw_only=True)
class Seen:
    """A call of the API, for call budgets. Status None: it got no answer."""

    method: str
    path: str
    idempotency_key: str | None
    status: int | None
    request_id: str
    replayed: bool


@define
class Api:
    """Stripe's API under /v1."""

    world: World
    faults: Faults
    secret_key: str
    keys: IdempotencyKeys
    log: deque[Seen] = field(factory=lambda: deque(maxlen=_REMEMBERED))

    def handle(self, request: Request) -> Response | Hangup:
        """The answer, or nothing at all where a fault says so."""
        request_id = new_id("req_")
        key = request.header("Idempotency-Key") if request.method == "POST" else None
        try:
            answer, hangup = self._answer(request, request_id, key)
        except StripeError as error:
            answer, hangup = _refusal(error, request_id), False
        except _Dropped:
            answer, hangup = None, True
        self._note(request, key, None if hangup else answer, request_id)
        if hangup or answer is None:
            return Hangup()
        return Response(answer.status, answer.body, self._headers(request, answer, request_id, key))

    def _answer(self, request: Request, request_id: str, key: str | None) -> tuple[Answer, bool]:
        self._authenticate(request)
        match = self._route(request)
        params = self._parameters(request, match)
        fault = self.faults.take(request.method, request.path)
        self._fail_early(fault, key)
        saved = self.keys.claim(key, _fingerprint(request)) if key else None
        if saved:
            return saved, False
        call = Call(params=params, args=match.args, request_id=request_id, idempotency_key=key)
        answer = self._remembered(match, call, fault)
        if fault and fault.mode == "timeout_after_commit":
            self.faults.hold(fault.seconds)
        return answer, bool(fault and fault.mode.endswith("after_commit"))

    def _authenticate(self, request: Request) -> None:
        given = _credentials(request.header("Authorization") or "")
        if not hmac.compare_digest(given.encode(), self.secret_key.encode()):
            raise errors.bad_key(given)
        version = request.header("Stripe-Version") or API_VERSION
        if version != API_VERSION:
            raise errors.unparsable(f"Invalid Stripe API version: {version[:40]}")

    def _route(self, request: Request) -> Match:
        match = ROUTES.find(request.method, request.path)
        if match is None:
            raise errors.unknown_url(request.method, request.path)
        return match

    def _parameters(self, request: Request, match: Match) -> Json:
        text = request.query
        if request.method == "POST" and request.body:
            kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
            if kind != "application/x-www-form-urlencoded":
                raise errors.unparsable(f"Invalid request: the content type must be form-encoded, not {kind[:60]}.")
            text = request.form_text()
        typed: Json = schema.coerce(decode(text), schema.parameters(request.method, match.template))
        return typed

    def _fail_early(self, fault: ApiFault | None, key: str | None) -> None:
        """Faults that strike before anything ran, which no idempotency key remembers."""
        match fault.mode if fault else None:
            case "timeout":
                self.faults.hold(fault.seconds if fault else 0)
                raise _Dropped
            case "drop_connection":
                raise _Dropped
            case "409":
                raise errors.key_in_use(key or "")
            case "429":
                raise errors.rate_limited()
            case "503":
                raise StripeError(503, errors.server_error().body["error"], stored=False)

    def _remembered(self, match: Match, call: Call, fault: ApiFault | None) -> Answer:
        """Do the work once for its key and keep the answer, good or bad."""
        key = call.idempotency_key
        try:
            answer, stored = self._work(match, call, fault)
        except BaseException:
            if key:
                self.keys.release(key)
            raise
        if key and stored:
            self.keys.settle(key, answer)
        elif key:
            self.keys.release(key)
        return answer

    def _work(self, match: Match, call: Call, fault: ApiFault | None) -> tuple[Answer, bool]:
        try:
            if fault and fault.mode == "hold":
                self.faults.hold(fault.seconds)
            if fault and fault.mode == "500":
                error = errors.server_error()
                error.stored = fault.stored
                raise error
            with self.world.lock:
                tick(self.world)
                return Answer(200, _encode(match.handler(self.world, call)), call.request_id), True
        except StripeError as error:
            return _refusal(error, call.request_id), error.stored

    def _headers(self, request: Request, answer: Answer, request_id: str, key: str | None) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Cache-Control": "no-cache, no-store",
            "Request-Id": request_id,
            "Stripe-Version": request.header("Stripe-Version") or API_VERSION,
        }
        if key and key.isascii() and key.isprintable():
            headers["Idempotency-Key"] = key
        if answer.request_id != request_id:
            headers |= {"Original-Request": answer.request_id, "Idempotent-Replayed": "true"}
        return headers

    def _note(self, request: Request, key: str | None, answer: Answer | None, request_id: str) -> None:
        self.log.append(
            Seen(
                method=request.method,
                path=request.path,
                idempotency_key=key,
                status=answer.status if answer else None,
                request_id=request_id,
                replayed=bool(answer and answer.request_id != request_id),
            )
        )


class _Dropped(Exception):
    """The connection ends without an answer, and nothing was done."""


def _refusal(error: StripeError, request_id: str) -> Answer:
    return Answer(error.status, _encode(error.body), request_id)


def _encode(body: Json) -> bytes:
    return json.dumps(body).encode()


def _credentials(header: str) -> str:
    """The secret key of a Bearer or Basic header; empty when there is none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _fingerprint(request: Request) -> str:
    """What makes two requests the same: method, path and parameters in any order. Only a hash is kept."""
    parts = repr((request.method, request.path, sorted(pairs(request.query)), sorted(pairs(request.form_text()))))
    return hashlib.sha256(parts.encode()).hexdigest()
