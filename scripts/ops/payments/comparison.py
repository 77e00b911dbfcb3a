"""One payment session as it is stored and as its payment provider has it. Ids, states and amounts; nothing personal."""

from __future__ import annotations

from collections.abc import Iterator

from punq import Container

from domain.errors import DomainError
from domain.payments.events import CheckoutPaid, EventKind, PaymentEvent
from domain.payments.session import PaymentSession
from domain.payments.states import RELEASED, Status
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.payment_gateway import Checkout, Gateways, PaymentGateway
from domain.ports.payment_sessions import PaymentSessionRepo
from scripts.ops.payments.previews import NOTHING_TO_DO, preview_event
from scripts.ops.terminal.rows import Row, enrollment_details, money, session_details

_EVENTS_READ = 500

Sections = dict[str, Row | list[Row]]


def stored_sections(container: Container, session: PaymentSession) -> Sections:
    """The session, its enrollment and its coupon use as they are stored."""
    enrollments: EnrollmentRepo = container.resolve(EnrollmentRepo)
    enrollment = enrollments.find(session.user_id, session.course_id)
    sections: Sections = {"session": session_details(session), "enrollment": enrollment_details(enrollment)}
    if session.coupon:
        context = enrollments.context(session.user_id, session.course_id, session.coupon.code)
        sections["coupon use"] = {"code": session.coupon.code, "session": context.coupon_held_by}
    return sections


def provider_sections(container: Container, session: PaymentSession) -> Sections:
    """The checkout at the session's provider, the events that our webhook missed, and the differences."""
    at_provider = f"at {session.provider}"
    if session.provider_session_id is None:
        return {at_provider: {"checkout": "none is known; reconcile searches for it"}}
    try:
        gateway = container.resolve(Gateways).named(session.provider)
        checkout = gateway.look_up(session)
    except DomainError as error:
        return {at_provider: {"checkout": session.provider_session_id, "error": error.code}}
    return {
        at_provider: _checkout_details(checkout),
        "undelivered events": _undelivered_events(container, gateway, session),
        "differences": [{"difference": sentence} for sentence in _differences(session, checkout)],
    }


def _checkout_details(checkout: Checkout) -> Row:
    event = checkout.event
    return {
        "checkout": checkout.provider_session_id,
        "payment_status": event.kind,
        "total": money(checkout.amount),
        "payment": event.provider_payment_id if isinstance(event, CheckoutPaid) else None,
        "livemode": event.livemode,
        "expires": checkout.expires_at,
    }


def _undelivered_events(container: Container, gateway: PaymentGateway, session: PaymentSession) -> list[Row]:
    """The events about the session that our webhook has not accepted, and what settling each would change."""
    sessions, clock = container.resolve(PaymentSessionRepo), container.resolve(Clock)
    try:
        events = gateway.undelivered_events(since=session.created_at, at_most=_EVENTS_READ)
    except DomainError as error:
        return [{"error": error.code}]
    about_session = [event for event in events if event.payment_session_id == session.payment_session_id]
    return [_event_row(event, preview_event(event, sessions, clock)) for event in about_session]


def _event_row(event: PaymentEvent, becomes: str | None) -> Row:
    return {"event_id": event.event_id, "type": event.event_type, "settling": becomes or NOTHING_TO_DO}


def _differences(session: PaymentSession, checkout: Checkout) -> Iterator[str]:
    provider, event = session.provider, checkout.event
    paid = event.kind is EventKind.PAID
    if paid and session.status not in (Status.COMPLETED, Status.REVIEW):
        yield f"paid at {provider}, {session.status.value} here"
    if session.status is Status.COMPLETED and not paid:
        yield f"completed here, not paid at {provider}"
    if session.is_live and event.kind in (EventKind.EXPIRED, EventKind.CANCELLED, EventKind.FAILED):
        yield f"{event.kind.value} at {provider}, live here"
    if session.status in RELEASED and event.kind is EventKind.OPENED:
        yield f"released here, open at {provider}"
    if checkout.amount != session.total:
        yield f"another amount at {provider} than agreed"
    if event.livemode != session.livemode:
        yield f"another mode (live or test) at {provider}"
