"""The keys of figures, as ``keys`` has those of everything else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from adapters.dynamodb import keys
from adapters.dynamodb.keys import Key
from domain.figures import FigureKey

MONEY, FUNNEL, CLOSED = "MONEY", "FUNNEL", "CLOSED"


def figures(key: FigureKey) -> Key:
    """The sums of one course, provider and currency on one day; those of a coupon are an item of their own."""
    parts = [keys.checked(key.course_id), keys.checked(key.provider), keys.checked(key.currency)]
    parts += [keys.checked(key.coupon_code)] if key.coupon_code is not None else []
    return Key(month_of(key.day), "#".join([key.day.isoformat(), MONEY, *parts]))


def funnel(day: date, course_id: str) -> Key:
    """The checkouts of a course that were opened on one day."""
    return Key(month_of(day), f"{day.isoformat()}#{FUNNEL}#{keys.checked(course_id)}")


def closed_day(day: date) -> Key:
    """The mark that a day is closed: all of its figures are stored."""
    return Key(month_of(day), f"{day.isoformat()}#{CLOSED}")


def month_of(day: date) -> str:
    """The figures of a month live here."""
    return f"FIGURES#{day.isoformat()[:7]}"


def months(since: date, until: date) -> Iterator[str]:
    """The partitions that hold the figures of these days."""
    for month in keys.months(since, until):
        yield f"FIGURES#{month}"


def parts_of(sk: str) -> tuple[date, str, list[str]]:
    """The day, the kind of item and what else its key names."""
    day, kind, *rest = sk.split("#")
    return date.fromisoformat(day), kind, rest
