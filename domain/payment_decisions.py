"""Decisions: what a provider event means for a payment session, without carrying it out."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from domain.payments.events import CheckoutFree, CheckoutPaid, PaymentEvent
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status, Transition
from domain.transactions.payments import (
    Writes,
    await_payment,
    fulfil,
    fulfil_late,
    record_second_payment,
    release,
    review,
)


@frozen(kw_only=True)
class Decision:
    """What is to be done. ``session`` is its state once the writes are made; no writes means that nothing changes.

    ``reason`` says why money goes to review, or why the event is passed over.
    """

    transition: Transition
    session: PaymentSession
    writes: Writes = ()
    reason: str = ""


def decide(session: PaymentSession, event: PaymentEvent, at: datetime) -> Decision:
    """What the event means for the session.

    Raises:
        ContradictoryEvent: it cannot follow on what the provider reported before.
    """
    if isinstance(event, CheckoutPaid | CheckoutFree):
        return _on_payment(session, event, at)
    if session.is_other_checkout(event):
        return _stay(session, "other_checkout")
    transition = session.transition_for(event)
    match transition:
        case Transition.PROCESS:
            waiting = session.processing(event, at)
            return Decision(transition=transition, session=waiting, writes=await_payment(session, waiting, event))
        case Transition.EXPIRE | Transition.CANCEL | Transition.FAIL:
            over = session.released(_final_status(session, transition), at, event)
            return Decision(transition=transition, session=over, writes=release(session, over, event))
        case _:
            # An event that reports the checkout as open changes nothing: attaching is a step of its own.
            return _stay(session)


def decide_review(
    session: PaymentSession, reason: ReviewReason, event: CheckoutPaid | CheckoutFree, at: datetime
) -> Decision:
    """Leave this payment to a person."""
    doubtful = session.in_review(reason, event, at)
    return Decision(
        transition=Transition.REVIEW,
        session=doubtful,
        writes=review(session, doubtful, event),
        reason=reason.value,
    )


def _on_payment(session: PaymentSession, event: CheckoutPaid | CheckoutFree, at: datetime) -> Decision:
    transition = session.transition_for(event)
    if transition is Transition.STAY:
        return _stay(session) if session.is_same_payment(event) else _on_second_payment(session, event, at)
    if event.provider_session_id is None and session.provider_session_id is None:
        # A payment reported alone, before its checkout is attached: the checkout's own event follows with both ids.
        return _stay(session, "unattached")
    if (mismatch := session.mismatch(event)) is not None:
        return decide_review(session, mismatch, event, at)
    paid = session.completed(event, at)
    transaction = fulfil if transition is Transition.COMPLETE else fulfil_late
    return Decision(transition=transition, session=paid, writes=transaction(session, paid, event))


def _on_second_payment(session: PaymentSession, event: CheckoutPaid | CheckoutFree, at: datetime) -> Decision:
    return Decision(
        transition=Transition.REVIEW,
        session=session,
        writes=record_second_payment(session.second(event, at), event),
        reason=ReviewReason.SECOND_PAYMENT.value,
    )


def _final_status(session: PaymentSession, transition: Transition) -> Status:
    """CANCELLED if the student asked for it, otherwise EXPIRED, no matter who closed the checkout or reports first."""
    if transition is Transition.FAIL:
        return Status.FAILED
    return Status.CANCELLED if session.cancel_requested_at is not None else Status.EXPIRED


def _stay(session: PaymentSession, reason: str = "") -> Decision:
    return Decision(transition=Transition.STAY, session=session, reason=reason)
