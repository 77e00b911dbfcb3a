"""Seats of courses with a capacity, in memory and in DynamoDB: claims, and the counters that move with them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from attrs import evolve

from adapters.dynamodb.cursors import cursor_after
from domain.courses import Course
from domain.errors import (
    CapacityTooLow,
    ChangedMeanwhile,
    CheckoutInProgress,
    CourseFull,
    CourseNotFound,
    DomainError,
    InvalidValue,
    SeatLapsed,
    SeatsFree,
    Unavailable,
)
from domain.paging import Page, every_page
from domain.seats import SeatClaim
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.payments import reserve
from domain.transactions.writes import (
    ChangeCapacity,
    CorrectSeats,
    DropClaim,
    FreeSeat,
    HoldSeat,
    JoinWaitlist,
    OccupyHeldSeat,
    RequireSeatHeld,
    TakeSeat,
    Write,
)
from tests.support.aws.backends import Backend
from tests.support.factories import NOW, a_course, a_session

COURSE = "course-1"
SECOND = timedelta(seconds=1)


def enrolling(user_id: str = "user-1") -> SeatClaim:
    """Somebody begins to enroll."""
    return SeatClaim.while_enrolling(COURSE, user_id, NOW)


def waiting(number: int = 1) -> SeatClaim:
    """Somebody in line, by when they joined."""
    return SeatClaim.in_line(COURSE, f"waiter-{number}", NOW + number * SECOND)


def with_capacity(storage: Backend, capacity: int, taken: int = 0) -> Course:
    """A course with so many seats, some of them taken."""
    storage.keep_course(a_course())
    before = storage.courses.get(COURSE)
    storage.commit(ChangeCapacity(before, evolve(before, capacity=capacity, seats_taken=taken)))
    return storage.courses.get(COURSE)


def counters(storage: Backend) -> tuple[int, int]:
    """Seats taken, and people in line."""
    course = storage.courses.get(COURSE)
    return course.seats_taken, course.waiting


def refusal(storage: Backend, *writes: Write) -> type[DomainError]:
    """The first reason why these writes are refused."""
    return type(storage.conflicts(*writes)[0])


def test_a_capacity_is_stored_and_changed_as_read(storage: Backend) -> None:
    """Never below what is taken; without one there is none."""
    course = with_capacity(storage, 3, taken=2)
    assert (course.capacity, course.seats_taken, course.waiting) == (3, 2, 0)
    too_low = storage.conflicts(ChangeCapacity(course, evolve(course, capacity=1)))[0]
    assert isinstance(too_low, CapacityTooLow)
    assert too_low.least == 2
    storage.commit(ChangeCapacity(course, evolve(course, capacity=2)))
    assert refusal(storage, ChangeCapacity(course, evolve(course, capacity=5))) is ChangedMeanwhile
    full = storage.courses.get(COURSE)
    storage.commit(ChangeCapacity(full, evolve(full, capacity=None)))
    assert storage.courses.get(COURSE).capacity is None
    unknown = a_course(course_id="none")
    assert refusal(storage, ChangeCapacity(unknown, evolve(unknown, capacity=5))) is CourseNotFound


def test_a_first_capacity_is_not_below_what_was_counted(storage: Backend) -> None:
    """And is stored only if nobody counted meanwhile."""
    storage.keep_course(a_course())
    before = storage.courses.get(COURSE)
    counted = evolve(before, capacity=2, seats_taken=3)
    assert refusal(storage, ChangeCapacity(before, counted)) is CapacityTooLow
    storage.commit(TakeSeat("user-9", COURSE, over_capacity=True))
    assert refusal(storage, ChangeCapacity(before, evolve(counted, capacity=4))) is ChangedMeanwhile


def test_a_seat_is_held_while_there_is_one(storage: Backend) -> None:
    """Counted with its claim; a student has one claim, and a course without a capacity none."""
    with_capacity(storage, 1)
    storage.commit(HoldSeat(enrolling()))
    assert storage.claims.find(COURSE, "user-1") == enrolling()
    assert counters(storage) == (1, 0)
    assert refusal(storage, HoldSeat(enrolling())) is ChangedMeanwhile
    assert refusal(storage, HoldSeat(enrolling("user-2"))) is CourseFull
    storage.keep_course(a_course(course_id="other"))
    other = evolve(enrolling(), course_id="other")
    assert refusal(storage, HoldSeat(other)) is CourseFull
    assert storage.claims.held(COURSE) == (enrolling(),)


def test_nobody_passes_the_line(storage: Backend) -> None:
    """A free seat is for the first in line; an administrator may decide otherwise."""
    with_capacity(storage, 1, taken=1)
    storage.commit(JoinWaitlist(waiting()))
    storage.commit(FreeSeat(COURSE))
    assert refusal(storage, HoldSeat(enrolling())) is CourseFull
    storage.commit(HoldSeat(enrolling(), ahead=True))
    assert refusal(storage, HoldSeat(waiting().served(NOW), waiting())) is CourseFull
    assert counters(storage) == (1, 1)


def test_the_line_is_in_order_and_served(storage: Backend) -> None:
    """By when they joined; who is served leaves the line and has a seat held."""
    with_capacity(storage, 1, taken=1)
    for number in (2, 1, 3):
        storage.commit(JoinWaitlist(waiting(number)))
    assert refusal(storage, JoinWaitlist(waiting())) is ChangedMeanwhile
    assert storage.claims.in_line(COURSE, at_most=10) == (waiting(1), waiting(2), waiting(3))
    assert storage.claims.in_line(COURSE, at_most=2) == (waiting(1), waiting(2))
    assert [storage.claims.position(waiting(number)) for number in (1, 2, 3)] == [1, 2, 3]
    assert storage.claims.courses_waited_for(at_most=10) == (COURSE,)

    storage.commit(FreeSeat(COURSE))
    served = waiting(1).served(NOW)
    storage.commit(HoldSeat(served, waiting(1)))

    assert refusal(storage, HoldSeat(served, waiting(1))) is ChangedMeanwhile
    assert counters(storage) == (1, 2)
    assert storage.claims.find(COURSE, "waiter-1") == served
    assert storage.claims.position(waiting(2)) == 1
    assert storage.claims.held(COURSE) == (served,)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 6, 7, 100])
def test_claims_come_page_by_page(storage: Backend, limit: int) -> None:
    """Held seats by when they lapse, then the line in order: each once, and nobody of another course."""
    expected: list[SeatClaim] = []
    for course_id in ("course-10", COURSE):
        storage.keep_course(a_course(course_id=course_id))
        before = storage.courses.get(course_id)
        storage.commit(ChangeCapacity(before, evolve(before, capacity=3)))
        held = [
            evolve(enrolling(f"user-{n}"), course_id=course_id, held_until=NOW + minutes * timedelta(minutes=1))
            for n, minutes in ((3, 2), (1, 1), (2, 2))
        ]
        for claim in held:
            storage.commit(HoldSeat(claim))
        line = [evolve(SeatClaim.in_line(COURSE, f"waiter-{n}", NOW), course_id=course_id) for n in (3, 1, 2)]
        for claim in line:
            storage.commit(JoinWaitlist(claim))
        expected = [held[1], held[2], held[0], line[1], line[2], line[0]]
    pages = every_page(lambda at: storage.claims.of_course(COURSE, limit=limit, cursor=at))
    found = [page.entries for page in pages]
    assert [len(page) for page in found] == [min(limit, 6 - start) for start in range(0, 6, limit)]
    assert [claim for page in found for claim in page] == expected
    assert storage.claims.of_course("no#id", limit=limit, cursor=None) == Page((), None)


def test_a_page_of_claims_does_not_need_the_one_before_it_to_be_there(storage: Backend) -> None:
    """Where the claim that a page ended with is gone, the next page begins behind where it was."""
    with_capacity(storage, 1)
    storage.commit(HoldSeat(enrolling()))
    for number in (1, 2, 3):
        storage.commit(JoinWaitlist(waiting(number)))
    first = storage.claims.of_course(COURSE, limit=1, cursor=None)
    second = storage.claims.of_course(COURSE, limit=1, cursor=first.cursor)
    storage.commit(DropClaim(enrolling()))
    storage.commit(DropClaim(waiting(1)))
    assert storage.claims.of_course(COURSE, limit=1, cursor=first.cursor).entries == (waiting(2),)
    assert storage.claims.of_course(COURSE, limit=5, cursor=second.cursor) == Page((waiting(2), waiting(3)), None)


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "%", "Yx", "dXNlciMx", "a b", "é", "#", "held#", "waiting#a#b"),
        cursor_after("2026-01-15T12:00:00.250Z#user-1"),
        cursor_after("held#2026-01-15T12:00:00.250Z#user#1"),
        cursor_after("lost#2026-01-15T12:00:00.250Z#user-1"),
        cursor_after("held#2026-01-15T12:00:00.250Z#user-1") + "=",
        "held#2026-01-15T12:00:00.250Z#user-1",
    ],
)
def test_a_cursor_of_somebody_elses_making_leads_to_no_claims(storage: Backend, cursor: str) -> None:
    """A cursor that no page gave is an invalid value, whatever the course."""
    for course_id in (COURSE, "course-1#"):
        with pytest.raises(InvalidValue):
            storage.claims.of_course(course_id, limit=10, cursor=cursor)


def test_there_must_be_something_to_wait_for(storage: Backend) -> None:
    """Seats are free, or there is no capacity at all."""
    with_capacity(storage, 1)
    assert refusal(storage, JoinWaitlist(waiting())) is SeatsFree
    storage.keep_course(a_course(course_id="other"))
    assert refusal(storage, JoinWaitlist(evolve(waiting(), course_id="other"))) is SeatsFree


def test_a_place_in_line_and_a_seat_are_given_back(storage: Backend) -> None:
    """As they were read; each moves its own counter, and never below zero."""
    with_capacity(storage, 1)
    storage.commit(HoldSeat(enrolling()))
    storage.commit(JoinWaitlist(waiting()))
    other = evolve(enrolling(), held_until=NOW + timedelta(hours=1))
    assert refusal(storage, DropClaim(other)) is ChangedMeanwhile
    storage.commit(DropClaim(waiting()))
    assert refusal(storage, DropClaim(waiting())) is ChangedMeanwhile
    assert counters(storage) == (1, 0)
    storage.commit(DropClaim(enrolling()))
    assert counters(storage) == (0, 0)
    assert storage.claims.find(COURSE, "user-1") is None
    assert refusal(storage, FreeSeat(COURSE)) is ChangedMeanwhile
    assert refusal(storage, FreeSeat("none")) is ChangedMeanwhile


def test_a_seat_that_is_being_paid_for_is_not_given_back(storage: Backend) -> None:
    """As long as there is a checkout lock."""
    with_capacity(storage, 1)
    claim = evolve(enrolling(a_session().user_id))
    storage.commit(HoldSeat(claim))
    storage.commit(*reserve(a_session(), None), RequireSeatHeld(claim.user_id, COURSE))
    assert refusal(storage, DropClaim(claim)) is CheckoutInProgress
    assert counters(storage) == (1, 0)


def test_a_held_seat_is_required_and_occupied(storage: Backend) -> None:
    """The claim ends, the seat stays taken; waiting is not enough."""
    with_capacity(storage, 1)
    storage.commit(HoldSeat(enrolling()))
    storage.commit(JoinWaitlist(waiting()))
    storage.commit(OccupyHeldSeat("user-1", COURSE))
    assert counters(storage) == (1, 1)
    for user_id in ("user-1", "waiter-1", "nobody"):
        assert refusal(storage, OccupyHeldSeat(user_id, COURSE)) is SeatLapsed
        assert refusal(storage, RequireSeatHeld(user_id, COURSE), FreeSeat(COURSE)) is SeatLapsed


def test_a_seat_is_taken_or_one_more_than_there_are(storage: Backend) -> None:
    """Only where it was asked for; a course that is gone has none."""
    with_capacity(storage, 1)
    storage.commit(TakeSeat("user-9", COURSE))
    assert refusal(storage, TakeSeat("user-9", COURSE)) is CourseFull
    storage.commit(TakeSeat("user-9", COURSE, over_capacity=True))
    assert counters(storage) == (2, 0)
    assert refusal(storage, TakeSeat("user-9", "none", over_capacity=True)) is CourseNotFound


def test_nobody_takes_a_seat_beside_the_one_that_is_held_for_them(storage: Backend) -> None:
    """Not even over capacity; a place in the line is no seat."""
    with_capacity(storage, 1)
    storage.commit(HoldSeat(enrolling()))
    storage.commit(JoinWaitlist(waiting()))
    for over in (False, True):
        assert refusal(storage, TakeSeat("user-1", COURSE, over_capacity=over)) is ChangedMeanwhile
    assert counters(storage) == (1, 1)
    storage.commit(TakeSeat(waiting().user_id, COURSE, over_capacity=True))
    assert counters(storage) == (2, 1)


def test_counters_are_mended_as_read(storage: Backend) -> None:
    """Whoever counts is not overtaken."""
    course = with_capacity(storage, 5, taken=3)
    storage.commit(CorrectSeats(course, evolve(course, seats_taken=2, waiting=1)))
    assert counters(storage) == (2, 1)
    assert refusal(storage, CorrectSeats(course, evolve(course, seats_taken=4))) is ChangedMeanwhile


def test_counters_that_came_back_to_what_they_were_have_moved(storage: Backend) -> None:
    """Who was counted before one left, and after another came, was counted in neither."""
    course = with_capacity(storage, 5, taken=3)
    storage.commit(FreeSeat(COURSE))
    storage.commit(TakeSeat("user-1", COURSE))
    assert counters(storage) == (3, 0)
    assert refusal(storage, CorrectSeats(course, evolve(course, seats_taken=2))) is ChangedMeanwhile


def test_seats_lapse_by_when_they_were_held_until(storage: Backend) -> None:
    """Of all courses, the earliest first; who waits does not lapse."""
    with_capacity(storage, 5)
    claims = [evolve(enrolling(f"user-{n}"), held_until=NOW + n * timedelta(minutes=1)) for n in (3, 1, 2)]
    for claim in claims:
        storage.commit(HoldSeat(claim))
    due = storage.claims.lapsed(before=NOW + timedelta(minutes=2, seconds=1), at_most=10)
    assert [claim.user_id for claim in due] == ["user-1", "user-2"]
    assert len(storage.claims.lapsed(before=NOW + timedelta(hours=1), at_most=2)) == 2
    assert storage.claims.courses_waited_for(at_most=10) == ()
    assert storage.claims.find("no#id", "user-1") is None


@pytest.mark.parametrize("capacity", [3])
def test_fault_144_50_threads_never_take_more_seats_than_there_are(storage: Backend, capacity: int) -> None:
    """Held, given back and taken at once: the counter is what was granted, and never above the capacity."""
    with_capacity(storage, capacity)

    def hold(number: int) -> str:
        try:
            storage.unit_of_work.commit((HoldSeat(enrolling(f"user-{number}")),))
        except TransactionConflict as conflict:
            return type(conflict.first).__name__
        except Unavailable:
            return "busy"
        return "held"

    with ThreadPoolExecutor(50) as threads:
        found = list(threads.map(hold, range(50)))
    held = found.count("held")
    assert held <= capacity
    assert held == capacity or "busy" in found
    assert set(found) <= {"held", "busy", CourseFull.__name__}
    assert counters(storage) == (held, 0)
    assert sum(storage.claims.find(COURSE, f"user-{number}") is not None for number in range(50)) == held
