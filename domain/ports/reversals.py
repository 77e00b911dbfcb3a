"""The refunds, disputes and repayments of payment sessions."""

from __future__ import annotations

from typing import Protocol

from domain.paging import Page
from domain.payments.reversals import Reversal


class ReversalRepo(Protocol):
    """Reads reversals. Every method is safe to repeat. Those about one payment session see every write before them.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def of_session(self, user_id: str, payment_session_id: str) -> tuple[Reversal, ...]:
        """All reversals of a payment session, by their ids.

        Raises:
            RecordUnreadable: one of them cannot be read: what is kept of the payment cannot be known.
        """
        ...

    def find(self, user_id: str, payment_session_id: str, reversal_id: str) -> Reversal | None:
        """One reversal, if any."""
        ...

    def undecided_disputes(self, *, limit: int, cursor: str | None = None) -> Page[Reversal]:
        """Everybody's disputes that are undecided, or won and not paid out: those to be answered soonest first, those
        that wait for no answer last. May lag behind the last write.

        Raises:
            InvalidValue: the cursor is not one that this method gave.
        """
        ...
