"""What may answer in a provider's place, and every question of ours that it may be the answer to."""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from attrs import evolve

from adapters.connections import MAX_ANSWER
from domain.errors import DomainError, ProviderUnavailable
from domain.payments.events import ReversalReported
from domain.payments.reversals import RefundStatus, Reversal, ReversalKind
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.payment_gateway import PaymentGateway
from domain.ports.telemetry import Signal
from tests.support.factories import NOW, a_coupon, a_session, a_session_with, a_student
from tests.support.hostile_server import Answer, HostileServer

Case = TypeVar("Case")

SESSION = a_session(provider_session_id="cs_1", provider_payment_id="pi_1")
REFUND = Reversal(
    user_id="user-1",
    payment_session_id="ps_1",
    reversal_id="refund-1",
    kind=ReversalKind.REFUND,
    status=RefundStatus.REQUESTED,
    amount=500,
    currency="usd",
    updated_at=NOW,
)
A_REVERSAL = {"stripe": "re_1", "paypal": "PP-D0000000007"}
"""What each provider calls a refund or dispute."""

A_CUSTOMER = {"stripe": "cus_1", "paypal": "PAYER1"}
"""What each provider calls a customer."""

LATER = NOW + timedelta(hours=1)


def report(session: PaymentSession) -> ReversalReported:
    """A report about the session's payment."""
    return ReversalReported(
        provider="stripe",
        event_id="evt_1",
        event_type="charge.dispute.created",
        provider_payment_id=session.provider_payment_id or "",
        livemode=False,
    )


CALLS: dict[str, Callable[[PaymentGateway, PaymentSession], object]] = {
    "open": lambda gateway, session: gateway.open_checkout(session, a_student()),
    "open_with_discount": lambda gateway, _: gateway.open_checkout(a_session_with(a_coupon()), a_student()),
    "look_up": lambda gateway, session: gateway.look_up(session),
    "close": lambda gateway, session: gateway.close_checkout(session),
    "capture": lambda gateway, session: gateway.capture(evolve(session, status=Status.PROCESSING, capture_attempts=1)),
    "find": lambda gateway, session: gateway.find_checkout(session),
    "undelivered": lambda gateway, _: gateway.undelivered_events(since=NOW, at_most=10),
    "completed": lambda gateway, _: gateway.completed_checkouts(since=NOW, at_most=10),
    "payment_state": lambda gateway, session: gateway.payment_state(session),
    "refund": lambda gateway, session: gateway.refund(session, REFUND),
    "movements": lambda gateway, _: list(gateway.movements(since=NOW, until=LATER) or ()),
    "rebuildable": lambda gateway, _: list(gateway.rebuildable_checkouts(since=NOW, until=LATER)),
    "recent_reversals": lambda gateway, _: list(gateway.recent_reversals(since=NOW, until=LATER) or ()),
    "receipt_url": lambda gateway, session: gateway.receipt_url(session),
    "find_session_of": lambda gateway, session: gateway.find_session_of(report(session)),
    "payment_named_by": lambda gateway, _: gateway.payment_named_by(A_REVERSAL[gateway.name]),
    "delete_customer": lambda gateway, _: gateway.delete_customer(A_CUSTOMER[gateway.name]),
}


SILENT = {"account", "require_ready", "read_event"}
"""The methods of the port that ask nothing, or not before they know who asks."""

ASKED = {
    "open_checkout",
    "look_up",
    "capture",
    "close_checkout",
    "find_checkout",
    "undelivered_events",
    "completed_checkouts",
    "payment_state",
    "refund",
    "movements",
    "rebuildable_checkouts",
    "recent_reversals",
    "receipt_url",
    "find_session_of",
    "payment_named_by",
    "delete_customer",
}
"""Those that ``CALLS`` tries."""


def require_silence(gateway: Any, call: str, session: PaymentSession) -> None:
    """The call ends in "no answer", which is counted and reported; nothing of the answer hangs on the error."""
    with pytest.raises(ProviderUnavailable) as silence:
        CALLS[call](gateway, session)
    assert silence.value.__cause__ is None
    assert gateway._breaker._failures == 1
    assert gateway.telemetry.count(Signal.PROVIDER_ERROR) == 1


def end_of(ask: Callable[[], object]) -> str:
    """The name of the school's error that the call ends in, empty if it succeeds; any other error is a mistake."""
    try:
        ask()
    except DomainError as error:
        return type(error).__name__
    return ""


def http(body: bytes, status: str = "200 OK", head: str = "") -> Answer:
    """A whole answer of HTTP with this body."""
    return lambda: (f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body,)


def endless(server: HostileServer, start: bytes, piece: bytes) -> Answer:
    """An answer that goes on as fast as it is taken."""

    def pieces() -> Iterable[bytes]:
        yield start
        while not server.stopped.is_set():
            yield piece

    return pieces


def dripping(server: HostileServer, start: bytes, piece: bytes = b" ") -> Answer:
    """An answer that goes on by a byte now and then."""

    def pieces() -> Iterable[bytes]:
        yield start
        yield from server.drip(piece)

    return pieces


