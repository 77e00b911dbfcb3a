"""Moments as text: the form that JavaScript's ``toISOString`` writes, which the table and the front ends hold."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    """The moment in UTC with milliseconds: 2026-01-15T12:00:00.000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
