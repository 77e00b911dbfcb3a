"""Who waits for a seat, and for whom one is held."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.paging import Page
from domain.seats import SeatClaim


class SeatClaimRepo(Protocol):
    """Reads claims. They are written by the writes about seats, each with the counter that it moves.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def find(self, course_id: str, user_id: str) -> SeatClaim | None:
        """The student's claim in this course; sees all writes."""
        ...

    def position(self, claim: SeatClaim) -> int:
        """Which in line a waiting claim is, from 1. May lag behind writes."""
        ...

    def in_line(self, course_id: str, *, at_most: int) -> tuple[SeatClaim, ...]:
        """Those who wait for a seat of the course, the first in line first. May lag behind writes."""
        ...

    def held(self, course_id: str) -> tuple[SeatClaim, ...]:
        """The seats of the course that are held now, the first to lapse first. May lag behind writes."""
        ...

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> Page[SeatClaim]:
        """Up to ``limit`` claims of the course, from ``cursor`` on: the seats that are held, the first to lapse first;
        then those who wait, the first in line first. May lag behind writes.

        Whoever is offered a seat while the pages are read may be on none of them or on two.

        Raises:
            InvalidValue: the cursor is not one that this method gave.
        """
        ...

    def lapsed(self, *, before: datetime, at_most: int) -> tuple[SeatClaim, ...]:
        """The seats of all courses that were held until before then, the earliest first. May lag behind writes."""
        ...

    def courses_waited_for(self, *, at_most: int) -> tuple[str, ...]:
        """The ids of courses that somebody waits for. May lag behind writes."""
        ...
