"""Funnels of days: how many checkouts were opened, and how many of them are paid."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from domain.figures import Funnel, fold_sessions
from domain.ledger import SchoolCalendar
from domain.ports.figures import CheckoutHistory

_ZONES = timedelta(hours=26)
"""By how much a school's day may begin earlier or end later than the same date in UTC."""


def funnels_of(history: CheckoutHistory, calendar: SchoolCalendar, days: set[date]) -> dict[date, dict[str, Funnel]]:
    """The funnels of these days, by day and course. The checkouts from the first to the last of them are read once."""
    if not days:
        return {}
    begin = datetime.combine(min(days), time(), UTC) - _ZONES
    end = datetime.combine(max(days) + timedelta(days=1), time(), UTC) + _ZONES
    found: dict[date, dict[str, Funnel]] = {day: {} for day in days}
    for (day, course_id), funnel in fold_sessions(history.created(since=begin, until=end), calendar).items():
        if day in found:
            found[day][course_id] = funnel
    return found
