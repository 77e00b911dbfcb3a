"""Syncing: bring a paid session, its refunds and disputes, and the student's access to where the provider has them."""

from __future__ import annotations

from contextlib import suppress

from attrs import evolve, frozen

from domain.errors import CheckoutReplaced, CouponUseChanged, PaymentBusy, PaymentSessionNotFound, ProviderRejected
from domain.payment_sync import StoredPayment, SyncPolicy, SyncStep, access_step, next_step
from domain.payments.reversals import DisputeStatus, PaymentState, RefundStatus, Reversal, ReversalKind
from domain.payments.reviews import RECEIVED_ELSEWHERE, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import PAID, Status
from domain.ports.backoff import Backoff, attempts
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.bookkeeping import is_decided_seat, payment_key
from domain.transactions.conflicts import EntryExists, TransactionConflict
from domain.transactions.payments import Writes, without_failed_attachments
from domain.transactions.writes import AddLedgerEntry, ChangeReversedSums

ATTEMPTS = 5
"""How often everything is read again because others changed the same payment."""

MAX_STEPS = 200
"""How many reversals of one payment are brought up to date in one sync."""

_SIGNALS = {
    RefundStatus.FAILED: Signal.REFUND_FAILED,
    DisputeStatus.INQUIRY: Signal.DISPUTE_OPENED,
    DisputeStatus.OPEN: Signal.DISPUTE_OPENED,
    DisputeStatus.WON: Signal.DISPUTE_CLOSED,
    DisputeStatus.LOST: Signal.DISPUTE_CLOSED,
    DisputeStatus.CLOSED: Signal.DISPUTE_CLOSED,
}


