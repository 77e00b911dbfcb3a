"""Everything that is stored about one student."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from domain.audit import AuditRecord
from domain.coupons import UsedCoupon
from domain.enrollments import EndedEnrollment, Enrollment
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession
from domain.students import Student

MOST_ENTRIES = 1_000
"""Stored objects that one answer holds at the most."""


@frozen(kw_only=True)
class StudentHistory:
    """What is stored about one student, each list with the newest first.

    ``student`` is None for somebody who was deleted, and whose payments remain. ``complete`` is False where there is
    more than ``MOST_ENTRIES``; then the oldest audit records are left out first.
    """

    student: Student | None
    enrollments: tuple[Enrollment, ...] = ()
    ended: tuple[EndedEnrollment, ...] = ()
    sessions: tuple[PaymentSession, ...] = ()
    reversals: tuple[Reversal, ...] = ()
    coupons: tuple[UsedCoupon, ...] = ()
    audit: tuple[AuditRecord, ...] = ()
    complete: bool = True

    def reversals_of(self, payment_session_id: str) -> tuple[Reversal, ...]:
        """The refunds, disputes and repayments of one payment."""
        return tuple(one for one in self.reversals if one.payment_session_id == payment_session_id)


class StudentHistoryRepo(Protocol):
    """Reads whole histories."""

    def of_student(self, user_id: str) -> StudentHistory | None:
        """Everything about the student, seeing every write that came before; None if there is nothing.

        What cannot be read is left out and reported to operations. Safe to repeat.

        Raises:
            StorageUnavailable: the database does not answer.
        """
        ...
