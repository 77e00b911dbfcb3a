"""Seats of courses with a capacity: who waits for one, and for whom one is held."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import evolve, field, frozen

from domain.identifiers import an_id

OFFERED_FOR = timedelta(hours=48)
"""How long a seat is held for whoever is first in line."""

HELD_WHILE_ENROLLING = timedelta(minutes=15)
"""How long a seat is held for whoever begins to enroll. As long as their checkout is open, it stays theirs."""

MOST_WAITING = 1000
"""How many may wait for one course."""


class ClaimState(StrEnum):
    """What a student has of a course that is full, or nearly so."""

    WAITING = "waiting"
    HELD = "held"


@frozen(kw_only=True)
class SeatClaim:
    """One student's place in line for a course, or the seat that is held for them.

    The line is in the order of ``joined_at``. ``held_until`` is set while a seat is held. ``offered``: they waited for
    it. A claim ends when its student is enrolled, leaves, or lets the seat lapse; an enrolled student has none.
    """

    course_id: str = field(validator=an_id)
    user_id: str = field(validator=an_id)
    state: ClaimState
    joined_at: datetime
    held_until: datetime | None = None
    offered: bool = False

    @classmethod
    def in_line(cls, course_id: str, user_id: str, at: datetime) -> SeatClaim:
        """At the end of the line."""
        return cls(course_id=course_id, user_id=user_id, state=ClaimState.WAITING, joined_at=at)

    @classmethod
    def while_enrolling(cls, course_id: str, user_id: str, at: datetime) -> SeatClaim:
        """A seat for somebody who begins to enroll while seats are free."""
        until = at + HELD_WHILE_ENROLLING
        return cls(course_id=course_id, user_id=user_id, state=ClaimState.HELD, joined_at=at, held_until=until)

    @property
    def is_held(self) -> bool:
        """Whether a seat is held."""
        return self.state is ClaimState.HELD

    def served(self, at: datetime) -> SeatClaim:
        """With the seat that was waited for."""
        return evolve(self, state=ClaimState.HELD, held_until=at + OFFERED_FOR, offered=True)
