"""Calls to a payment provider, and answers that no provider should give to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from domain.payments.events import ReversalReported
from domain.payments.reversals import RefundStatus, Reversal, ReversalKind
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import PaymentGateway
from tests.support.factories import NOW, a_coupon, a_session_with, a_student
from tests.support.stripe.hostile_server import Answer

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
LATER = NOW + timedelta(hours=1)


def report(session: PaymentSession) -> ReversalReported:
    """A report about the session's payment."""
    return ReversalReported(
        provider=session.provider,
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
    "capture": lambda gateway, session: gateway.capture(session),
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
}


def http(body: bytes, status: str = "200 OK", head: str = "") -> Answer:
    """A whole answer of HTTP with this body."""
    return lambda: (f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body,)


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
