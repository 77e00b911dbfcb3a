"""Figures, for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.errors import InvalidRequest
from adapters.http.figures_serializers import figures_body
from adapters.http.routing import Access, Call, Reply, Router
from domain.errors import InvalidValue
from domain.figures import Dimension
from domain.use_cases.office.show_figures import ShowFigures

if TYPE_CHECKING:
    from adapters.http.response_bodies import Figures


@frozen(kw_only=True)
class AdminFiguresViews:
    """GET /api/admin/figures, and /api/admin/analytics, which is the same."""

    show_figures: ShowFigures

    def add_to(self, router: Router) -> None:
        """Put the view on its paths."""
        paths = ("/api/admin/figures", "/api/admin/analytics")
        router.add("GET", *paths, view=self.figures, access=Access.ADMINS)

    def figures(self, call: Call) -> Reply[Figures]:
        """The figures of the days from ``from`` to ``to``, grouped by ``by``."""
        since, until = days(call.query)
        try:
            report = self.show_figures(since=since, until=until, by=_dimensions(call.query.get("by", Dimension.MONTH)))
        except InvalidValue as error:
            raise InvalidRequest(str(error)) from None
        return Reply(body=figures_body(report))


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
