"""Conflicts: conditions of a transaction that did not hold, with what was found instead."""

from __future__ import annotations

from domain.enrollments import Enrollment
from domain.errors import DomainError
from domain.payments.session import PaymentSession


class AlreadyEnrolled(DomainError):
    """The student has an enrollment in this course; ``enrollment`` is it."""

    code = "already_enrolled"
    sentence = "You are already enrolled in this course."

    def __init__(self, enrollment: Enrollment) -> None:
        super().__init__()
        self.enrollment = enrollment


class EnrollmentConflict(DomainError):
    """The enrollment is not as it was read; ``enrollment`` is what was found, None if it is gone."""

    code = "enrollment_moved"
    retryable = True
    sentence = "The enrollment changed meanwhile. Please try again."

    def __init__(self, enrollment: Enrollment | None) -> None:
        super().__init__()
        self.enrollment = enrollment


class SessionConflict(DomainError):
    """The payment session is not in a state the write expected; ``session`` is what was found, None if nothing."""

    code = "payment_session_moved"
    retryable = True
    sentence = "The payment session changed meanwhile."

    def __init__(self, session: PaymentSession | None) -> None:
        super().__init__()
        self.session = session


class TransactionConflict(DomainError):
    """Nothing was written: ``conflicts`` says, in the order of the writes, which conditions did not hold."""

    code = "transaction_refused"
    retryable = True
    sentence = "The state changed meanwhile. Please try again."

    def __init__(self, conflicts: tuple[DomainError, ...]) -> None:
        super().__init__()
        self.conflicts = conflicts

    @property
    def first(self) -> DomainError:
        """The refusal of the earliest write that did not hold."""
        return self.conflicts[0]
