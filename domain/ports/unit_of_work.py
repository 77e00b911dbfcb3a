"""Transactions: the writes of a use case happen together or not at all."""

from __future__ import annotations

from typing import Protocol

from domain.transactions.writes import Write


class UnitOfWork(Protocol):
    """Commits the writes of a use case in one transaction."""

    def commit(self, writes: tuple[Write, ...]) -> None:
        """Make all the writes, each under its condition.

        Repeating a commit whose outcome is unknown is safe: what is already written shows in the conflicts.

        Raises:
            TransactionConflict: some condition did not hold and nothing was written; its conflicts say which, in order.
            StorageUnavailable: the database does not answer, or is too busy; the outcome may be unknown.
        """
        ...
