"""Courses with a capacity: how seats are held, taken and counted, and money that comes late."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.audit import AuditAction
from domain.enrollment_requests import AwaitingPayment, Enrolled
from domain.errors import (
    CapacityTooLow,
    ChangedMeanwhile,
    CouponNotFound,
    CourseFull,
    DomainError,
)
from domain.ports.telemetry import Signal
from domain.seats import HELD_WHILE_ENROLLING
from domain.services.hold_seat import HoldSeats
from domain.services.seating import SeatingUnitOfWork
from domain.transactions.conflicts import AlreadyEnrolled, TransactionConflict
from domain.transactions.writes import CorrectSeats
from domain.use_cases.office.manage_enrollments import GrantEnrollment, ReinstateEnrollment, RevokeEnrollment
from domain.use_cases.office.manage_seats import RecountSeats, SetCapacity
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.wait_for_seat import PlaceInLine
from tests.support.factories import paid
from tests.support.memory.limited_course import (
    AUTHOR,
    LEA,
    MINUTE,
    a_school,
    course,
    join,
    place,
    require_counted,
    sweep,
)
from tests.support.memory.misbehaving import Interrupted, LosesAnswers
from tests.support.memory.school import KIM, SAM, School, enrollment_order, somebody


def test_a_full_course_takes_nobody_more() -> None:
    """The last seat is given once; the next reads that there is a line."""
    school = a_school(2)
    school.enrolled(SAM, "free-1")
    school.enrolled(KIM, "free-1")
    with pytest.raises(CourseFull):
        school.enroll(LEA, "free-1")
    assert (course(school).seats_taken, course(school).seats_left) == (2, 0)
    assert not school.store.claims
    assert school.enroll(SAM, "free-1") == Enrolled(school.store.enrollments[SAM.user_id, "free-1"], is_new=False)


def test_fault_145_a_checkout_holds_its_seat() -> None:
    """As long as it is open nobody else gets in; paid, the seat is the student's."""
    school = a_school(1, "course-1")
    started = school.start(SAM)
    with pytest.raises(CourseFull):
        school.enroll(KIM)
    school.clock.advance(HELD_WHILE_ENROLLING + MINUTE)
    sweep(school)
    with pytest.raises(CourseFull):
        school.enroll(KIM)
    school.receive(school.provider.pay(started.session.payment_session_id))
    assert school.enrollment(course_id="course-1")
    require_counted(school, "course-1")
    assert not school.store.claims


def test_a_cancelled_checkout_frees_its_seat() -> None:
    """Once the time to enroll is over; until then the student may try again."""
    school = a_school(1, "course-1")
    started = school.start(SAM)
    school.use_case(CancelPayment)(SAM, started.session.payment_session_id)
    assert isinstance(school.enroll(SAM), AwaitingPayment)
    school.use_case(CancelPayment)(SAM, school.sessions.of_student(SAM.user_id)[0].payment_session_id)
    school.clock.advance(HELD_WHILE_ENROLLING + MINUTE)
    sweep(school)
    assert course(school, "course-1").seats_left == 1
    assert isinstance(school.enroll(KIM), AwaitingPayment)


def test_what_comes_to_nothing_gives_its_seat_back_at_once() -> None:
    """As with a code that nobody knows."""
    school = a_school(1, "course-1")
    with pytest.raises(CouponNotFound):
        school.enroll(SAM, coupon_code="NONE")
    assert course(school, "course-1").seats_left == 1
    assert not school.store.claims


def test_a_provider_that_does_not_answer_keeps_the_seat() -> None:
    """The checkout may be open there: repeating leads to it."""
    school = a_school(1, "course-1")
    good = school.gateway
    school.gateway = LosesAnswers(school.provider)
    with pytest.raises(DomainError):
        school.enroll(SAM)
    school.gateway = good
    assert course(school, "course-1").seats_left == 0
    assert isinstance(school.enroll(SAM), AwaitingPayment)


def test_a_first_capacity_counts_who_is_there() -> None:
    """Everybody enrolled has a seat."""
    school = School()
    for number in range(3):
        school.enrolled(somebody(number), "free-1")
    with pytest.raises(CapacityTooLow):
        school.use_case(SetCapacity)("free-1", 2, AUTHOR)
    assert school.use_case(SetCapacity)("free-1", 4, AUTHOR).seats_taken == 3
    school.enrolled(SAM, "free-1")
    with pytest.raises(CourseFull):
        school.enroll(KIM, "free-1")


