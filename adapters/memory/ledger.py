"""The ledger, in a dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from attrs import frozen

from adapters.memory.store import Store
from domain.errors import InvalidValue
from domain.ledger import LedgerEntry
from domain.paging import Page
from domain.ports.ledger import LedgerRepo
from domain.transactions.bookkeeping import SALE


@frozen
class MemoryLedgerRepo(LedgerRepo):
    """Reads ledger entries from the store."""

    store: Store

    def sale(self, provider: str, provider_payment_id: str) -> LedgerEntry | None:
        """The sale of the provider's payment, if it is booked."""
        return self.store.ledger.get((provider, provider_payment_id, SALE))

    def of_payment(self, provider: str, provider_payment_id: str) -> tuple[LedgerEntry, ...]:
        """Every entry about one payment, by entry id."""
        with self.store.lock:
            found = [one for key, one in self.store.ledger.items() if key[:2] == (provider, provider_payment_id)]
        return tuple(sorted(found, key=lambda entry: entry.entry_id))

    def booked(self, *, since: date, until: date) -> Iterator[LedgerEntry]:
        """The entries booked in these days, in the order of booking."""
        with self.store.lock:
            found = [entry for entry in self.store.ledger.values() if since <= entry.booked_on <= until]
        keyed = sorted(found, key=lambda one: (one.booked_on, one.recorded_at, one.provider_payment_id, one.entry_id))
        return iter(keyed)

    def page(self, *, since: date, until: date, limit: int, cursor: str | None) -> Page[LedgerEntry]:
        """Up to ``limit`` entries; the cursor says how many were given before."""
        entries = list(self.booked(since=since, until=until))
        begin = 0 if cursor is None else _number_in(cursor)
        end = begin + limit
        return Page(tuple(entries[begin:end]), f"after:{end}" if len(entries) > end else None)

    def add(self, entry: LedgerEntry) -> bool:
        """Book an entry that stands alone. False if there is one under its key already."""
        key = (entry.provider, entry.provider_payment_id, entry.entry_id)
        with self.store.lock:
            return self.store.ledger.setdefault(key, entry) is entry


def _number_in(cursor: str) -> int:
    number = cursor.removeprefix("after:")
    if not cursor.startswith("after:") or not (number.isascii() and number.isdigit()):
        raise InvalidValue("The cursor is not valid.")
    return int(number)
