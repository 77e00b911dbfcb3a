"""What a provider's news mean for a payment session: the decision, without carrying it out."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from domain.events import CheckoutFree, CheckoutPaid, News
from domain.payments import Move, PaymentSession, ReviewReason, Status
from domain.transactions import Writes, await_payment, fulfil, fulfil_late, keep_second_payment, release, review


@frozen(kw_only=True)
class Decision:
    """What is to be done. ``session`` is how the session stands once the writes are made; no writes means nothing to
    do.

    ``reason`` says why money goes to review or why news were passed over.
    """

    move: Move
    session: PaymentSession
    writes: Writes = ()
    reason: str = ""


def decide(session: PaymentSession, news: News, at: datetime) -> Decision:
    """What the news mean for the session.

    Raises:
        ContradictoryNews: they cannot follow on what the provider reported before.
    """
    if isinstance(news, CheckoutPaid | CheckoutFree):
        return _on_payment(session, news, at)
    if session.is_other_checkout(news):
        return _stay(session, "other_checkout")
    move = session.move_on(news)
    match move:
        case Move.PROCESS:
            return Decision(move=move, session=session.processing(news, at), writes=await_payment(session, news, at))
        case Move.EXPIRE | Move.CANCEL | Move.FAIL:
            status = _ended(session, move)
            return Decision(
                move=move, session=session.released(status, at, news), writes=release(session, status, at, news)
            )
        case _:
            # Hearing that the checkout is open changes nothing: attaching is a step of its own, made with the checkout
            # in hand.
            return _stay(session)


def decide_review(
    session: PaymentSession, reason: ReviewReason, news: CheckoutPaid | CheckoutFree, at: datetime
) -> Decision:
    """Let a person look at this payment."""
    return Decision(
        move=Move.REVIEW,
        session=session.in_review(reason, news, at),
        writes=review(session, reason, news, at),
        reason=reason.value,
    )


def _on_payment(session: PaymentSession, news: CheckoutPaid | CheckoutFree, at: datetime) -> Decision:
    move = session.move_on(news)
    if move is Move.STAY:
        return _stay(session) if session.stands_for(news) else _on_second_payment(session, news, at)
    if news.provider_session_id is None and session.provider_session_id is None:
        # A payment reported alone, before its checkout is attached: the checkout's own news follow and carry both ids.
        return _stay(session, "unattached")
    if (doubt := session.doubt(news)) is not None:
        return decide_review(session, doubt, news, at)
    writes = fulfil(session, news, at) if move is Move.COMPLETE else fulfil_late(session, news, at)
    return Decision(move=move, session=session.completed(news, at), writes=writes)


def _on_second_payment(session: PaymentSession, news: CheckoutPaid | CheckoutFree, at: datetime) -> Decision:
    return Decision(
        move=Move.REVIEW,
        session=session,
        writes=keep_second_payment(session, news, at),
        reason=ReviewReason.SECOND_PAYMENT.value,
    )


def _ended(session: PaymentSession, move: Move) -> Status:
    """Cancelled is what the student wished for; a checkout that ran out did not, whoever closed it and tells first."""
    if move is Move.FAIL:
        return Status.FAILED
    return Status.CANCELLED if session.cancel_requested_at is not None else Status.EXPIRED


def _stay(session: PaymentSession, reason: str = "") -> Decision:
    return Decision(move=Move.STAY, session=session, reason=reason)