def test_fault_142_late_money_enrolls_over_capacity() -> None:
    """The seat has passed on: the student is enrolled all the same, on record and with an alarm."""
    school = a_school(1, "course-1")
    started = school.start(SAM)
    session_id = started.session.payment_session_id
    school.receive(school.provider.expire(session_id))
    school.clock.advance(HELD_WHILE_ENROLLING + MINUTE)
    sweep(school)
    other = school.start(KIM)
    school.receive(school.provider.pay(other.session.payment_session_id))

    school.receive(paid(started.session))

    assert school.store.enrollments.keys() == {(SAM.user_id, "course-1"), (KIM.user_id, "course-1")}
    assert course(school, "course-1").seats_taken == 2
    assert school.signals(Signal.SEAT_OVER_CAPACITY)
    assert school.store.audit[-1].action is AuditAction.SEAT_OVER_CAPACITY
    school.use_case(RevokeEnrollment)(enrollment_order(KIM, "course-1"))
    assert course(school, "course-1").seats_left == 0
    with pytest.raises(CourseFull):
        school.enroll(LEA)


def test_late_money_takes_a_seat_that_is_free() -> None:
    """No alarm where there is one."""
    school = a_school(2, "course-1")
    started = school.start(SAM)
    school.receive(school.provider.expire(started.session.payment_session_id))
    school.clock.advance(HELD_WHILE_ENROLLING + MINUTE)
    sweep(school)
    assert course(school, "course-1").seats_left == 2
    school.receive(paid(started.session))
    assert school.enrollment(course_id="course-1")
    assert course(school, "course-1").seats_taken == 1
    assert not school.signals(Signal.SEAT_OVER_CAPACITY)


def test_an_enrollment_given_back_has_a_seat_again() -> None:
    """Over capacity where the seat was given to another: what was paid for is kept."""
    school = a_school(1)
    school.enrolled(SAM, "free-1")
    school.use_case(RevokeEnrollment)(enrollment_order(SAM, "free-1"))
    school.enrolled(KIM, "free-1")
    school.use_case(ReinstateEnrollment)(enrollment_order(SAM, "free-1"))
    assert course(school).seats_taken == 2
    require_counted(school)
    assert school.signals(Signal.SEAT_OVER_CAPACITY)


def test_who_is_let_in_again_while_buying_has_one_seat() -> None:
    """The one that is held for them; counting anew finds nothing to correct."""
    school = a_school(1, "course-1")
    school.receive(school.provider.pay(school.start(SAM).session.payment_session_id))
    school.use_case(RevokeEnrollment)(enrollment_order(SAM))
    school.start(SAM)
    school.use_case(ReinstateEnrollment)(enrollment_order(SAM))
    assert not school.store.claims
    assert not school.signals(Signal.SEAT_OVER_CAPACITY)
    school.use_case(RecountSeats)("course-1", AUTHOR)
    require_counted(school, "course-1")


def test_who_is_let_in_while_they_are_given_a_seat_has_one_seat() -> None:
    """They ask for a seat in the moment between two ways of giving them theirs back: the one held then is theirs."""
    school = a_school(1, "course-1")
    school.receive(school.provider.pay(school.start(SAM).session.payment_session_id))
    school.use_case(RevokeEnrollment)(enrollment_order(SAM))
    rival = school.rival()
    # Before the second try: the first found no seat that is held.
    between = Interrupted(MemoryUnitOfWork(school.store), [lambda: None, lambda: rival.start(SAM)])
    school.unit_of_work = SeatingUnitOfWork(
        plain=between, clock=school.clock, ids=school.ids, telemetry=school.telemetry
    )
    school.use_case(ReinstateEnrollment)(enrollment_order(SAM))
    assert not school.store.claims
    assert not school.signals(Signal.SEAT_OVER_CAPACITY)
    assert not between.meanwhile
    require_counted(school, "course-1")


def test_a_claim_that_changed_meanwhile_is_left_alone() -> None:
    """Who was in line when somebody looked has a seat by now."""
    school = a_school(1)
    school.enrolled(SAM, "free-1")
    waiting = join(school, KIM).claim
    join(school, LEA)
    assert waiting is not None
    school.use_case(RevokeEnrollment)(enrollment_order(SAM, "free-1"))
    sweep(school)
    assert school.use_case(HoldSeats).drop(waiting)
    held = place(school, KIM).claim
    assert held is not None
    assert held.is_held
    require_counted(school)


def test_no_seat_is_held_for_who_has_been_enrolled_meanwhile() -> None:
    """By another tab, or by the office: they have theirs."""
    school = a_school(2)
    read = course(school)
    school.enrolled(SAM, "free-1")
    with pytest.raises(AlreadyEnrolled):
        school.use_case(HoldSeats).hold(read, SAM.user_id)
    require_counted(school)


