"""Settling: bring a payment session to the state that the provider reports, however often and in whatever order."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.enrollments import Enrollment
from domain.errors import (
    CheckoutReplaced,
    ContradictoryEvent,
    CouponUseChanged,
    DomainError,
    PaymentSessionUnknown,
    StudentNotFound,
)
from domain.payment_decisions import (
    Decision,
    decide,
    decide_declined_capture,
    decide_reused,
    decide_review,
    decide_unreported,
)
from domain.payment_sync import SyncPolicy
from domain.payments.events import CheckoutApproved, CheckoutFree, CheckoutPaid, PaymentDeclined, PaymentEvent
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status, Transition
from domain.ports.backoff import Backoff, attempts
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import AlreadyEnrolled, EntryExists, SessionConflict, TransactionConflict
from domain.transactions.payments import Writes, release, without_booking, without_failed_attachments

ATTEMPTS = 5

_SIGNALS = {
    Transition.COMPLETE: Signal.ENROLLED,
    Transition.LATE: Signal.PAYMENT_LATE,
    Transition.REVIEW: Signal.PAYMENT_IN_REVIEW,
    Transition.PROCESS: Signal.PAYMENT_PROCESSING,
    Transition.CAPTURE: Signal.PAYMENT_PROCESSING,
    Transition.EXPIRE: Signal.CHECKOUT_RELEASED,
    Transition.CANCEL: Signal.CHECKOUT_RELEASED,
    Transition.FAIL: Signal.CHECKOUT_RELEASED,
    Transition.RECORD_DECLINE: Signal.PAYMENT_DECLINED,
}


@frozen(kw_only=True)
class SettlePayment:
    """Carries out what a payment event means. Webhooks, the queue, the return page and reconciliation all end here."""

    sessions: PaymentSessionRepo
    enrollments: EnrollmentRepo
    gateways: Gateways
    unit_of_work: UnitOfWork
    clock: Clock
    backoff: Backoff
    telemetry: Telemetry
    policy: SyncPolicy

    def __call__(self, event: PaymentEvent) -> PaymentSession:
        """Settle the event and return the session as it is then. Safe to repeat.

        Raises: what ``decide`` raises.
        """
        return self.decide(event).session

    def decide(self, event: PaymentEvent) -> Decision:
        """Settle the event and return the decision that was carried out; it has no writes if nothing had to change.

        What the student approved is captured, and the outcome of that is settled too.

        Raises:
            ProviderUnavailable: it is not known whether the capture was made; the reconciliation asks again.
            ProviderRejected: the provider does not know what is to be captured.
            PaymentSessionUnknown: no such session is stored (yet).
            ContradictoryEvent: the provider contradicts itself.
            TransactionConflict: others kept changing the session; try again.
            StorageUnavailable: the database does not answer; try again.
        """
        decision = self._carried_out(event)
        if decision.transition is not Transition.CAPTURE:
            return decision
        session = decision.session
        captured = self.gateways.named(session.provider).capture(session).event
        if isinstance(captured, PaymentDeclined):
            reopened = self._reopened(session, captured)
            # What reported an end asked for the outcome of a capture, and is still to be settled now that it is known.
            return reopened if isinstance(event, CheckoutApproved) else self.decide(event)
        return self._carried_out(captured)

    def _carried_out(self, event: PaymentEvent) -> Decision:
        decision = self._decide(self._read(event), event)
        damaged: Writes = ()
        for attempt in attempts(ATTEMPTS):
            try:
                if decision.writes:
                    self.unit_of_work.commit(decision.writes)
            except TransactionConflict as conflict:
                if attempt.is_last:
                    raise
                decision = self._decide_again(event, conflict, attempt.number)
                if attempt.number > 1 and isinstance(conflict.first, CheckoutReplaced | CouponUseChanged):
                    # Still so after all was read again: what the session holds is damaged. The payment counts all the
                    # same, whatever else is decided about it.
                    self._signal(Signal.DIFFERENCE_FOUND, conflict.first.code, event)
                    damaged += conflict.writes
                decision = evolve(decision, writes=without_failed_attachments(decision.writes, damaged))
            else:
                break
        self._emit(decision, event)
        return decision

    def release(self, session: PaymentSession, status: Status) -> None:
        """Let a session go that never had a checkout, with all that it holds; one that moved meanwhile is left alone.

        Raises:
            StorageUnavailable: the database does not answer; try again.
        """
        self._let_go(session, release(session, session.released(status, self.clock.now())))

    def review_unreported(self, session: PaymentSession) -> PaymentSession:
        """Leave to a person a session whose payment is on its way where our keys cannot ask for it.

        One that moved meanwhile is left alone. Returns the session as it is in review.

        Raises:
            StorageUnavailable: the database does not answer; try again.
        """
        decision = decide_unreported(session, self.clock.now())
        self._let_go(session, decision.writes)
        return decision.session

    def _let_go(self, session: PaymentSession, writes: Writes) -> None:
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
                    self.commit_unless_changed(without_failed_attachments(writes, conflict.writes))
                case _:
                    raise

    def commit_unless_changed(self, writes: Writes) -> None:
        """Make the writes, unless another process has changed the session.

        Raises:
            TransactionConflict: something else than the session stands in the way.
            StorageUnavailable: the database does not answer; try again.
        """
        try:
            self.unit_of_work.commit(writes)
        except TransactionConflict as conflict:
            if not isinstance(conflict.first, SessionConflict):
                raise

    def _reopened(self, session: PaymentSession, event: PaymentDeclined) -> Decision:
        """Store that the capture which this session began was declined, unless somebody has stored it before."""
        decision = decide_declined_capture(session, event, self.clock.now())
        try:
            self.unit_of_work.commit(decision.writes)
        except TransactionConflict as conflict:
            match conflict.first:
                case SessionConflict(session=PaymentSession() as found):
                    return Decision(transition=Transition.STAY, session=found)
                case _:
                    raise
        self._emit(decision, event)
        return decision

    def _read(self, event: PaymentEvent) -> PaymentSession:
        session = self.sessions.find(event.user_id, event.payment_session_id)
        if session is None:
            raise PaymentSessionUnknown
        return session

    def _ended(self, session: PaymentSession) -> Enrollment | None:
        """The enrollment whose progress a new one takes over, read only where one is known to exist."""
        ended = self.enrollments.ended(session.user_id, session.course_id) if session.resumes else None
        return ended.enrollment if ended else None

    def _decide(self, session: PaymentSession, event: PaymentEvent) -> Decision:
        try:
            return decide(session, event, self.clock.now(), calendar=self.policy.calendar, ended=self._ended(session))
        except ContradictoryEvent:
            self._signal(Signal.EVENT_CONTRADICTS, session.status.value, event)
            raise

    def _decide_again(self, event: PaymentEvent, conflict: TransactionConflict, attempt: int) -> Decision:
        """Decide anew after a conflict: another process was faster, or the payment needs a person."""
        first = conflict.first
        if isinstance(event, CheckoutApproved) and isinstance(first, AlreadyEnrolled):
            # Enrolled by other means: nobody is charged, and the reconciliation closes the checkout.
            return Decision(transition=Transition.STAY, session=self._read(event), reason=first.code)
        if isinstance(first, SessionConflict) and first.session is not None:
            return self._decide(first.session, event)
        reason = _review_reason(first, event)
        if reason is not None:
            return self._review(event, reason)
        if not isinstance(first, EntryExists):
            self.backoff.pause(attempt)
        decision = self._decide(self._read(event), event)
        if isinstance(first, EntryExists):
            return evolve(decision, writes=without_booking(decision.writes))
        return decision

    def _review(self, event: PaymentEvent, reason: ReviewReason) -> Decision:
        session = self._read(event)
        decision = self._decide(session, event)
        if not isinstance(event, CheckoutPaid | CheckoutFree) or not decision.writes:
            return decision
        if decision.transition is not Transition.REVIEW:
            return decide_review(session, reason, event, self.clock.now(), self.policy.calendar)
        if reason is not ReviewReason.PAYMENT_REUSED:
            return decision
        return decide_reused(session, decision, event, self.clock.now())

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


def _review_reason(conflict: DomainError, event: PaymentEvent) -> ReviewReason | None:
    """Why a payment that met this conflict needs a person; None if it does not."""
    match conflict:
        case AlreadyEnrolled(enrollment=enrollment) if enrollment.payment_session_id != event.payment_session_id:
            return ReviewReason.ALREADY_ENROLLED
        case EntryExists(entry=entry) if not entry.payment_session_id.startswith(event.payment_session_id[:48]):
            return ReviewReason.PAYMENT_REUSED
        case StudentNotFound():
            return ReviewReason.STUDENT_DELETED
        case _:
            return None
