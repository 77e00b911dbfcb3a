"""The ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Protocol

from domain.ledger import LedgerEntry
from domain.paging import Page


class LedgerRepo(Protocol):
    """Reads ledger entries. Every method is safe to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def sale(self, provider: str, provider_payment_id: str) -> LedgerEntry | None:
        """The sale of the provider's payment, if it is booked, seeing every write that came before."""
        ...

    def of_payment(self, provider: str, provider_payment_id: str) -> tuple[LedgerEntry, ...]:
        """Every entry about one payment, by entry id, seeing every write that came before."""
        ...

    def booked(self, *, since: date, until: date) -> Iterator[LedgerEntry]:
        """The entries booked from ``since`` to ``until``, both included, in the order of booking, read page by page.

        May lag behind the last write. One that cannot be read is left out and reported to operations.
        """
        ...

    def page(self, *, since: date, until: date, limit: int, cursor: str | None) -> Page[LedgerEntry]:
        """As ``booked``, but up to ``limit`` entries, from ``cursor`` on.

        Raises:
            InvalidValue: the cursor is not one that this method gave for these days.
        """
        ...

    def add(self, entry: LedgerEntry) -> bool:
        """Book an entry that stands alone, such as a fee. False if there is one under its key already."""
        ...