@frozen(kw_only=True)
class SyncPayment:
    """Compares a stored payment with the provider's present state and stores the difference.

    Webhooks about refunds and disputes, answers to our own refunds, the nightly proof and a rebuilt payment all end
    here. Ours is read before the provider's, and is only written if nobody changed it since: whatever is stored was
    therefore never older than what was stored before.
    """

    sessions: PaymentSessionRepo
    reversals: ReversalRepo
    ledger: LedgerRepo
    enrollments: EnrollmentRepo
    gateways: Gateways
    unit_of_work: UnitOfWork
    clock: Clock
    backoff: Backoff
    telemetry: Telemetry
    policy: SyncPolicy

    def __call__(self, user_id: str, payment_session_id: str) -> StoredPayment:
        """Sync the session to the end, and return the payment as it is stored then. Safe to repeat.

        A session that nothing was paid for is returned as it is.

        Raises:
            PaymentSessionNotFound: there is no such session.
            PaymentBusy: others kept changing the payment; try again.
            ProviderUnavailable, ProviderRejected: the provider's state cannot be had.
            StorageUnavailable: the database does not answer; try again.
        """
        for _ in attempts(ATTEMPTS, self.backoff):
            stored = self.read(user_id, payment_session_id)
            if not is_syncable(stored.session):
                return stored
            if not stored.is_consistent:
                continue  # it was written while it was read
            state = self._state(stored)
            synced = self._to_the_end(stored, state)
            if synced is not None:
                return synced
        raise PaymentBusy

    def read(self, user_id: str, payment_session_id: str) -> StoredPayment:
        """The payment as it is stored.

        Raises:
            PaymentSessionNotFound: there is no such session.
        """
        session = self.sessions.find(user_id, payment_session_id)
        if session is None:
            raise PaymentSessionNotFound
        stored = StoredPayment(
            session=session,
            reversals=self.reversals.of_session(user_id, payment_session_id),
            enrollment=self.enrollments.find(user_id, session.course_id),
            ended=self.enrollments.ended(user_id, session.course_id),
        )
        if session.received is None and session.resolution is not None:
            entries = self.ledger.of_payment(*payment_key(session))
            stored = evolve(stored, seat_is_booked=any(is_decided_seat(entry, session) for entry in entries))
        if stored.has_own_enrollment or stored.own_ended is not None or session.status is not Status.COMPLETED:
            return stored
        earlier = self.enrollments.earlier_ended(user_id, session.course_id)
        own = [one for one in earlier if one.payment_session_id == payment_session_id]
        return evolve(stored, superseded=own[-1] if own else None)

    def _state(self, stored: StoredPayment) -> PaymentState:
        """The payment as the provider has it.

        Raises:
            ProviderRejected: our keys cannot ask for it, such as those of another account. What the school decided
                about access takes effect all the same, by what is stored.
        """
        try:
            return self.gateways.named(stored.session.provider).payment_state(stored.session)
        except ProviderRejected:
            step = access_step(stored, self.policy, self.clock.now())
            if step is not None:
                self.commit(step)
            raise

    def commit(self, step: SyncStep) -> bool:
        """Make the writes of a step and report it. False if the payment is not as it was read.

        Raises:
            StorageUnavailable: the database does not answer; the outcome may be unknown.
        """
        writes = step.writes
        for attempt in attempts(3):
            try:
                self.unit_of_work.commit(writes)
            except TransactionConflict as conflict:
                if _counts_for_another(conflict, step.session):
                    self._counts_elsewhere(step)
                    return False
                rest = self._without_damage(writes, conflict, step)
                if attempt.is_last or rest == writes:
                    return False
                writes = rest
            else:
                self._emit(step)
                return True
        return False

    def _to_the_end(self, stored: StoredPayment, state: PaymentState) -> StoredPayment | None:
        """The payment after every step; None as soon as somebody else has changed it."""
        for _ in range(MAX_STEPS):
            step = next_step(stored, state, self.policy, self.clock.now())
            if step is None:
                return evolve(stored, origins_known=all(refund.origin_known for refund in state.refunds))
            if not self.commit(step):
                return None
            stored = after_step(stored, step)
        return None

    def _counts_elsewhere(self, step: SyncStep) -> None:
        """The payment of a session in review is booked for another session: it was not received here."""
        before = next(write.before for write in step.writes if isinstance(write, ChangeReversedSums))
        if before.status is not Status.REVIEW or before.received is not None:
            return
        after = evolve(before, review_reason=ReviewReason.PAYMENT_REUSED, updated_at=step.session.updated_at)
        with suppress(TransactionConflict):
            self.unit_of_work.commit((ChangeReversedSums(before, after),))
            self._difference(ReviewReason.PAYMENT_REUSED.value, after)

    def _without_damage(self, writes: Writes, conflict: TransactionConflict, step: SyncStep) -> Writes:
        """The writes that can still be made, where only something that hangs on the payment stands in the way."""
        if all(isinstance(one, CheckoutReplaced | CouponUseChanged) for one in conflict.conflicts):
            for damage in conflict.conflicts:
                self._difference(damage.code, step.session)
            return without_failed_attachments(writes, conflict.writes)
        if all(isinstance(one, EntryExists) and _is_sale_of(one, step.session) for one in conflict.conflicts):
            return tuple(write for write in writes if not isinstance(write, AddLedgerEntry))
        return writes

    def _emit(self, step: SyncStep) -> None:
        session, reversal = step.session, step.reversal
        if reversal is not None and reversal.kind is not ReversalKind.REPAYMENT and step.changes_status:
            signal = _SIGNALS.get(reversal.status, Signal.REFUND_RECORDED)
            self._signal(signal, reversal.status.value, session, reversal)
        if step.access.end is not None:
            self._signal(Signal.ENROLLMENT_ENDED, step.access.end.cause.value, session, reversal)
        if step.access.reinstate is not None:
            self._signal(Signal.ENROLLMENT_REINSTATED, "dispute", session, reversal)
        if step.reason:
            self._signal(Signal.PAYMENT_IN_REVIEW, step.reason, session, reversal)
        if session.kept < 0:
            self._difference("more_returned_than_received", session)

    def _difference(self, reason: str, session: PaymentSession) -> None:
        self._signal(Signal.DIFFERENCE_FOUND, reason, session, None)

    def _signal(self, signal: Signal, reason: str, session: PaymentSession, reversal: Reversal | None) -> None:
        self.telemetry.emit(
            signal,
            reason=reason,
            provider=session.provider,
            user_id=session.user_id,
            course_id=session.course_id,
            payment_session_id=session.payment_session_id,
            reversal_id=reversal.reversal_id if reversal else "",
        )


def is_syncable(session: PaymentSession) -> bool:
    """Whether the provider has a payment of this session: it is paid, was not free, and no other session's payment."""
    is_own = session.review_reason not in RECEIVED_ELSEWHERE
    return is_own and session.status in PAID and session.provider_payment_id is not None


def after_step(stored: StoredPayment, step: SyncStep) -> StoredPayment:
    """The payment as it is stored once the step is committed."""
    reversals = stored.reversals
    if step.reversal is not None:
        others = tuple(one for one in reversals if one.reversal_id != step.reversal.reversal_id)
        reversals = (*others, step.reversal)
    moved = evolve(stored, session=step.session, reversals=reversals)
    access = step.access
    if access.end is not None:
        return evolve(moved, enrollment=None, ended=access.end)
    if access.reinstate is not None:
        return evolve(moved, enrollment=access.reinstate.enrollment, ended=None)
    return evolve(moved, ended=access.relabel[1]) if access.relabel else moved


def _is_sale_of(conflict: EntryExists, session: PaymentSession) -> bool:
    return conflict.entry.payment_session_id == session.payment_session_id


def _counts_for_another(conflict: TransactionConflict, session: PaymentSession) -> bool:
    return any(isinstance(one, EntryExists) and not _is_sale_of(one, session) for one in conflict.conflicts)
