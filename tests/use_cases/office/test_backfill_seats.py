"""Enrollments from before the ledger, which no payment session paid for, get their seats."""

from __future__ import annotations

from attrs import evolve

from domain.use_cases.office.backfill_seats import BackfillSeats, StoredEnrollment
from tests.support.memory.school import School, somebody


def a_school_from_before() -> School:
    """A student enrolled in the free course before the ledger counted seats."""
    school = School()
    school.enrolled(course_id="free-1")
    school.store.ledger.clear()
    school.wait(days=2)
    return school


def backfill(school: School, *, apply: bool = True) -> list[str]:
    """Why each enrollment without a seat got none, empty if it did."""
    found = [StoredEnrollment(enrollment=one, is_active=True) for one in school.store.enrollments.values()]
    found += [StoredEnrollment(enrollment=one.enrollment, is_active=False) for one in school.store.ended.values()]
    return [one.reason for one in school.use_case(BackfillSeats)(found, apply=apply)]


def seats(school: School) -> int:
    """The sum over the ledger."""
    return sum(entry.seat for entry in school.store.ledger.values())


def test_an_enrollment_from_before_is_booked_on_the_day_when_it_began() -> None:
    """A dry run books nothing, a repetition nothing more."""
    school = a_school_from_before()
    assert backfill(school, apply=False) == [""]
    assert not school.store.ledger
    assert backfill(school) == [""]
    assert backfill(school) == []
    (entry,) = school.store.ledger.values()
    (enrollment,) = school.store.enrollments.values()
    assert (entry.booked_on, entry.seat, entry.amount) == (enrollment.enrolled_at.date(), 1, 0)


def test_what_the_ledger_has_counted_is_left_alone() -> None:
    """A payment's sale has the seat, and so has a free enrollment of today."""
    school = School()
    school.enrolled(course_id="free-1")
    school.start(somebody(1))
    school.settle(school.provider.pay("ps_000001"))
    assert backfill(school) == []


def test_one_that_ended_meanwhile_gets_both_ends() -> None:
    """Its end was booked by who ended it; the beginning follows, and the seats are none."""
    school = a_school_from_before()
    school.revoke(course_id="free-1")
    assert seats(school) == -1
    assert backfill(school) == [""]
    assert seats(school) == 0
    assert backfill(school) == []


def test_one_that_ended_before_the_ledger_has_no_seat() -> None:
    """Neither end of it was counted."""
    school = a_school_from_before()
    school.revoke(course_id="free-1")
    school.store.ledger.clear()
    assert backfill(school) == []


def test_one_that_changes_in_the_same_moment_is_not_booked() -> None:
    """It is not the one that was found any more: the next run finds it as it is then."""
    school = a_school_from_before()
    ((key, enrollment),) = school.store.enrollments.items()
    found = [StoredEnrollment(enrollment=evolve(enrollment, progress=3), is_active=True)]
    (result,) = school.use_case(BackfillSeats)(found, apply=True)
    assert result.reason
    assert not school.store.ledger
    assert school.store.enrollments[key] == enrollment
