"""Idempotency keys: a repeated request gets the answer of the first, and is carried out once."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import frozen

from adapters.http.boundary import IDEMPOTENCY_KEY
from adapters.http.errors import IdempotencyKeyReused, InvalidRequest, RequestInProgress, retry_after, status_of
from adapters.http.json_text import to_json
from adapters.http.routing import Reply
from adapters.idempotency import Claim, Different, IdempotencyStore, KeptAnswer, Repeatable, Running
from adapters.strict_json import load_object
from domain.errors import DomainError, Unavailable
from domain.ports.clock import Clock

if TYPE_CHECKING:
    from adapters.http.routing import Call, Route

REPLAYED: Mapping[str, str] = {"Idempotent-Replayed": "true"}
LONGEST_ANSWER = 200_000
"""Bytes of an answer that is kept; an item of DynamoDB has at most 400 KB. A longer one is made anew."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_FINAL = frozenset({200, 201})
_SECRETS = frozenset({"clientSecret", "redirectUrl"})
_MOST_DIGITS = 28
_FIRST_ERROR, _OUR_ERROR, _TOO_MANY = 400, 500, 429


@frozen(kw_only=True)
class Idempotency:
    """Carries out a request that bears an idempotency key once, and answers its repetitions for a day.

    That one request acts twice where it was killed in between is harmless: every use case behind these routes finds
    what was made before. Kept are hashes of the key and the body, and the answer without its secrets.
    """

    store: IdempotencyStore
    clock: Clock

    def once(self, route: Route, call: Call, act: Callable[[], Reply[Any]]) -> Reply[Any]:
        """The view's answer, or the one that was kept.

        Raises:
            InvalidRequest: the key is empty, too long, or has characters that a key cannot have.
            IdempotencyKeyReused: the key came with another request before.
            RequestInProgress: the first request is being carried out; repeat a moment later.
            StorageUnavailable: the database does not answer; nothing was done.
            DomainError: whatever the view raises.
        """
        request = self._repeatable(route, call)
        found: Claim = self.store.claim(request, self.clock.now())
        match found:
            case Different():
                raise IdempotencyKeyReused
            case Running():
                raise RequestInProgress
            case KeptAnswer():
                return _again(found, route, call)
            case _:
                return self._act(request, route, call, act)

    def _repeatable(self, route: Route, call: Call) -> Repeatable:
        key = call.headers[IDEMPOTENCY_KEY]
        if not _KEY.fullmatch(key):
            raise InvalidRequest("Idempotency-Key must have 1 to 255 letters, digits or signs, without spaces.")
        route_name = f"{route.method} {route.alias_of or route.path}"
        asked = {"params": dict(call.params), "query": dict(call.query), "body": _canonical(call.body)}
        return Repeatable(
            name=_hash(call.caller.user_id, route_name, key),
            fingerprint=_hash(json.dumps(asked, sort_keys=True)),
            owner=uuid.uuid4().hex,
        )

    def _act(self, request: Repeatable, route: Route, call: Call, act: Callable[[], Reply[Any]]) -> Reply[Any]:
        try:
            reply = act()
        except DomainError as error:
            status = status_of(error)
            waits = error.retryable or retry_after(error) is not None
            if status >= _OUR_ERROR or status == _TOO_MANY or waits:
                self._release(request)
            else:
                self._keep(request, status, call.envelope(error))
            raise
        except BaseException:
            self._release(request)
            raise
        if reply.status in _FINAL or _FIRST_ERROR <= reply.status < _OUR_ERROR:
            self._keep(request, reply.status, reply.body, withholds=route.renew is not None)
        else:
            self._release(request)
        return reply

    def _keep(self, request: Repeatable, status: int, body: Mapping[str, object], *, withholds: bool = False) -> None:
        withheld = withholds and not _SECRETS.isdisjoint(body)
        kept = {name: None if name in _SECRETS else value for name, value in body.items()} if withheld else body
        text = to_json(kept)
        if len(text.encode()) > LONGEST_ANSWER:
            self._release(request)
            return
        answer = KeptAnswer(status=status, body=text, at=self.clock.now(), withheld=withheld)
        with suppress(Unavailable):  # it was done: a repetition finds what was made, once this one's lease is over
            self.store.keep(request, answer)

    def _release(self, request: Repeatable) -> None:
        with suppress(Unavailable):  # its lease ends by itself
            self.store.release(request)


def _again(kept: KeptAnswer, route: Route, call: Call) -> Reply[Any]:
    body = load_object(kept.body)
    if kept.withheld and route.renew is not None:
        renewed = {**body, **route.renew(call, body)}  # in its place, so that the text is the same, too
        body = {name: value for name, value in renewed.items() if value is not None or name not in _SECRETS}
    return Reply(body=body, status=kept.status, headers=REPLAYED)


def _canonical(body: bytes) -> str:
    """What the body says, however its JSON is written; the bytes' hash where it is none, or too deep to be read."""
    try:
        asked = load_object(body, unique_names=True)
        return json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_number)
    except (ValueError, ArithmeticError, RecursionError):
        return hashlib.sha256(body).hexdigest()


def _number(value: Decimal) -> object:
    """The same for 10 and 10.0, and never longer than it was written: 1e999999 is a number, too."""
    least = value.normalize()
    _, digits, exponent = least.as_tuple()
    is_whole = isinstance(exponent, int) and 0 <= exponent <= _MOST_DIGITS - len(digits)
    return int(least) if is_whole else str(least)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
