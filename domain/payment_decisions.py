"""What a provider's news mean for a payment session: the decision, without carrying it out."""

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
    """What is to be done. ``session`` is how the session stands once the writes are made; no writes means nothing to
    do.

    ``reason`` says why money goes to review or why news were passed over.
    """

    transition: Transition
    session: PaymentSession
    writes: Writes = ()
    reason: str = ""


def decide(session: PaymentSession, event: PaymentEvent, at: datetime) -> Decision:
    """What the news mean for the session.

    Raises:
        ContradictoryEvent: they cannot follow on what the provider reported before.
    """
    if isinstance(event, CheckoutPaid | CheckoutFree):
        return _on_payment(session, event, at)
    if session.is_other_checkout(event):
        return _stay(session, "other_checkout")
    transition = session.transition_for(event)
    match transition:
        case Transition.PROCESS:
            return Decision(
                transition=transition, session=session.processing(event, at), writes=await_payment(session, event, at)
            )
        case Transition.EXPIRE | Transition.CANCEL | Transition.FAIL:
            status = _ended(session, transition)
            return Decision(
                transition=transition,
                session=session.released(status, at, event),
                writes=release(session, status, at, event),
            )
        case _:
            # Hearing that the checkout is open changes nothing: attaching is a step of its own, made with the checkout
            # in hand.
            return _stay(session)


def decide_review(
    session: PaymentSession, reason: ReviewReason, event: CheckoutPaid | CheckoutFree, at: datetime
) -> Decision:
    """Let a person look at this payment."""
    return Decision(
        transition=Transition.REVIEW,
        session=session.in_review(reason, event, at),
        writes=review(session, reason, event, at),
        reason=reason.value,
    )


def _on_payment(session: PaymentSession, event: CheckoutPaid | CheckoutFree, at: datetime) -> Decision:
    transition = session.transition_for(event)
    if transition is Transition.STAY:
        return _stay(session) if session.is_same_payment(event) else _on_second_payment(session, event, at)
    if event.provider_session_id is None and session.provider_session_id is None:
        # A payment reported alone, before its checkout is attached: the checkout's own news follow and carry both ids.
        return _stay(session, "unattached")
    if (mismatch := session.mismatch(event)) is not None:
        return decide_review(session, mismatch, event, at)
    writes = fulfil(session, event, at) if transition is Transition.COMPLETE else fulfil_late(session, event, at)
    return Decision(transition=transition, session=session.completed(event, at), writes=writes)


def _on_second_payment(session: PaymentSession, event: CheckoutPaid | CheckoutFree, at: datetime) -> Decision:
    return Decision(
        transition=Transition.REVIEW,
        session=session,
        writes=record_second_payment(session, event, at),
        reason=ReviewReason.SECOND_PAYMENT.value,
    )


def _ended(session: PaymentSession, transition: Transition) -> Status:
    """Cancelled is what the student wished for; a checkout that ran out did not, whoever closed it and tells first."""
    if transition is Transition.FAIL:
        return Status.FAILED
    return Status.CANCELLED if session.cancel_requested_at is not None else Status.EXPIRED


def _stay(session: PaymentSession, reason: str = "") -> Decision:
    return Decision(transition=Transition.STAY, session=session, reason=reason)
