"""One payment session as it is stored and as its payment provider has it. Ids, states and amounts; nothing personal."""

from __future__ import annotations

from collections.abc import Iterator

from punq import Container

from domain.errors import DomainError
from domain.payments.events import CheckoutPaid, EventKind, PaymentEvent
from domain.payments.reversals import PaymentState, ReversalKind
from domain.payments.session import PaymentSession
from domain.payments.states import PAID, RELEASED, Status
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Checkout, Gateways, PaymentGateway
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.transactions.bookkeeping import payment_key
from scripts.ops.payments.previews import NOTHING_TO_DO, preview_event
from scripts.ops.terminal.rows import (
    Row,
    ended_details,
    enrollment_details,
    entry_row,
    money,
    money_details,
    reversal_row,
    session_details,
    units,
)

_EVENTS_READ = 500

Sections = dict[str, Row | list[Row]]


def stored_sections(container: Container, session: PaymentSession) -> Sections:
    """The session, its money, its ledger, its enrollment and its coupon use as they are stored."""
    enrollments: EnrollmentRepo = container.resolve(EnrollmentRepo)
    enrollment = enrollments.find(session.user_id, session.course_id)
    sections: Sections = {"session": session_details(session), "enrollment": enrollment_details(enrollment)}
    sections["ended enrollment"] = ended_details(enrollments.ended(session.user_id, session.course_id))
    sections["money"] = money_details(session)
    reversals = container.resolve(ReversalRepo).of_session(session.user_id, session.payment_session_id)
    sections["refunds and disputes"] = [reversal_row(reversal) for reversal in reversals]
    entries = container.resolve(LedgerRepo).of_payment(*payment_key(session))
    sections["ledger"] = [entry_row(entry) for entry in entries]
    if session.coupon:
        context = enrollments.context(session.user_id, session.course_id, session.coupon.code)
        sections["coupon use"] = {"code": session.coupon.code, "session": context.coupon_held_by}
    return sections


def provider_sections(container: Container, session: PaymentSession) -> Sections:
    """Checkout and payment at the session's provider, the events that our webhook missed, and the differences."""
    at_provider = f"at {session.provider}"
    if session.provider_session_id is None:
        return {at_provider: {"checkout": "none is known; reconcile searches for it"}}
    try:
        gateway = container.resolve(Gateways).named(session.provider)
        checkout = gateway.look_up(session)
    except DomainError as error:
        return {at_provider: {"checkout": session.provider_session_id, "error": error.code}}
    sections: Sections = {
        at_provider: _checkout_details(checkout),
        "undelivered events": _undelivered_events(container, gateway, session),
    }
    differences = list(_differences(session, checkout))
    if session.provider_payment_id is not None:
        try:
            state = gateway.payment_state(session)
        except DomainError as error:
            sections[f"payment {at_provider}"] = {"payment": session.provider_payment_id, "error": error.code}
        else:
            sections[f"payment {at_provider}"] = _payment_details(state)
            sections[f"refunds and disputes {at_provider}"] = _reversals_at_provider(state)
            differences += _money_differences(session, state)
    return sections | {"differences": [{"difference": sentence} for sentence in differences]}


def _payment_details(state: PaymentState) -> Row:
    return {
        "payment": state.provider_payment_id,
        "received": units(state.received, state.currency),
        "livemode": state.livemode,
    }


def _reversals_at_provider(state: PaymentState) -> list[Row]:
    refunds: list[Row] = [
        {
            "id": refund.provider_reversal_id,
            "kind": ReversalKind.REFUND,
            "status": refund.status,
            "amount": units(refund.amount, refund.currency),
            "counted": units(refund.counted, refund.currency),
            "ours": refund.refund_id,
            "reason": refund.reason,
        }
        for refund in state.refunds
    ]
    return refunds + [
        {
            "id": dispute.provider_reversal_id,
            "kind": ReversalKind.DISPUTE,
            "status": dispute.status,
            "amount": units(dispute.amount, dispute.currency),
            "counted": units(dispute.withdrawn, dispute.currency),
            "ours": None,
            "reason": dispute.reason,
            "answer_by": dispute.respond_by,
        }
        for dispute in state.disputes
    ]


def _money_differences(session: PaymentSession, state: PaymentState) -> Iterator[str]:
    """What a sync would store: `reconcile` and the nightly proof do."""
    provider, sums = session.provider, session.reversed_sums
    if session.received is None:
        yield "what was received is not stored yet; `payments rebuild --backfill`"
    elif (session.received, session.received_currency) != (state.received, state.currency):
        yield f"another amount received at {provider} than stored"
    if sums.refunded != sum(refund.counted for refund in state.refunds):
        yield f"other refunds at {provider} than stored"
    if sums.disputed + sums.charged_back != sum(dispute.withdrawn for dispute in state.disputes):
        yield f"other disputes at {provider} than stored"


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
    if paid and session.status not in PAID:
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
