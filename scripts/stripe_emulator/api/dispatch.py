"""One call of Stripe's API from key to answer: authentication, parameters, faults, idempotency, work."""

import hashlib
import hmac
import json
from collections import deque

from attrs import define, field, frozen
from werkzeug.wrappers import Request, Response

from scripts.stripe_emulator import errors
from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api import (
    balance_transactions,
    charges,
    coupons,
    customers,
    disputes,
    events,
    parameters,
    payment_intents,
    prices,
    products,
    refunds,
    sessions,
    webhook_endpoints,
)
from scripts.stripe_emulator.api.authentication import secret_key
from scripts.stripe_emulator.api.form_encoding import decode, pairs
from scripts.stripe_emulator.api.idempotency import Answer, IdempotencyKeys
from scripts.stripe_emulator.api.stripe_paths import is_stripe_path
from scripts.stripe_emulator.api_version import API_VERSION
from scripts.stripe_emulator.checkout.lifecycle import tick
from scripts.stripe_emulator.errors import Json, StripeError
from scripts.stripe_emulator.faults import ApiFault, Faults
from scripts.stripe_emulator.http.routing import Call, Match, Routes
from scripts.stripe_emulator.http.server import ConnectionDropped
from scripts.stripe_emulator.ids import new_id

ROUTES = Routes()
for module in (
    sessions,
    payment_intents,
    charges,
    refunds,
    disputes,
    balance_transactions,
    customers,
    coupons,
    products,
    prices,
    events,
    webhook_endpoints,
):
    ROUTES.include(module.ROUTES)

_LOGGED = 5000


@frozen(kw_only=True)
class LoggedRequest:
    """A call of the API, for tests that count them. Status None: it got no answer."""

    method: str
    path: str
    idempotency_key: str | None
    status: int | None
    request_id: str
    replayed: bool


@define
class Api:
    """Stripe's API under /v1."""

    account: Account
    faults: Faults
    secret_key: str
    keys: IdempotencyKeys
    log: deque[LoggedRequest] = field(factory=lambda: deque(maxlen=_LOGGED))

    def handle(self, request: Request) -> Response:
        """The answer. Raises ConnectionDropped where a fault wants none."""
        request_id = new_id("req_")
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        try:
            answer = self._answer(request, request_id, key)
        except StripeError as error:
            answer = _error_answer(error, request_id)
        except ConnectionDropped:
            self._log(request, key, None, request_id)
            raise
        self._log(request, key, answer, request_id)
        return Response(answer.body, answer.status, headers=self._headers(answer, request_id, key))

    def _answer(self, request: Request, request_id: str, key: str | None) -> Answer:
        self._authenticate(request)
        match = _route(request)
        params = _parameters(request, match)
        fault = self.faults.take(request.method, request.path)
        self._fail_early(fault, key)
        saved = self.keys.claim(key, _fingerprint(request)) if key else None
        if saved:
            return saved
        call = Call(params=params, args=match.args, request_id=request_id, idempotency_key=key)
        answer = self._run_once(match, call, fault)
        if fault and fault.mode == "timeout_after_commit":
            self.faults.hold(fault.seconds)
        if fault and fault.mode.endswith("after_commit"):
            raise ConnectionDropped
        return answer

    def _authenticate(self, request: Request) -> None:
        given = secret_key(request.headers.get("Authorization", ""))
        if not hmac.compare_digest(given.encode(), self.secret_key.encode()):
            raise errors.bad_key(given)
        version = request.headers.get("Stripe-Version", API_VERSION)
        if version != API_VERSION:
            raise errors.unparsable(f"Invalid Stripe API version: {version[:40]}")

    def _fail_early(self, fault: ApiFault | None, key: str | None) -> None:
        """Faults that strike before anything ran, which no idempotency key remembers."""
        match fault.mode if fault else None:
            case "timeout":
                self.faults.hold(fault.seconds if fault else 0)
                raise ConnectionDropped
            case "drop_connection":
                raise ConnectionDropped
            case "409":
                raise errors.key_in_use(key or "")
            case "429":
                raise errors.rate_limited()
            case "503":
                raise StripeError(503, errors.server_error().body["error"], stored=False)

    def _run_once(self, match: Match, call: Call, fault: ApiFault | None) -> Answer:
        """Do the work and store the answer, good or bad, under the idempotency key."""
        key = call.idempotency_key
        try:
            answer, stored = self._run(match, call, fault)
        except BaseException:
            if key:
                self.keys.release(key)
            raise
        if key and stored:
            self.keys.store(key, answer)
        elif key:
            self.keys.release(key)
        return answer

    def _run(self, match: Match, call: Call, fault: ApiFault | None) -> tuple[Answer, bool]:
        try:
            if fault and fault.mode == "hold":
                self.faults.hold(fault.seconds)
            if fault and fault.mode == "500":
                error = errors.server_error()
                error.stored = fault.stored
                raise error
            with self.account.lock:
                tick(self.account)
                return Answer(200, _encode(match.handler(self.account, call)), call.request_id), True
        except StripeError as error:
            return _error_answer(error, call.request_id), error.stored

    def _headers(self, answer: Answer, request_id: str, key: str | None) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Cache-Control": "no-cache, no-store",
            "Request-Id": request_id,
            "Stripe-Version": API_VERSION,
        }
        if key and key.isascii() and key.isprintable():
            headers["Idempotency-Key"] = key
        if answer.request_id != request_id:
            headers |= {"Original-Request": answer.request_id, "Idempotent-Replayed": "true"}
        if answer.status == errors.NOT_IMPLEMENTED:
            headers["Stripe-Should-Retry"] = "false"
        return headers

    def _log(self, request: Request, key: str | None, answer: Answer | None, request_id: str) -> None:
        self.log.append(
            LoggedRequest(
                method=request.method,
                path=request.path,
                idempotency_key=key,
                status=answer.status if answer else None,
                request_id=request_id,
                replayed=bool(answer and answer.request_id != request_id),
            )
        )


def _route(request: Request) -> Match:
    match = ROUTES.find(request.method, request.path)
    if match:
        return match
    if is_stripe_path(request.path):
        raise errors.path_not_emulated(request.method, request.path)
    raise errors.unknown_url(request.method, request.path)


def _parameters(request: Request, match: Match) -> Json:
    text = request.query_string.decode("ascii", "replace")
    if request.method == "POST" and request.get_data():
        if request.mimetype != "application/x-www-form-urlencoded":
            text = f"Invalid request: the content type must be form-encoded, not {request.mimetype[:60]}."
            raise errors.unparsable(text)
        text = _form_text(request)
    typed: Json = parameters.coerce(decode(text), parameters.schema_of(request.method, match.template))
    return typed


def _form_text(request: Request) -> str:
    try:
        return request.get_data().decode()
    except UnicodeDecodeError as error:
        raise errors.unparsable("Invalid request: the body is not valid UTF-8.") from error


def _fingerprint(request: Request) -> str:
    """What makes two requests the same: method, path and parameters in any order. Only a hash is kept."""
    query = request.query_string.decode("ascii", "replace")
    parts = repr((request.method, request.path, sorted(pairs(query)), sorted(pairs(_form_text(request)))))
    return hashlib.sha256(parts.encode()).hexdigest()


def _error_answer(error: StripeError, request_id: str) -> Answer:
    return Answer(error.status, _encode(error.body), request_id)


def _encode(body: Json) -> bytes:
    return json.dumps(body).encode()
