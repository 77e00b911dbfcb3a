"""A course with a capacity, and what is asked of it in tests."""

from __future__ import annotations

from datetime import timedelta

from domain.audit import Authorship
from domain.courses import Course
from domain.services.announcing import AnnouncingUnitOfWork
from domain.students import Identity
from domain.use_cases.office.manage_seats import SetCapacity
from domain.use_cases.schedule.offer_seats import OfferSeats
from domain.use_cases.student.wait_for_seat import JoinLine, PlaceInLine, ShowPlaceInLine
from tests.support.memory.school import School, somebody

AUTHOR = Authorship(by="admin-1", reason="a small room")
LEA = somebody(1)
MINUTE = timedelta(minutes=1)


def a_school(capacity: int = 1, course_id: str = "free-1") -> School:
    """A course with so many seats; messages are on."""
    school = School()
    school.unit_of_work = AnnouncingUnitOfWork(school.unit_of_work)
    school.use_case(SetCapacity)(course_id, capacity, AUTHOR)
    return school


def course(school: School, course_id: str = "free-1") -> Course:
    """The course as it is stored."""
    return school.store.courses[course_id]


def join(school: School, who: Identity, course_id: str = "free-1") -> PlaceInLine:
    """Somebody joins the line, a second after whoever was before."""
    school.clock.advance(timedelta(seconds=1))
    return school.use_case(JoinLine)(who, course_id)


def sweep(school: School) -> None:
    """The scheduled run."""
    school.use_case(OfferSeats)()


def place(school: School, who: Identity, course_id: str = "free-1") -> PlaceInLine:
    """Where somebody stands."""
    return school.use_case(ShowPlaceInLine)(who.user_id, course_id)


def require_counted(school: School, course_id: str = "free-1") -> None:
    """The counters are what one counts."""
    store = school.store
    enrolled = sum(one.course_id == course_id for one in store.enrollments.values())
    claims = [one for one in store.claims.values() if one.course_id == course_id]
    found = course(school, course_id)
    assert found.seats_taken == enrolled + sum(one.is_held for one in claims)
    assert found.waiting == sum(not one.is_held for one in claims)
