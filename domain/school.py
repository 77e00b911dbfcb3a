"""The school as a whole: whether it sells at all."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen


@frozen(kw_only=True)
class School:
    """What holds for every course. ``reason``, ``by`` and ``at`` are of the last change, empty before the first."""

    sales_closed: bool = False
    reason: str = ""
    by: str = ""
    at: datetime | None = None


OPEN_SCHOOL = School()
"""A school about which nothing was ever decided."""
