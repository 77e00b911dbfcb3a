"""Restoring: a payment session that is lost, while its sale is still booked, is stored again."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.audit import AuditRecord
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

        Where no enrollment came of the payment and money of it is kept, what was decided about it is lost with it: it
        is in review again.
        """
        reversals = self.reversals.of_session(session.user_id, session.payment_session_id)
        booked = evolve(
            session,
            received=sale.amount,
            received_currency=sale.currency,
            reversed_sums=ReversedSums.of(reversals),
        )
        if booked.kept <= 0:
            return evolve(booked, status=Status.REVERSED)
        if self._has_enrolled(booked):
            return booked
        return evolve(booked, status=Status.REVIEW, review_reason=ReviewReason.REBUILT, completed_at=None)

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

    def _has_enrolled(self, session: PaymentSession) -> bool:
        student, course = session.user_id, session.course_id
        latest = self.enrollments.ended(student, course)
        found = (
            self.enrollments.find(student, course),
            *((latest,) if latest else ()),
            *self.enrollments.earlier_ended(student, course),
        )
        return any(one is not None and one.payment_session_id == session.payment_session_id for one in found)
