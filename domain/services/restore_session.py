"""Restoring: a payment session that is lost, while its sale is still booked, is stored again."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.audit import AuditRecord
from domain.enrollments import EndCause
from domain.ledger import LedgerEntry
from domain.payments.reversals import ReversedSums
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.reversals import ReversalRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.rebuilding import restore


@frozen(kw_only=True)
class RestoreSession:
    """Stores a session again beside all that still names it: its sale, its reversals and its enrollment.

    None of those is written, so that nothing is counted twice. While the session is not there, nobody changes them.
    """

    reversals: ReversalRepo
    enrollments: EnrollmentRepo
    unit_of_work: UnitOfWork

    def as_it_was(self, session: PaymentSession, sale: LedgerEntry) -> PaymentSession:
        """The session, completed as the provider has it, as far as what is still stored says how it went on.

        It is due to be synced: a refund may have been asked for that nobody made yet. Where money of it is kept and
        no enrollment came of it, or one that ended with a refund that failed, what was decided about it is lost with
        it: it is in review again.
        """
        reversals = self.reversals.of_session(session.user_id, session.payment_session_id)
        booked = evolve(
            session,
            received=sale.amount,
            received_currency=sale.currency,
            reversed_sums=ReversedSums.of(reversals),
            due_at=session.updated_at,
        )
        if booked.kept <= 0:
            return evolve(booked, status=Status.REVERSED)
        reason = self._to_be_reviewed(booked)
        if reason is None:
            return booked
        return evolve(booked, status=Status.REVIEW, review_reason=reason, completed_at=None)

    def __call__(self, session: PaymentSession, record: AuditRecord) -> None:
        """Store the session.

        Raises:
            SessionConflict: it is there after all.
            StorageUnavailable: the database does not answer; try again.
        """
        try:
            self.unit_of_work.commit(restore(session, record))
        except TransactionConflict as conflict:
            raise conflict.first from conflict

    def _to_be_reviewed(self, session: PaymentSession) -> ReviewReason | None:
        """Why a person must look at money that is kept; None if it is for an enrollment, or a sync says the rest."""
        student, course = session.user_id, session.course_id
        active, latest = self.enrollments.find(student, course), self.enrollments.ended(student, course)
        if active is not None and active.payment_session_id == session.payment_session_id:
            return None
        all_ended = (*self.enrollments.earlier_ended(student, course), *((latest,) if latest else ()))
        own = [one for one in all_ended if one.payment_session_id == session.payment_session_id]
        if not own:
            return ReviewReason.REBUILT
        return ReviewReason.REFUND_FAILED if own[-1].cause is EndCause.REFUNDED else None
