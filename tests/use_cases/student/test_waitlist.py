"""The line for a full course."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.audit import AuditAction
from domain.enrollment_requests import Enrolled
from domain.errors import (
    CapacityTooLow,
    CourseFull,
    EnrollmentBarred,
    InvalidValue,
    NotInvited,
    SeatBeingPaid,
    SeatsFree,
)
from domain.messages import MessageKind
from domain.ports.telemetry import Signal
from domain.school import School as School_
from domain.seats import OFFERED_FOR, ClaimState
from domain.transactions.conflicts import AlreadyEnrolled
from domain.use_cases.office.manage_enrollments import GrantEnrollment, RevokeEnrollment
from domain.use_cases.office.manage_seats import SetCapacity
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.wait_for_seat import LeaveLine
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
from tests.support.memory.misbehaving import Interrupted
from tests.support.memory.school import KIM, SAM, enrollment_order, somebody


def test_the_line_is_served_in_order() -> None:
    """A seat that frees is held for the first, for 48 hours, and a message goes out; nobody gets in between."""
    school = a_school(1)
    school.enrolled(SAM, "free-1")
    assert join(school, KIM).position == 1
    assert join(school, LEA).position == 2
    assert join(school, KIM).is_new is False
    school.use_case(RevokeEnrollment)(enrollment_order(SAM, "free-1"))
    with pytest.raises(CourseFull):
        school.enroll(SAM, "free-1")
    with pytest.raises(CourseFull):
        school.enroll(LEA, "free-1")

    sweep(school)
    sweep(school)

    held = place(school, KIM).claim
    assert held is not None
    assert (held.state, held.held_until) == (ClaimState.HELD, school.clock.now() + OFFERED_FOR)
    assert place(school, LEA).position == 1
    [message] = [one for one in school.store.outbox.values() if one.kind is MessageKind.WAITLIST_SEAT]
    assert (message.user_id, message.held_until) == (KIM.user_id, held.held_until)
    assert school.enrolled(KIM, "free-1").is_new
    require_counted(school)


def test_a_seat_not_taken_passes_to_the_next() -> None:
    """After 48 hours, and not before; who let it lapse is out of the line."""
    school = a_school(1)
    school.enrolled(SAM, "free-1")
    join(school, KIM)
    join(school, LEA)
    school.use_case(RevokeEnrollment)(enrollment_order(SAM, "free-1"))
    sweep(school)
    school.clock.advance(OFFERED_FOR)
    sweep(school)
    assert place(school, LEA).position == 1
    school.clock.advance(MINUTE)
    sweep(school)
    lea = place(school, LEA).claim
    assert lea is not None
    assert lea.is_held
    assert place(school, KIM).claim is None
    assert school.signals(Signal.SEAT_LAPSED) == ["offered"]
    require_counted(school)


def test_a_larger_capacity_serves_the_line() -> None:
    """At once; a smaller one than what is taken is refused with the least that is possible."""
    school = a_school(1)
    school.enrolled(SAM, "free-1")
    join(school, KIM)
    join(school, LEA)
    changed = school.use_case(SetCapacity)("free-1", 2, AUTHOR)
    assert (changed.capacity, changed.seats_taken, changed.waiting) == (2, 2, 1)
    with pytest.raises(CapacityTooLow) as refused:
        school.use_case(SetCapacity)("free-1", 1, AUTHOR)
    assert refused.value.least == 2
    with pytest.raises(InvalidValue):
        school.use_case(SetCapacity)("free-1", None, AUTHOR)
    with pytest.raises(InvalidValue):
        school.use_case(SetCapacity)("free-1", 0, AUTHOR)
    school.use_case(SetCapacity)("free-1", 3, AUTHOR)
    assert school.use_case(SetCapacity)("free-1", None, AUTHOR).seats_left is None
    assert school.store.audit[-1].action is AuditAction.CAPACITY_CHANGED
    assert school.enrolled(somebody(7), "free-1").is_new


def test_leaving_the_line_and_giving_a_seat_back() -> None:
    """The next in line moves up; a seat that is being paid for cannot be given back."""
    school = a_school(1, "course-1")
    first = school.start(SAM)
    join(school, KIM, "course-1")
    join(school, LEA, "course-1")
    school.use_case(LeaveLine)(KIM.user_id, "course-1")
    assert school.use_case(LeaveLine)(KIM.user_id, "course-1").claim is None
    assert place(school, LEA, "course-1").position == 1
    with pytest.raises(SeatBeingPaid):
        school.use_case(LeaveLine)(SAM.user_id, "course-1")
    school.use_case(CancelPayment)(SAM, first.session.payment_session_id)
    school.use_case(LeaveLine)(SAM.user_id, "course-1")
    lea = place(school, LEA, "course-1").claim
    assert lea is not None
    assert lea.is_held
    require_counted(school, "course-1")


def test_who_may_join() -> None:
    """Not where seats are free or there is no line, nor who is enrolled, barred or not invited."""
    school = a_school(1)
    with pytest.raises(SeatsFree):
        join(school, KIM)
    with pytest.raises(SeatsFree):
        join(school, KIM, "course-1")
    school.enrolled(SAM, "free-1")
    with pytest.raises(AlreadyEnrolled):
        join(school, SAM)
    school.use_case(RevokeEnrollment)(enrollment_order(SAM, "free-1"), bar=True)
    with pytest.raises(EnrollmentBarred):
        join(school, SAM)
    school.enrolled(KIM, "free-1")
    school.store.courses["free-1"] = evolve(course(school), pricing_model="invitation")
    with pytest.raises(NotInvited):
        join(school, LEA)


def test_who_is_enrolled_in_that_moment_does_not_wait() -> None:
    """By the office, while they joined the line."""
    school = a_school(1)
    school.enrolled(SAM, "free-1")
    rival = school.rival()

    def let_in() -> None:
        rival.use_case(SetCapacity)("free-1", 2, AUTHOR)
        rival.enrolled(KIM, "free-1")

    school.unit_of_work = Interrupted(school.unit_of_work, [let_in])
    with pytest.raises(AlreadyEnrolled):
        join(school, KIM)
    require_counted(school)


def test_the_office_gives_a_free_seat_ahead_of_the_line_but_none_that_is_not_there() -> None:
    """A grant takes a seat like any enrollment."""
    school = a_school(1)
    school.enrolled(SAM, "free-1")
    join(school, KIM)
    school.store.students.setdefault(KIM.user_id, KIM.as_student(school.clock.now()))
    with pytest.raises(CourseFull):
        school.use_case(GrantEnrollment)(enrollment_order(KIM, "free-1"))
    school.use_case(RevokeEnrollment)(enrollment_order(SAM, "free-1"))
    assert school.use_case(GrantEnrollment)(enrollment_order(KIM, "free-1")).granted_by
    require_counted(school)
    assert not [one for one in school.store.outbox.values() if one.kind is MessageKind.WAITLIST_SEAT]


def test_who_is_enrolled_by_other_means_leaves_the_line() -> None:
    """The seat goes to the next."""
    school = a_school(1)
    school.enrolled(SAM, "free-1")
    join(school, KIM)
    join(school, LEA)
    kims = evolve(school.store.enrollments[SAM.user_id, "free-1"], user_id=KIM.user_id, seat=False)
    school.store.enrollments[KIM.user_id, "free-1"] = kims
    school.use_case(RevokeEnrollment)(enrollment_order(SAM, "free-1"))
    sweep(school)
    assert place(school, KIM).claim is None
    sweep(school)
    lea = place(school, LEA).claim
    assert lea is not None
    assert lea.is_held


@pytest.mark.parametrize("closed", ["course", "school", "soon"])
def test_nobody_loses_their_place_while_nobody_may_enroll(closed: str) -> None:
    """No seat is offered that cannot be taken: it would lapse, and their place in line with it."""
    school = a_school(1)
    school.enrolled(SAM, "free-1")
    join(school, KIM)
    school.store.school = School_(sales_closed=closed == "school")
    school.store.courses["free-1"] = evolve(
        course(school), sales_closed=closed == "course", coming_soon=closed == "soon"
    )
    school.use_case(RevokeEnrollment)(enrollment_order(SAM, "free-1"))

    sweep(school)
    school.clock.advance(OFFERED_FOR + MINUTE)
    sweep(school)

    assert place(school, KIM).position == 1
    school.store.school = School_()
    school.store.courses["free-1"] = evolve(course(school), sales_closed=False, coming_soon=False)
    sweep(school)
    assert isinstance(school.enroll(KIM, "free-1"), Enrolled)
    require_counted(school)
