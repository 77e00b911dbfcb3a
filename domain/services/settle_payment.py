"""Settling: bring a payment session to where the provider says it is. Any number of times, in any order."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.errors import CheckoutReplaced, ContradictoryEvent, CouponUseChanged, PaymentSessionUnknown, StudentNotFound
from domain.payment_decisions import Decision, decide, decide_review
from domain.payments.events import CheckoutFree, CheckoutPaid, PaymentEvent
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status, Transition
from domain.ports.backoff import Backoff, attempts
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import AlreadyEnrolled, SessionConflict, TransactionConflict
from domain.transactions.payments import Writes, release, without_attachments

ATTEMPTS = 5

_SIGNALS = {
    Transition.COMPLETE: Signal.ENROLLED,
    Transition.LATE: Signal.PAYMENT_LATE,
    Transition.REVIEW: Signal.PAYMENT_IN_REVIEW,
    Transition.PROCESS: Signal.PAYMENT_PROCESSING,
    Transition.EXPIRE: Signal.CHECKOUT_RELEASED,
    Transition.CANCEL: Signal.CHECKOUT_RELEASED,
    Transition.FAIL: Signal.CHECKOUT_RELEASED,
}


@frozen(kw_only=True)
class SettlePayment:
    """Carries out what the provider's news mean. Webhook, queue, return page and repair all end here."""

    sessions: PaymentSessionRepo
    unit_of_work: UnitOfWork
    clock: Clock
    backoff: Backoff
    telemetry: Telemetry

    def __call__(self, event: PaymentEvent) -> PaymentSession:
        """Settle the news and return the session as it stands then. Repeating it changes nothing more.

        Raises: what ``decide`` raises.
        """
        return self.decide(event).session

    def decide(self, event: PaymentEvent) -> Decision:
        """Settle the news and return what was done: no writes where nothing was to do.

        Raises:
            PaymentSessionUnknown: no such session is stored (yet).
            ContradictoryEvent: the provider contradicts itself.
            TransactionConflict: others kept changing the session; try again.
            StorageUnavailable: the database does not answer; try again.
        """
        decision = self._decide(self._read(event), event)
        for attempt in attempts(ATTEMPTS):
            try:
                if decision.writes:
                    self.unit_of_work.commit(decision.writes)
            except TransactionConflict as conflict:
                if attempt.is_last:
                    raise
                decision = self._decide_again(event, conflict, attempt.number)
            else:
                break
        self._emit(decision, event)
        return decision

    def release(self, session: PaymentSession, status: Status) -> None:
        """Let a session go that never had a checkout, with all that it holds; one that moved meanwhile is left alone.

        Raises:
            StorageUnavailable: the database does not answer; try again.
        """
        writes = release(session, session.released(status, self.clock.now()))
        try:
            self.unit_of_work.commit(writes)
        except TransactionConflict as conflict:
            match conflict.first:
                case SessionConflict():
                    return
                case CheckoutReplaced() | CouponUseChanged() as damage:
                    # What hangs on the session is damaged. It must not stay live for that.
                    self.telemetry.emit(
                        Signal.DIFFERENCE_FOUND,
                        reason=damage.code,
                        provider=session.provider,
                        user_id=session.user_id,
                        course_id=session.course_id,
                        payment_session_id=session.payment_session_id,
                    )
                    self.commit_unless_changed(without_attachments(writes))
                case _:
                    raise

    def commit_unless_changed(self, writes: Writes) -> None:
        """Make the writes, or leave the session to whoever was faster.

        Raises:
            TransactionConflict: something else than the session stands in the way.
            StorageUnavailable: the database does not answer; try again.
        """
        try:
            self.unit_of_work.commit(writes)
        except TransactionConflict as conflict:
            if not isinstance(conflict.first, SessionConflict):
                raise

    def _read(self, event: PaymentEvent) -> PaymentSession:
        session = self.sessions.find(event.user_id, event.payment_session_id)
        if session is None:
            raise PaymentSessionUnknown
        return session

    def _decide(self, session: PaymentSession, event: PaymentEvent) -> Decision:
        try:
            return decide(session, event, self.clock.now())
        except ContradictoryEvent:
            self._signal(Signal.EVENT_CONTRADICTS, session.status.value, event)
            raise

    def _decide_again(self, event: PaymentEvent, conflict: TransactionConflict, attempt: int) -> Decision:
        """Decide anew after a refusal: someone was faster, or the student is enrolled by other means, or gone."""
        match conflict.first:
            case SessionConflict(session=PaymentSession() as found):
                return self._decide(found, event)
            case AlreadyEnrolled(enrollment=enrollment) if enrollment.payment_session_id != event.payment_session_id:
                return self._review(event, ReviewReason.ALREADY_ENROLLED)
            case StudentNotFound():
                return self._review(event, ReviewReason.STUDENT_DELETED)
            case CheckoutReplaced() | CouponUseChanged() if attempt > 1:
                # Still so at the second look: what hangs on the session is damaged. The payment counts all the same.
                self.backoff.pause(attempt)
                decision = self._decide(self._read(event), event)
                self._signal(Signal.DIFFERENCE_FOUND, conflict.first.code, event)
                return evolve(decision, writes=without_attachments(decision.writes))
            case _:
                self.backoff.pause(attempt)
                return self._decide(self._read(event), event)

    def _review(self, event: PaymentEvent, reason: ReviewReason) -> Decision:
        session = self._read(event)
        decision = self._decide(session, event)
        if (
            not isinstance(event, CheckoutPaid | CheckoutFree)
            or not decision.writes
            or decision.transition is Transition.REVIEW
        ):
            return decision
        return decide_review(session, reason, event, self.clock.now())

    def _emit(self, decision: Decision, event: PaymentEvent) -> None:
        if decision.transition is Transition.STAY:
            self._signal(Signal.EVENT_SETTLED, decision.reason or "unchanged", event)
        else:
            self._signal(_SIGNALS[decision.transition], decision.reason or decision.session.status.value, event)

    def _signal(self, signal: Signal, reason: str, event: PaymentEvent) -> None:
        self.telemetry.emit(
            signal,
            reason=reason,
            provider=event.provider,
            event_id=event.event_id,
            user_id=event.user_id,
            course_id=event.course_id,
            payment_session_id=event.payment_session_id,
            provider_session_id=event.provider_session_id or "",
        )
