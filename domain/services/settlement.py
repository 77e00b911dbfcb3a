"""Settling: bring a payment session to where the provider says it is. Any number of times, in any order."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.errors import (
    AlreadyEnrolled,
    CheckoutReplaced,
    ContradictoryNews,
    CouponUseChanged,
    PaymentSessionUnknown,
    SessionMoved,
    StudentNotFound,
    TransactionRefused,
)
from domain.events import CheckoutFree, CheckoutPaid, News
from domain.payments import Move, PaymentSession, ReviewReason, Status
from domain.ports.clock import Backoff, Clock
from domain.ports.payments import PaymentSessionRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.settling import Decision, decide, decide_review
from domain.transactions import Writes, release, without_attachments

ATTEMPTS = 5

_SIGNALS = {
    Move.COMPLETE: Signal.ENROLLED,
    Move.LATE: Signal.PAYMENT_LATE,
    Move.REVIEW: Signal.PAYMENT_IN_REVIEW,
    Move.PROCESS: Signal.PAYMENT_PROCESSING,
    Move.EXPIRE: Signal.CHECKOUT_RELEASED,
    Move.CANCEL: Signal.CHECKOUT_RELEASED,
    Move.FAIL: Signal.CHECKOUT_RELEASED,
}


@frozen(kw_only=True)
class Settle:
    """Carries out what the provider's news mean. Webhook, queue, return page and repair all end here."""

    sessions: PaymentSessionRepo
    unit_of_work: UnitOfWork
    clock: Clock
    backoff: Backoff
    telemetry: Telemetry

    def __call__(self, news: News) -> PaymentSession:
        """Settle the news and return the session as it stands then. Repeating it changes nothing more.

        Raises: what ``decide`` raises.
        """
        return self.decide(news).session

    def decide(self, news: News) -> Decision:
        """Settle the news and return what was done: no writes where nothing was to do.

        Raises:
            PaymentSessionUnknown: no such session is stored (yet).
            ContradictoryNews: the provider contradicts itself.
            TransactionRefused: others kept changing the session; try again.
            StorageUnavailable: the database does not answer; try again.
        """
        decision = self._decide(self._read(news), news)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if decision.writes:
                    self.unit_of_work.commit(decision.writes)
            except TransactionRefused as refused:
                if attempt == ATTEMPTS:
                    raise
                decision = self._think_again(news, refused, attempt)
            else:
                break
        self._tell(decision, news)
        return decision

    def release(self, session: PaymentSession, status: Status) -> None:
        """Let a session go that never had a checkout, with all that it holds; one that moved meanwhile is left alone.

        Raises:
            StorageUnavailable: the database does not answer; try again.
        """
        writes = release(session, status, self.clock.now())
        try:
            self.unit_of_work.commit(writes)
        except TransactionRefused as refused:
            match refused.first:
                case SessionMoved():
                    return
                case CheckoutReplaced() | CouponUseChanged() as damage:
                    # What hangs on the session is damaged. It must not stay live for that.
                    self.telemetry.tell(
                        Signal.DIFFERENCE_FOUND,
                        reason=damage.code,
                        provider=session.provider,
                        user_id=session.user_id,
                        course_id=session.course_id,
                        payment_session_id=session.payment_session_id,
                    )
                    self.commit_unless_moved(without_attachments(writes))
                case _:
                    raise

    def commit_unless_moved(self, writes: Writes) -> None:
        """Make the writes, or leave the session to whoever was faster.

        Raises:
            TransactionRefused: something else than the session stands in the way.
            StorageUnavailable: the database does not answer; try again.
        """
        try:
            self.unit_of_work.commit(writes)
        except TransactionRefused as refused:
            if not isinstance(refused.first, SessionMoved):
                raise

    def _read(self, news: News) -> PaymentSession:
        session = self.sessions.find(news.user_id, news.payment_session_id)
        if session is None:
            raise PaymentSessionUnknown
        return session

    def _decide(self, session: PaymentSession, news: News) -> Decision:
        try:
            return decide(session, news, self.clock.now())
        except ContradictoryNews:
            self._signal(Signal.EVENT_CONTRADICTS, session.status.value, news)
            raise

    def _think_again(self, news: News, refused: TransactionRefused, attempt: int) -> Decision:
        """Decide anew after a refusal: someone was faster, or the student is enrolled by other means, or gone."""
        match refused.first:
            case SessionMoved(session=PaymentSession() as found):
                return self._decide(found, news)
            case AlreadyEnrolled(enrollment=enrollment) if enrollment.payment_session_id != news.payment_session_id:
                return self._review(news, ReviewReason.ALREADY_ENROLLED)
            case StudentNotFound():
                return self._review(news, ReviewReason.STUDENT_DELETED)
            case CheckoutReplaced() | CouponUseChanged() if attempt > 1:
                # Still so at the second look: what hangs on the session is damaged. The payment counts all the same.
                self.backoff.pause(attempt)
                decision = self._decide(self._read(news), news)
                self._signal(Signal.DIFFERENCE_FOUND, refused.first.code, news)
                return evolve(decision, writes=without_attachments(decision.writes))
            case _:
                self.backoff.pause(attempt)
                return self._decide(self._read(news), news)

    def _review(self, news: News, reason: ReviewReason) -> Decision:
        session = self._read(news)
        decision = self._decide(session, news)
        if not isinstance(news, CheckoutPaid | CheckoutFree) or not decision.writes or decision.move is Move.REVIEW:
            return decision
        return decide_review(session, reason, news, self.clock.now())

    def _tell(self, decision: Decision, news: News) -> None:
        if decision.move is Move.STAY:
            self._signal(Signal.EVENT_SETTLED, decision.reason or "unchanged", news)
        else:
            self._signal(_SIGNALS[decision.move], decision.reason or decision.session.status.value, news)

    def _signal(self, signal: Signal, reason: str, news: News) -> None:
        self.telemetry.tell(
            signal,
            reason=reason,
            provider=news.provider,
            event_id=news.event_id,
            user_id=news.user_id,
            course_id=news.course_id,
            payment_session_id=news.payment_session_id,
            provider_session_id=news.provider_session_id or "",
        )
