"""Conflicts: conditions of a transaction that did not hold, with what was found instead."""

from __future__ import annotations

from domain.enrollments import Enrollment
from domain.errors import Conflict, DomainError
from domain.ledger import LedgerEntry
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession
from domain.transactions.writes import Write


class AlreadyEnrolled(Conflict):
    """The student has an enrollment in this course; ``enrollment`` is it."""

    code = "already_enrolled"
    sentence = "You are already enrolled in this course."

    def __init__(self, enrollment: Enrollment) -> None:
        super().__init__()
        self.enrollment = enrollment


class EnrollmentConflict(Conflict):
    """The enrollment is not as it was read; ``enrollment`` is what was found, None if it is gone."""

    code = "enrollment_moved"
    retryable = True
    sentence = "The enrollment changed meanwhile. Please try again."

    def __init__(self, enrollment: Enrollment | None) -> None:
        super().__init__()
        self.enrollment = enrollment


class SessionConflict(Conflict):
    """The payment session is not in a state the write expected; ``session`` is what was found, None if nothing."""

    code = "payment_session_moved"
    retryable = True
    sentence = "The payment session changed meanwhile."

    def __init__(self, session: PaymentSession | None) -> None:
        super().__init__()
        self.session = session


class ReversalConflict(Conflict):
    """The reversal is not as it was read; ``reversal`` is what was found, None if it does not exist."""

    code = "reversal_changed"
    retryable = True
    sentence = "The refund changed meanwhile. Please try again."

    def __init__(self, reversal: Reversal | None) -> None:
        super().__init__()
        self.reversal = reversal


class EntryExists(Conflict):
    """The ledger has an entry under this key; ``entry`` is it."""

    code = "ledger_entry_exists"
    sentence = "This payment is booked already."

    def __init__(self, entry: LedgerEntry) -> None:
        super().__init__()
        self.entry = entry


class TransactionConflict(Conflict):
    """Nothing was written: ``conflicts`` says, in the order of the writes, which conditions did not hold.

    ``writes`` are the writes that these conflicts are about, in the same order, where they are known.
    """

    code = "transaction_refused"
    retryable = True
    sentence = "The state changed meanwhile. Please try again."

    def __init__(self, conflicts: tuple[DomainError, ...], writes: tuple[Write, ...] = ()) -> None:
        super().__init__()
        self.conflicts = conflicts
        self.writes = writes

    @property
    def first(self) -> DomainError:
        """The conflict of the earliest write whose condition did not hold."""
        return self.conflicts[0]
