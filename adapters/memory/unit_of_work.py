"""Transactions in memory: every condition is checked before anything is written, under the store's lock."""

from __future__ import annotations

from attrs import frozen

import adapters.memory.invitations
import adapters.memory.outbox
import adapters.memory.seats
import adapters.memory.writes_coupons
import adapters.memory.writes_courses
import adapters.memory.writes_enrollments
import adapters.memory.writes_ledger
import adapters.memory.writes_payment_sessions
import adapters.memory.writes_rate_limits  # noqa: F401 - each of them registers its writes
from adapters.memory.plan import plan
from adapters.memory.store import Store
from domain.errors import DomainError
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import Write


@frozen
class MemoryUnitOfWork(UnitOfWork):
    """Commits writes to the store."""

    store: Store

    def commit(self, writes: tuple[Write, ...]) -> None:
        """All the writes or none."""
        with self.store.lock:
            plans = [plan(write, self.store) for write in writes]
            failed = [
                (found, write) for found, write in zip(plans, writes, strict=True) if isinstance(found, DomainError)
            ]
            if failed:
                raise TransactionConflict(tuple(found for found, _ in failed), tuple(write for _, write in failed))
            for change in plans:
                if not isinstance(change, DomainError):
                    change()
