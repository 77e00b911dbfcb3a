"""Decisions: what a provider event means for a payment session, without carrying it out."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from domain.enrollments import Enrollment
from domain.ledger import SchoolCalendar
from domain.payments.events import CheckoutApproved, CheckoutFree, CheckoutPaid, PaymentDeclined, PaymentEvent
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status, Transition
from domain.transactions.payments import (
    UTC_CALENDAR,
    Writes,
    await_payment,
    begin_capture,
    end_capture,
    fulfil,
    fulfil_late,
    record_decline,
    record_second_payment,
    release,
    review,
    review_unreported,
)


@frozen(kw_only=True)
class Decision:
    """What is to be done. ``session`` is its state once the writes are made; no writes means that nothing changes.

    ``Transition.CAPTURE``: once the writes are made, the provider is to be asked to capture.

    ``reason`` says why money goes to review, or why the event is passed over.
    """

    transition: Transition
    session: PaymentSession
    writes: Writes = ()
    reason: str = ""


def decide(
    session: PaymentSession,
    event: PaymentEvent,
    at: datetime,
    *,
    calendar: SchoolCalendar = UTC_CALENDAR,
    ended: Enrollment | None = None,
) -> Decision:
    """What the event means for the session.

    ``calendar`` says on which day a sale is booked; ``ended`` is the student's enrollment in this course that had
    ended, whose progress a new one takes over.

    Raises:
        ContradictoryEvent: it cannot follow on what the provider reported before.
    """
    if isinstance(event, CheckoutPaid | CheckoutFree):
        return _on_payment(session, event, at, calendar, ended)
    return _on_other(session, event, at)


def decide_review(
    session: PaymentSession,
    reason: ReviewReason,
    event: CheckoutPaid | CheckoutFree,
    at: datetime,
    calendar: SchoolCalendar = UTC_CALENDAR,
) -> Decision:
    """Leave this payment to a person."""
    in_review = session.in_review(reason, event, at)
    return Decision(
        transition=Transition.REVIEW,
        session=in_review,
        writes=review(session, in_review, event, calendar),
        reason=reason.value,
    )


def decide_unreported(session: PaymentSession, at: datetime) -> Decision:
    """Leave to a person a payment on its way of which nobody can ask any more whether it has arrived."""
    reason = ReviewReason.OTHER_ACCOUNT
    in_review = evolve(session, status=Status.REVIEW, review_reason=reason, updated_at=at, due_at=None)
    return Decision(
        transition=Transition.REVIEW,
        session=in_review,
        writes=review_unreported(session, in_review),
        reason=reason.value,
    )


def decide_reused(
    session: PaymentSession, decision: Decision, event: CheckoutPaid | CheckoutFree, at: datetime
) -> Decision:
    """Leave a payment to a person that counts for another session already: it is not received here a second time."""
    if decision.reason != ReviewReason.SECOND_PAYMENT:
        return decide_review(session, ReviewReason.PAYMENT_REUSED, event, at)
    second = session.second(event, at).in_review(ReviewReason.PAYMENT_REUSED, event, at)
    reason = ReviewReason.PAYMENT_REUSED.value
    return evolve(decision, writes=record_second_payment(second, event), reason=reason)


def decide_declined_capture(session: PaymentSession, event: PaymentDeclined, at: datetime) -> Decision:
    """What a declined capture means for the session that it was begun with: it is open again."""
    reopened = session.reopened(event, at)
    return Decision(
        transition=Transition.RECORD_DECLINE,
        session=reopened,
        writes=end_capture(session, reopened),
        reason=event.decline_code,
    )


def _on_other(session: PaymentSession, event: PaymentEvent, at: datetime) -> Decision:
    """What an event means that reports no payment."""
    if session.is_other_checkout(event):
        return _stay(session, "other_checkout")
    transition = Transition.CAPTURE if session.awaits_capture(event) else session.transition_for(event)
    match transition:
        case Transition.PROCESS:
            waiting = session.processing(event, at)
            return Decision(transition=transition, session=waiting, writes=await_payment(session, waiting, event))
        case Transition.EXPIRE | Transition.CANCEL | Transition.FAIL:
            over = session.released(_final_status(session, transition), at, event)
            return Decision(transition=transition, session=over, writes=release(session, over, event))
        case Transition.CAPTURE:
            return _on_approval(session, event, at)
        case Transition.RECORD_DECLINE if isinstance(event, PaymentDeclined):
            return _on_decline(session, event, at)
        case _:
            # An event that reports the checkout as open changes nothing: attaching is a step of its own.
            return _stay(session)


def _on_approval(session: PaymentSession, event: PaymentEvent, at: datetime) -> Decision:
    """Capture what the student approved, if it is what was agreed on and they may still be charged.

    A capture that was begun and has no outcome yet is asked for again.
    """
    if session.awaits_capture(event):
        return Decision(transition=Transition.CAPTURE, session=session, reason="asked_again")
    if not isinstance(event, CheckoutApproved) or not session.may_capture(at):
        return _stay(session, "lapsed")
    if (mismatch := session.mismatch(event)) is not None:
        return _stay(session, mismatch.value)
    capturing = session.capturing(event, at)
    writes = begin_capture(session, capturing, event)
    return Decision(transition=Transition.CAPTURE, session=capturing, writes=writes, reason="capturing")


def _on_decline(session: PaymentSession, event: PaymentDeclined, at: datetime) -> Decision:
    declined = session.declined(event, at)
    if session.decline_code == declined.decline_code:
        return _stay(session)
    return Decision(
        transition=Transition.RECORD_DECLINE,
        session=declined,
        writes=record_decline(session, declined),
        reason=event.decline_code,
    )


def _on_payment(
    session: PaymentSession,
    event: CheckoutPaid | CheckoutFree,
    at: datetime,
    calendar: SchoolCalendar,
    ended: Enrollment | None,
) -> Decision:
    if event.provider != session.provider:
        # Its metadata were changed: this session was never sold there, and the money is found by its provider alone.
        return _stay(session) if isinstance(event, CheckoutFree) else _on_second_payment(session, event, at, calendar)
    transition = session.transition_for(event)
    if transition is Transition.STAY:
        # A checkout that was free is no payment: nothing was received that a person would have to decide about.
        same = isinstance(event, CheckoutFree) or session.is_same_payment(event)
        return _stay(session) if same else _on_second_payment(session, event, at, calendar)
    if event.provider_session_id is None and session.provider_session_id is None:
        # A payment reported alone, before its checkout is attached: the checkout's own event follows with both ids.
        return _stay(session, "unattached")
    if (mismatch := session.mismatch(event)) is not None:
        return decide_review(session, mismatch, event, at, calendar)
    paid = session.completed(event, at)
    if transition is Transition.COMPLETE:
        return Decision(transition=transition, session=paid, writes=fulfil(session, paid, event, calendar, ended))
    # Money for a released session may have been refunded already, at the provider: the next reconciliation syncs it.
    late = evolve(paid, due_at=at) if paid.provider_payment_id else paid
    return Decision(transition=transition, session=late, writes=fulfil_late(session, late, event, calendar, ended))


def _on_second_payment(
    session: PaymentSession, event: CheckoutPaid | CheckoutFree, at: datetime, calendar: SchoolCalendar
) -> Decision:
    return Decision(
        transition=Transition.REVIEW,
        session=session,
        writes=record_second_payment(session.second(event, at), event, calendar),
        reason=ReviewReason.SECOND_PAYMENT.value,
    )


def _final_status(session: PaymentSession, transition: Transition) -> Status:
    """CANCELLED if the student asked for it, otherwise EXPIRED, no matter who closed the checkout or reports first."""
    if transition is Transition.FAIL:
        return Status.FAILED
    return Status.CANCELLED if session.cancel_requested_at is not None else Status.EXPIRED


def _stay(session: PaymentSession, reason: str = "") -> Decision:
    return Decision(transition=Transition.STAY, session=session, reason=reason)
