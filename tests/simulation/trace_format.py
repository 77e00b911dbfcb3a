"""Values in few words, for a trace that a person reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.enrollments import Enrollment
from domain.errors import DomainError
from domain.payments.events import PaymentEvent
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
    return f"{session.user_id}/{session.payment_session_id} {session.status.value} {session.course_id} {known}{coupon}"


def _write(write: Any) -> str:
    name = type(write).__name__
    for field in ("session", "enrollment", "coupon", "after", "user_id", "outcome"):
        if (value := getattr(write, field, None)) is not None:
            return f"{name}({readable(value)})"
    return name


_FORMATS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    ((tuple, list), lambda parts: " ".join(map(readable, parts))),
    (bytes, lambda body: f"evt_{body.decode()}"),
    (PaymentSession, _session),
    (Enrollment, lambda place: f"{place.user_id}/{place.course_id} {place.payment_session_id or ''}"),
    (
        PaymentEvent,
        lambda event: f"{type(event).__name__} {event.payment_session_id} {event.provider_session_id} {event.event_id}",
    ),
    (DomainError, lambda error: type(error).__name__),
    (Write, _write),
)
