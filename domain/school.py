"""The school as a whole: whether it sells at all."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen


@frozen(kw_only=True)
class School:
    """What holds for every course. ``reason``, ``by`` and ``at`` are of the last change, empty before the first.

    ``closed_providers``: no new checkout is opened at these payment providers for the time being.
    """

    sales_closed: bool = False
    closed_providers: frozenset[str] = frozenset()
    reason: str = ""
    by: str = ""
    at: datetime | None = None


OPEN_SCHOOL = School()
"""A school about which nothing was ever decided."""
