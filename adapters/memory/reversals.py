"""Refunds, disputes and repayments, in a dictionary."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import frozen

from adapters.memory.pages import page_of
from adapters.memory.store import Store
from domain.paging import Page
from domain.payments.reversals import Reversal
from domain.ports.reversals import ReversalRepo

_NEVER = datetime.max.replace(tzinfo=UTC)


@frozen
class MemoryReversalRepo(ReversalRepo):
    """Reads reversals from the store."""

    store: Store

    def of_session(self, user_id: str, payment_session_id: str) -> tuple[Reversal, ...]:
        """All reversals of a payment session, by their ids."""
        with self.store.lock:
            own = [one for key, one in self.store.reversals.items() if key[:2] == (user_id, payment_session_id)]
        return tuple(sorted(own, key=lambda one: one.reversal_id))

    def find(self, user_id: str, payment_session_id: str, reversal_id: str) -> Reversal | None:
        """One reversal, if any."""
        return self.store.reversals.get((user_id, payment_session_id, reversal_id))

    def undecided_disputes(self, *, limit: int, cursor: str | None = None) -> Page[Reversal]:
        """Disputes that are undecided, those to be answered soonest first."""
        with self.store.lock:
            found = [one for one in self.store.reversals.values() if one.is_undecided_dispute]
        found.sort(key=lambda one: (one.respond_by or _NEVER, one.reversal_id))
        return page_of(found, lambda one: one.reversal_id, limit, cursor)
