"""Moments as text: the form that JavaScript's ``toISOString`` writes, which the table and the front ends hold."""

from __future__ import annotations

from datetime import UTC, datetime


def from_text(text: str) -> datetime:
    """The moment in an ISO 8601 text with a time zone.

    Raises:
        ValueError: it is not one.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("A moment has a time zone.")
    return moment.astimezone(UTC)


def to_text(moment: datetime) -> str:
    """The moment in UTC with milliseconds: 2026-01-15T12:00:00.000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
