"""A bookkeeper takes the ledger of some days along."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from domain.errors import InvalidValue
from domain.ledger import LedgerEntry
from domain.paging import Page
from domain.ports.ledger import LedgerRepo

LARGEST_PAGE = 5000
"""How many entries are read at once, at most: a response must stay below a few megabytes."""


@frozen(kw_only=True)
class ExportLedger:
    """Reads the ledger page by page, in the order of booking."""

    ledger: LedgerRepo

    def __call__(
        self, *, since: date, until: date, limit: int = LARGEST_PAGE, cursor: str | None = None
    ) -> Page[LedgerEntry]:
        """Up to ``limit`` entries booked from ``since`` to ``until``, both included, from ``cursor`` on.

        Raises:
            InvalidValue: the days are in the wrong order, or the cursor is not one of theirs.
            StorageUnavailable: the ledger cannot be read.
        """
        if until < since:
            raise InvalidValue("The first day must not come after the last one.")
        return self.ledger.page(since=since, until=until, limit=min(limit, LARGEST_PAGE), cursor=cursor)
