"""Refunds, disputes and repayments, in a dictionary."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from domain.payments.reversals import Reversal
from domain.ports.reversals import ReversalRepo


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
