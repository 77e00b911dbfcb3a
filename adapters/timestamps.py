"""Timestamps as text, in the form of JavaScript's ``toISOString``, which sorts by time.

The table and the API use this form.
"""

from __future__ import annotations

from datetime import UTC, datetime


def iso(timestamp: datetime) -> str:
    """``2025-10-15T12:34:56.789Z``: in UTC, to the millisecond."""
    return timestamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Parses an ISO 8601 timestamp, which must have an offset, into UTC.

    Raises:
        ValueError: the text is not such a timestamp.
    """
    timestamp = datetime.fromisoformat(text)
    if timestamp.tzinfo is None:
        raise ValueError("A timestamp needs a UTC offset.")
    return timestamp.astimezone(UTC)


def from_record(text: str) -> datetime:
    """Parses a stored ISO 8601 timestamp into UTC; one without an offset, as other writers store it, is UTC.

    Raises:
        ValueError: the text is not such a timestamp.
    """
    timestamp = datetime.fromisoformat(text)
    return timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp.astimezone(UTC)
