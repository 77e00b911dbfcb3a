"""The office asks for figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from attrs import frozen

from domain.errors import InvalidValue
from domain.figures import (
    ClosedDay,
    Dimension,
    FigureKey,
    FigureRow,
    Funnel,
    Sums,
    fold_entries,
    funnels_by_course,
    grouped,
    total,
)
from domain.payment_sync import SyncPolicy
from domain.ports.clock import Clock
from domain.ports.figures import CheckoutHistory, FiguresRepo
from domain.ports.ledger import LedgerRepo
from domain.services.funnels import funnels_of

MOST_DAYS = 400
"""How many days one report may have."""

FIRST_DAY = date(2000, 1, 1)
"""Nothing was sold before it."""


@frozen(kw_only=True)
class FiguresReport:
    """Figures of some days: ``rows`` by what was asked for, ``totals`` by currency, ``funnels`` by course.

    ``closed_until`` is the last of the days up to which all are closed, None if the first is still open: figures up to
    then do not change any more.
    """

    since: date
    until: date
    rows: tuple[FigureRow, ...]
    totals: Mapping[str, Sums]
    funnels: Mapping[str, Funnel]
    closed_until: date | None


@frozen(kw_only=True)
class ShowFigures:
    """Adds up the figures of closed days, and computes those of the others from the ledger at once."""

    ledger: LedgerRepo
    history: CheckoutHistory
    figures: FiguresRepo
    clock: Clock
    policy: SyncPolicy

    def __call__(self, *, since: date, until: date, by: tuple[Dimension, ...]) -> FiguresReport:
        """The figures from ``since`` to ``until``, both included. Days to come have none.

        Raises:
            InvalidValue: the days are in the wrong order, too many, or too long ago.
            StorageUnavailable: ledger or figures cannot be read.
        """
        if until < since:
            raise InvalidValue("The first day must not come after the last one.")
        if since < FIRST_DAY:
            raise InvalidValue(f"The first day must be {FIRST_DAY} or later.")
        if until - since >= timedelta(days=MOST_DAYS):
            raise InvalidValue(f"A report has at most {MOST_DAYS} days.")
        last = min(until, self.policy.calendar.date_of(self.clock.now()))
        closed = self.figures.closed(since=since, until=last) if since <= last else {}
        days = [since + timedelta(days=n) for n in range((last - since).days + 1)]
        missing = [day for day in days if day not in closed]
        rows = grouped(self._all(closed, missing), by)
        return FiguresReport(
            since=since,
            until=until,
            rows=rows,
            totals=total(rows),
            funnels=funnels_by_course(self._funnels(closed, set(missing))),
            closed_until=_closed_until(days, closed),
        )

    def _all(self, closed: Mapping[date, ClosedDay], missing: list[date]) -> Iterator[tuple[FigureKey, Sums]]:
        for day in closed.values():
            yield from day.figures.items()
        for first, last in _runs(missing):
            yield from fold_entries(self.ledger.booked(since=first, until=last)).items()

    def _funnels(self, closed: Mapping[date, ClosedDay], missing: set[date]) -> Iterator[tuple[str, Funnel]]:
        for day in closed.values():
            yield from day.funnels.items()
        for funnels in funnels_of(self.history, self.policy.calendar, missing).values():
            yield from funnels.items()


def _runs(days: list[date]) -> Iterator[tuple[date, date]]:
    """The days that follow each other, as their first and last."""
    first: date | None = None
    for number, day in enumerate(days):
        first = first or day
        if number + 1 == len(days) or days[number + 1] != day + timedelta(days=1):
            yield first, day
            first = None


def _closed_until(days: list[date], closed: Mapping[date, ClosedDay]) -> date | None:
    last = None
    for day in days:
        if day not in closed:
            break
        last = day
    return last
