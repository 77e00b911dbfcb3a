"""Figures, for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.errors import InvalidRequest
from adapters.http.figures_serializers import figures_body
from adapters.http.routing import Access, Call, Reply, Router
from adapters.ledger_csv import lines
from domain.errors import InvalidValue
from domain.figures import Dimension
from domain.paging import Page
from domain.ports.clock import Clock
from domain.use_cases.office.export_ledger import ExportLedger
from domain.use_cases.office.show_figures import FIRST_DAY, ShowFigures

if TYPE_CHECKING:
    from adapters.http.response_bodies import Figures
    from domain.ledger import LedgerEntry

_ZONES = timedelta(days=1)
"""By how much the school's day may be ahead of UTC's."""


@frozen(kw_only=True)
class AdminFiguresViews:
    """GET /api/admin/figures, /api/admin/analytics, which is the same, and the ledger as a file."""

    show_figures: ShowFigures
    export_ledger: ExportLedger
    clock: Clock

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        paths = ("/api/admin/figures", "/api/admin/analytics")
        router.add("GET", *paths, view=self.figures, access=Access.OFFICE)
        router.add("GET", "/api/admin/figures/ledger.csv", view=self.ledger_csv, access=Access.OFFICE)

    def figures(self, call: Call) -> Reply[Figures]:
        """The figures of the days from ``from`` to ``to``, grouped by ``by``."""
        since, until = days(call.query)
        try:
            report = self.show_figures(since=since, until=until, by=_dimensions(call.query.get("by", Dimension.MONTH)))
        except InvalidValue as error:
            raise InvalidRequest(str(error)) from None
        return Reply(body=figures_body(report))

    def ledger_csv(self, call: Call) -> Reply[str]:
        """The ledger's entries of these days as comma-separated values, 5,000 at once."""
        since, until = days(call.query)
        cursor = call.query.get("cursor")
        page = self._entries(since, until, cursor)
        headers = {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="ledger-{since}-{until}.csv"',
            **({"X-Next-Cursor": page.cursor} if page.cursor else {}),
        }
        return Reply(body="".join(lines(page.entries, header=cursor is None)), headers=headers)

    def _entries(self, since: date, until: date, cursor: str | None) -> Page[LedgerEntry]:
        """A page of what was booked. Nothing was before the first day, nor is on days to come: neither is asked for."""
        first, last = max(since, FIRST_DAY), min(until, self.clock.now().date() + _ZONES)
        if last < first and since <= until:
            return Page((), None)
        try:
            return self.export_ledger(since=first, until=last, cursor=cursor)
        except InvalidValue as error:
            raise InvalidRequest(str(error)) from None


def days(query: Mapping[str, str]) -> tuple[date, date]:
    """The first and last day that were asked for, of the parameters ``from`` and ``to``.

    Raises:
        InvalidRequest: one is missing or no date.
    """
    return _day(query, "from"), _day(query, "to")


def _day(query: Mapping[str, str], name: str) -> date:
    text = query.get(name, "")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(f"{name} must be a date such as 2026-01-31.") from None
    if day.isoformat() != text:
        raise InvalidRequest(f"{name} must be a date such as 2026-01-31.")
    return day


def _dimensions(text: str) -> tuple[Dimension, ...]:
    names = text.split(",")
    if len(set(names)) != len(names) or not set(names) <= set(Dimension):
        raise InvalidRequest(f"by must be one or several, with commas, of: {', '.join(Dimension)}.")
    return tuple(Dimension(name) for name in names if name != Dimension.CURRENCY)
