"""Lists of payment sessions for the office, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from attrs import define, field

from adapters.dynamodb import keys
from adapters.dynamodb.codec import Item
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.ports.payment_sessions import PaymentQuery

MOST_EXAMINED = 1_000
"""Settled sessions that one request reads at the most to find those that match."""


@define
class SessionItems:
    """The items of sessions that one page may show, newest first, and how far back all of them are known.

    ``end`` is the sort key (when a session was created, and its id) that the page before ended at. After ``read``
    whatever is not older than ``known_to`` has been read; it is empty where that is everything.
    """

    table: Table
    query: PaymentQuery
    end: str
    known_to: str = field(default="", init=False)

    def read(self, limit: int) -> Iterator[Item]:
        """What may match: of the given students, or all that is unfinished and, newest first, what is settled."""
        if self.query.user_ids is not None:
            for user_id in sorted(self.query.user_ids):
                yield from self.table.query(keys.students_partition(user_id), keys.PAYMENTS)
            return
        for partition, after in keys.unfinished():
            yield from self.table.index_all(keys.index_entry(partition, after))
        yield from self._settled(limit)

    def _settled(self, limit: int) -> Iterator[Item]:
        most = limit + 1 if self.query.matches_all else MOST_EXAMINED
        examined, first = 0, iso(self.query.since)
        last = min(self.end, f"{iso(self.query.until)}~")
        months = list(keys.months(self.query.since.astimezone(UTC).date(), self.query.until.astimezone(UTC).date()))
        for month in reversed(months):
            if month > last:
                continue
            found = self.table.slice(f"SESSIONS#{month}", first, last, examine=most - examined, index=True)
            examined += len(found.items)
            yield from found.items
            if found.last_examined is not None or examined >= most:
                self.known_to = found.last_examined or f"{month}-01T00:00:00.000Z#0"
                return


def sort_key(item: Item) -> str:
    """Where a list that is sorted by creation has this session."""
    return f"{item['createdAt']}#{item['paymentSessionId']}"
