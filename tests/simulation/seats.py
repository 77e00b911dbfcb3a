"""Courses with a capacity: who waits, leaves and is served."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from attrs import evolve

from domain.audit import Authorship
from domain.errors import ChangedMeanwhile
from tests.simulation.school import School

AUTHOR = Authorship(by="ann", reason="a small room")
SCHEDULED = timedelta(seconds=240)


class Seats:
    """Gives the courses few seats, and does what students, the office and the clock do about them."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.world = school.world
        for course_id, course in school.store.courses.items():
            if self.world.chance(0.8):
                school.store.courses[course_id] = evolve(course, capacity=1 + int(self.world.random() * 2))

    def join(self) -> None:
        """Somebody joins a line."""
        who, course_id = self.world.pick(self.school.people), self.world.pick(self.school.courses)
        self._begin("join the line", partial(self.school.use_cases.join_line, who, course_id))

    def leave(self) -> None:
        """Somebody leaves a line, or gives a seat back."""
        who, course_id = self.world.pick(self.school.people), self.world.pick(self.school.courses)
        self._begin("leave the line", partial(self.school.use_cases.leave_line, who.user_id, course_id))

    def offer(self) -> None:
        """The clock's run."""
        self.world.begin(self.school.task("offer seats", self.school.use_cases.offer_seats, SCHEDULED))

    def change_capacity(self) -> None:
        """The office changes the number of seats."""
        course_id = self.world.pick(self.school.courses)
        course = self.school.store.courses.get(course_id)
        if course is not None and course.capacity is not None:
            seats = 1 + int(self.world.random() * 3)
            self._begin("change capacity", partial(self.school.use_cases.set_capacity, course_id, seats, AUTHOR))

    def recount(self) -> None:
        """The office counts; it may find that others were faster, and nothing else."""
        course_id = self.world.pick(self.school.courses)

        def count() -> None:
            try:
                self.school.use_cases.recount_seats(course_id, AUTHOR)
            except ChangedMeanwhile:
                return

        self._begin("recount seats", count)

    def _begin(self, name: str, action: object) -> None:
        self.world.begin(self.school.task(name, action))  # type: ignore[arg-type]
