"""Moments as text: the form of JavaScript's ``toISOString``, which sorts by time."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """``2025-10-15T12:34:56.789Z``: in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Any ISO 8601 moment, in UTC; one without an offset is meant in UTC.

    Raises:
        ValueError: it is not one.
    """
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
