"""Values in few words, for a trace that a person reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.enrollments import EndedEnrollment, Enrollment
from domain.errors import DomainError
from domain.ledger import LedgerEntry
from domain.payments.events import PaymentEvent, ReversalReported
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession
from domain.transactions.writes import Write


def readable(value: object) -> str:
    """The value in few words."""
    for kind, emit in _FORMATS:
        if isinstance(value, kind):
            return emit(value)
    return "" if value is None else str(value)


def _session(session: PaymentSession) -> str:
    coupon = f" {session.coupon.code}/{session.coupon.shard}" if session.coupon else ""
    known = session.provider_session_id or "-"
    who = f"{session.user_id}/{session.payment_session_id}"
    return f"{who} {session.status.value} {session.course_id} {known}{coupon}{_sums(session)}"


def _sums(session: PaymentSession) -> str:
    sums = session.reversed_sums
    parts = (sums.refunded, sums.repaid, sums.refund_requested, sums.disputed, sums.charged_back)
    return f" of {session.received} gone {parts}" if any(parts) else ""


def _reversal(one: Reversal) -> str:
    name = f"{one.payment_session_id}/{one.reversal_id}#{one.changes}"
    return f"{name} {one.kind.value} {one.status.value} {one.counted} of {one.amount}"


def _write(write: Any) -> str:
    name = type(write).__name__
    for field in ("reversal", "session", "enrollment", "ended", "entry", "coupon", "after", "user_id", "outcome"):
        if (value := getattr(write, field, None)) is not None:
            return f"{name}({readable(value)})"
    return name


_FORMATS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    ((tuple, list), lambda parts: " ".join(map(readable, parts))),
    (bytes, lambda body: f"evt_{body.decode()}"),
    (PaymentSession, _session),
    (Reversal, _reversal),
    (EndedEnrollment, lambda one: f"ended {one.cause.value} by {one.ended_by} {readable(one.enrollment)}"),
    (LedgerEntry, lambda one: f"{one.provider_payment_id} {one.entry_id} {one.amount} seat {one.seat}"),
    (ReversalReported, lambda one: f"{one.event_type} {one.provider_payment_id} {one.provider_reversal_id}"),
    (Enrollment, lambda place: f"{place.user_id}/{place.course_id} {place.payment_session_id or ''}"),
    (
        PaymentEvent,
        lambda event: f"{type(event).__name__} {event.payment_session_id} {event.provider_session_id} {event.event_id}",
    ),
    (DomainError, lambda error: type(error).__name__),
    (Write, _write),
)
