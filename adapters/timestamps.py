"""Moments as text: the form of JavaScript's ``toISOString``, which the table and the front ends hold; it sorts by
time.
"""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """``2025-10-15T12:34:56.789Z``: in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """The moment that a person or a program wrote: ISO 8601 with an offset, in UTC.

    Raises:
        ValueError: it is not one.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("A moment has a time zone.")
    return moment.astimezone(UTC)


def from_record(text: str) -> datetime:
    """The moment that a record holds, whoever wrote it: one without an offset is meant in UTC.

    Raises:
        ValueError: it is not one.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