def _enroll_sam(school: School) -> None:
    school.enroll(SAM, "free-1")


def _grant_sam(school: School) -> None:
    school.store.students.setdefault(SAM.user_id, SAM.as_student(school.clock.now()))
    school.use_case(GrantEnrollment)(enrollment_order(SAM, "free-1"))


@pytest.mark.parametrize("begin", [_enroll_sam, _grant_sam])
def test_nobody_enrolls_for_free_over_capacity(begin: Callable[[School], None]) -> None:
    """Whoever hesitates between taking a seat and enrolling may lose it to another."""
    school = a_school(1)
    rival = school.rival()

    def lose_it() -> None:
        school.clock.advance(HELD_WHILE_ENROLLING + MINUTE)
        sweep(rival)
        rival.enrolled(KIM, "free-1")

    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: None, lose_it])
    with pytest.raises(CourseFull):
        begin(school)
    assert course(school).seats_taken == 1
    require_counted(school)


def test_a_counter_that_moved_while_it_was_counted_is_not_corrected() -> None:
    """Somebody has enrolled since; counting again finds the truth."""
    school = a_school(3)
    school.enrolled(SAM, "free-1")
    read = course(school)
    school.enrolled(KIM, "free-1")
    with pytest.raises(TransactionConflict) as conflict:
        school.unit_of_work.commit((CorrectSeats(read, evolve(read, seats_taken=2)),))
    assert isinstance(conflict.value.first, ChangedMeanwhile)
    require_counted(school)


def test_a_counter_that_moved_and_came_back_while_it_was_counted_is_not_corrected() -> None:
    """One student left and another begins: the counter is what it was, and those who were counted are not."""
    school = a_school(2)
    school.enrolled(SAM, "free-1")
    read = course(school)
    school.use_case(RevokeEnrollment)(enrollment_order(SAM, "free-1"))
    school.enrolled(KIM, "free-1")
    assert course(school).seats_taken == read.seats_taken
    with pytest.raises(TransactionConflict) as conflict:
        school.unit_of_work.commit((CorrectSeats(read, evolve(read, seats_taken=0)),))
    assert isinstance(conflict.value.first, ChangedMeanwhile)
    require_counted(school)


def test_fault_143_a_counter_that_drifted_is_mended() -> None:
    """Counted twice, changed only where nothing moved, on record; who waits gets what was lost."""
    school = a_school(2)
    school.enrolled(SAM, "free-1")
    school.store.courses["free-1"] = evolve(course(school), seats_taken=2)
    join(school, KIM)
    mended = school.use_case(RecountSeats)("free-1", AUTHOR)
    assert mended.seats_taken == 1
    assert school.store.audit[-1].action is AuditAction.SEATS_RECOUNTED
    kim = place(school, KIM).claim
    assert kim is not None
    assert kim.is_held
    require_counted(school)
    assert school.use_case(RecountSeats)("free-1", AUTHOR) == course(school)


@pytest.mark.parametrize("course_id", ["free-1", "course-1"])
def test_fault_144_of_50_threads_as_many_get_in_as_there_are_seats(course_id: str) -> None:
    """At once or by a checkout; the others read that it is full."""
    school = a_school(7, course_id)

    def enroll(number: int) -> object:
        try:
            return school.rival().enroll(somebody(number), course_id)
        except DomainError as error:
            return type(error)

    with ThreadPoolExecutor(50) as threads:
        found = list(threads.map(enroll, range(50)))
    inside = [one for one in found if isinstance(one, Enrolled | AwaitingPayment)]
    assert len(inside) == 7
    assert found.count(CourseFull) == 43
    assert course(school, course_id).seats_taken == 7
    require_counted(school, course_id)


def test_a_course_without_a_capacity_counts_nothing() -> None:
    """And asks for nothing: no claim, no counter."""
    school = School()
    school.enrolled(SAM, "free-1")
    school.start(KIM)
    assert not school.store.claims
    assert course(school).seats_taken == 0
    assert place(school, SAM) == PlaceInLine(course(school))


def test_a_seat_is_not_lost_when_a_course_goes() -> None:
    """Money for a course that is gone enrolls; nothing is left to count in."""
    school = a_school(1, "course-1")
    started = school.start(SAM)
    gone = school.store.courses.pop("course-1")
    school.store.claims.clear()
    school.receive(school.provider.pay(started.session.payment_session_id))
    assert school.enrollment(course_id="course-1")
    school.store.courses["course-1"] = gone