BODIES = {
    "nothing": b"",
    "null": b"null",
    "array": b"[]",
    "array_of_objects": b'[{"id":"cs_1"}]',
    "number": b"5",
    "string": b'"x"',
    "boolean": b"true",
    "object": b"{}",
    "half_an_object": b'{"id":"cs_1"',
    "page": b"<html><body>Maintenance</body></html>",
    "not_utf8": b'{"id":"\xff\xfe"}',
    "utf16": '{"id":"cs_1"}'.encode("utf-16"),
    "deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep_array": b"[" * 100_000,
    "huge_number": b'{"id":' + b"9" * 5_000 + b"}",
    "wrong_types": b'{"id":7,"object":"list","data":{"id":"x"},"has_more":"yes"}',
    "list_of_numbers": b'{"object":"list","data":[1,2],"has_more":false}',
    "list_without_ids": b'{"object":"list","data":[{}],"has_more":false}',
    "endless_list": b'{"object":"list","data":[],"has_more":true}',
    "error_string": b'{"error":"maintenance"}',
    "error_null": b'{"error":null}',
    "error_array": b'{"error":[]}',
    "error_number": b'{"error":7}',
    "error_empty": b'{"error":{}}',
    "error_without_type": b'{"error":{"message":"upstream"}}',
    "error_of_wrong_types": b'{"error":{"type":7,"code":{},"param":[]}}',
}
STATUSES = ["200 OK", "302 Found", "400 Bad Request", "404 Not Found", "503 Service Unavailable"]


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(b" " * (MAX_ANSWER + 1))


def exactly(*pieces: bytes) -> Callable[[HostileServer], Answer]:
    """These bytes."""
    return lambda _: lambda: pieces


def on_and_on(start: bytes, piece: bytes) -> Callable[[HostileServer], Answer]:
    """These bytes, and then the others as fast as they are taken."""
    return lambda server: endless(server, start, piece)


def slowly(start: bytes, piece: bytes) -> Callable[[HostileServer], Answer]:
    """These bytes, and then the others now and then."""
    return lambda server: dripping(server, start, piece)


BROKEN: dict[str, Callable[[HostileServer], Answer]] = {
    "closed": exactly(),
    "not_http": exactly(b"\x16\x03\x01 hello\r\n\r\n"),
    "status_in_words": exactly(b"HTTP/1.1 OK FINE\r\n\r\n{}"),
    "head_cut": exactly(b"HTTP/1.1 200 OK\r\nContent-"),
    "body_cut": exactly(HEAD + b"Content-Length: 500\r\n\r\n{}"),
    "length_in_words": exactly(HEAD + b"Content-Length: many\r\n\r\nnull"),
    "bad_chunk": exactly(CHUNKED + b"zz\r\n{}\r\n"),
    "bad_gzip": exactly(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnull"),
    "unpacks_to_too_much": exactly(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB), BOMB),
    "long_header": exactly(HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n{}"),
    "many_headers": exactly(HEAD + b"X: y\r\n" * 200 + b"\r\n{}"),
    "redirect": exactly(b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/x\r\nContent-Length: 2\r\n\r\n{}"),
    "strange_redirect": exactly(b"HTTP/1.1 301 Moved\r\nLocation: http://[\xff\r\nContent-Length: 2\r\n\r\n{}"),
    "endless_body": on_and_on(HEAD + b"\r\n", b" " * 1_000_000),
    "endless_chunks": on_and_on(CHUNKED, b"8\r\n        \r\n" * 50_000),
    "endless_continues": on_and_on(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
    "dripping_status": slowly(b"HTTP/1.1 200 ", b"K"),
    "dripping_header": slowly(HEAD + b"X: ", b"y"),
    "dripping_continues": slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "dripping_body": slowly(HEAD + b"\r\n", b" "),
    "dripping_body_of_known_length": slowly(HEAD + b"Content-Length: 5000\r\n\r\n", b" "),
    "dripping_chunks": slowly(CHUNKED, b"1\r\n \r\n"),
    "dripping_length_of_a_chunk": slowly(CHUNKED, b"0"),
    "silence_in_the_middle": slowly(HEAD + b"Content-Length: 5000\r\n\r\n", b""),
}


def some(cases: Iterable[Case], *, about: str, at_least: int = 1) -> list[Case]:
    """All cases where HOSTILE=all, as in ``make fuzz``; else a fifth of them, always the same: a failure repeats.

    Of fewer than ``at_least`` all of them, too.
    """
    every = list(cases)
    if os.environ.get("HOSTILE") == "all":
        return every
    return random.Random(about).sample(every, max(len(every) // 5, min(at_least, len(every))))


WRONG: list[Any] = [None, 7, -1, 10**400, "a#b", [7], {"id": 7}]


def changed(value: Any, read: set[str], inside: set[str]) -> Iterator[Any]:
    """The value with one field changed: each of those in ``read``, every wrong value; likewise within those ``inside``
    which more is read.
    """
    if isinstance(value, list) and value:
        yield from ([other, *value[1:]] for other in changed(value[0], read, inside))
    if not isinstance(value, dict):
        return
    for name in sorted(value.keys() & read):
        others = {other: kept for other, kept in value.items() if other != name}
        yield others
        yield from (others | {name: wrong} for wrong in WRONG)
        if name in inside:
            yield from (others | {name: inner} for inner in changed(value[name], read, inside))
