"""What settling an event would change, and what settling a dead letter did change."""

from __future__ import annotations

from domain.errors import DomainError, MalformedEvent
from domain.payment_decisions import Decision, decide
from domain.payments.events import PaymentEvent
from domain.payments.states import Transition
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.services.settle_payment import SettlePayment
from domain.services.sync_reported import SyncReported
from scripts.ops.aws.dead_letter_queue import DeadLetter

SESSION_UNKNOWN = "payment_session_unknown"
NOTHING_TO_DO = "nothing to do"


def preview_dead_letter(letter: DeadLetter, sessions: PaymentSessionRepo, clock: Clock) -> str:
    """What settling the message would change now, such as "open -> completed".

    An effect that begins with "x" names the error that settling it would end with.
    """
    if letter.event is None:
        return "x unreadable"
    if not isinstance(letter.event, PaymentEvent):
        return "sync with the provider"
    session = sessions.find(letter.event.user_id, letter.event.payment_session_id)
    if session is None:
        return f"x {SESSION_UNKNOWN}"
    try:
        decision = decide(session, letter.event, clock.now())
    except DomainError as error:
        return f"x {error.code}"
    return f"{session.status.value} -> {_end(decision)}" if decision.writes else NOTHING_TO_DO


def settle_dead_letter(letter: DeadLetter, settle: SettlePayment, sync_reported: SyncReported) -> str:
    """Settle the message's event, or sync the payment that it reports about; returns what changed.

    Raises:
        DomainError: the event still cannot be settled.
    """
    if letter.event is None:
        raise MalformedEvent
    if not isinstance(letter.event, PaymentEvent):
        sync_reported(letter.event)
        return "synced with the provider"
    decision = settle.decide(letter.event)
    return f"settled: {_end(decision)}" if decision.writes else NOTHING_TO_DO


def preview_event(event: PaymentEvent, sessions: PaymentSessionRepo, clock: Clock) -> str | None:
    """The session's status after settling the event, or the error's code; None if nothing would change."""
    session = sessions.find(event.user_id, event.payment_session_id)
    if session is None:
        return SESSION_UNKNOWN
    try:
        decision = decide(session, event, clock.now())
    except DomainError as error:
        return error.code
    return decision.session.status.value if decision.writes else None


def _end(decision: Decision) -> str:
    # A second payment goes to review beside its session, which stays completed.
    return f"review ({decision.reason})" if decision.transition is Transition.REVIEW else decision.session.status.value
