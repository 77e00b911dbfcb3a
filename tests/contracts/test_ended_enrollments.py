"""Enrollments that end, and those that other back ends leave pending, in memory and in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from domain.enrollments import EndCause, EndedEnrollment, Enrollment
from domain.paging import Page
from domain.transactions.conflicts import AlreadyEnrolled, EnrollmentConflict
from domain.transactions.writes import (
    AddEnrollment,
    AdvanceEnrollment,
    ChangeEnded,
    EndEnrollment,
    ReinstateEnrollment,
    RequireNoEnrollmentOf,
    RequireNotEnrolled,
    Write,
)
from tests.support.aws.backends import Backend
from tests.support.factories import a_session, an_enrollment, later, paid
from tests.support.reversal_factories import an_ended


def _bought(**changes: Any) -> Enrollment:
    session = a_session(**changes)
    return session.completed(paid(session), later()).enrollment()


LEARNED = an_enrollment(
    progress=40, total_time_spent=60, last_accessed_at=later(3), current_lecture_id="l-4", completed_lectures=4
)


def _end(storage: Backend, enrollment: Enrollment, **changes: Any) -> EndedEnrollment:
    """The enrollment, begun and ended."""
    storage.commit(AddEnrollment(enrollment))
    ended = an_ended(enrollment, **changes)
    storage.commit(EndEnrollment(ended, storage.enrollments.ended("user-1", "course-1")))
    return ended


@pytest.mark.parametrize("enrollment", [an_enrollment(), LEARNED, _bought(), evolve(_bought(), progress=100)])
@pytest.mark.parametrize(
    "why",
    [
        {},
        {"cause": EndCause.CHARGED_BACK, "ended_by": "system", "barred": True},
        {"reason": "Shared the password."},
    ],
)
def test_an_ended_enrollment_is_kept_whole(storage: Backend, enrollment: Enrollment, why: dict[str, Any]) -> None:
    """It is no enrollment any more, and everything about it is still known, with the reason why it ended."""
    ended = _end(storage, enrollment, **why)
    assert storage.enrollments.find("user-1", "course-1") is None
    assert storage.enrollments.of_student("user-1") == ()
    assert storage.enrollments.of_course("course-1", limit=10, cursor=None) == Page((), None)
    assert storage.enrollments.ended("user-1", "course-1") == ended
    context = storage.enrollments.context("user-1", "course-1")
    assert (context.enrollment, context.ended) == (None, ended)


@pytest.mark.parametrize(
    ("user_id", "course_id"), [("user-1", "c-2"), ("user-2", "course-1"), ("", "course-1"), ("user-1", "course-1#")]
)
def test_nothing_ended_where_nobody_was_enrolled(storage: Backend, user_id: str, course_id: str) -> None:
    """Other students and courses, and impossible ids, have no ended enrollment."""
    _end(storage, an_enrollment())
    assert storage.enrollments.ended(user_id, course_id) is None


def test_who_is_not_enrolled_any_more_can_enroll_again(storage: Backend) -> None:
    """The ended enrollment stands in nobody's way, and stays known."""
    ended = _end(storage, an_enrollment())
    storage.commit(RequireNotEnrolled("user-1", "course-1"))
    again = _bought()
    storage.commit(AddEnrollment(again))
    assert storage.enrollments.find("user-1", "course-1") == again
    assert storage.enrollments.ended("user-1", "course-1") == ended


@pytest.mark.parametrize(
    "stored",
    [
        evolve(LEARNED, progress=41),
        evolve(LEARNED, total_time_spent=61),
        evolve(LEARNED, total_time_spent=None),
        evolve(LEARNED, last_accessed_at=later(4)),
        evolve(LEARNED, last_accessed_at=None),
        evolve(LEARNED, completed_lecture_ids=("lecture-9",)),
        evolve(LEARNED, enrolled_at=later(1)),
        evolve(_bought(), enrolled_at=LEARNED.enrolled_at, progress=40, total_time_spent=60, last_accessed_at=later(3)),
    ],
)
def test_an_enrollment_that_changed_since_it_was_read_does_not_end(storage: Backend, stored: Enrollment) -> None:
    """No progress is lost, and none but the enrollment that was decided about ends: the conflict has the true one."""
    storage.commit(AddEnrollment(stored))
    (conflict,) = storage.conflicts(EndEnrollment(an_ended(LEARNED)))
    assert isinstance(conflict, EnrollmentConflict)
    assert conflict.enrollment == stored


def test_what_never_was_does_not_end(storage: Backend) -> None:
    """The conflict has nothing."""
    (conflict,) = storage.conflicts(EndEnrollment(an_ended()))
    assert isinstance(conflict, EnrollmentConflict)
    assert conflict.enrollment is None


def _barred(ended: EndedEnrollment) -> EndedEnrollment:
    return evolve(ended, barred=True)


def _charged_back(ended: EndedEnrollment) -> EndedEnrollment:
    return evolve(ended, cause=EndCause.CHARGED_BACK)


def _another(ended: EndedEnrollment) -> EndedEnrollment:
    return evolve(ended, enrollment=evolve(ended.enrollment, enrolled_at=later(-60)))


def _at_another_time(ended: EndedEnrollment) -> EndedEnrollment:
    return evolve(ended, ended_at=later(11))


def _none(_ended: EndedEnrollment) -> None:
    return None


CHANGES = [_barred, _charged_back, _another, _at_another_time]


@pytest.mark.parametrize("known", [*CHANGES, _none])
def test_an_earlier_ended_enrollment_that_is_not_as_read_is_not_lost(
    storage: Backend, known: Callable[[EndedEnrollment], EndedEnrollment | None]
) -> None:
    """Whoever did not know of it, or knew it otherwise, gets a conflict and reads again."""
    earlier = _end(storage, an_enrollment())
    again = _bought()
    storage.commit(AddEnrollment(again))
    (conflict,) = storage.conflicts(EndEnrollment(an_ended(again, ended_at=later(20)), known(earlier)))
    assert isinstance(conflict, EnrollmentConflict)
    assert conflict.enrollment == again


def test_an_earlier_ended_enrollment_that_is_gone_is_not_brought_back(storage: Backend) -> None:
    """Whoever read one that was given back meanwhile gets a conflict and reads again."""
    storage.commit(AddEnrollment(an_enrollment()))
    (conflict,) = storage.conflicts(EndEnrollment(an_ended(), an_ended(_bought())))
    assert isinstance(conflict, EnrollmentConflict)


def test_every_ended_enrollment_of_a_course_is_kept(storage: Backend) -> None:
    """The latest is the one that counts; the earlier ones are kept under their own dates."""
    first = _end(storage, LEARNED)
    second = _end(storage, evolve(_bought(), enrolled_at=later(12)), ended_at=later(20))
    third = _end(storage, an_enrollment(enrolled_at=later(30)), ended_at=later(40))
    assert storage.enrollments.ended("user-1", "course-1") == third
    assert storage.earlier_ended() == [first, second]
    assert storage.enrollments.earlier_ended("user-1", "course-1") == (first, second)
    assert storage.enrollments.earlier_ended("user-1", "course") == ()
    assert storage.enrollments.earlier_ended("user-1", "no#id") == ()


def test_a_bar_is_lifted(storage: Backend) -> None:
    """Cause and bar change, the enrollment does not."""
    ended = _end(storage, LEARNED, cause=EndCause.DISPUTED, barred=True, reason="A dispute.")
    changed = evolve(ended, cause=EndCause.CHARGED_BACK, barred=False, reason="")
    storage.commit(ChangeEnded(ended, changed))
    assert storage.enrollments.ended("user-1", "course-1") == changed


@pytest.mark.parametrize("write", [lambda read: ChangeEnded(read, evolve(read, reason="x")), ReinstateEnrollment])
@pytest.mark.parametrize("read", CHANGES)
def test_an_ended_enrollment_that_is_not_as_read_stays_as_it_is(
    storage: Backend, write: Callable[[EndedEnrollment], Write], read: Callable[[EndedEnrollment], EndedEnrollment]
) -> None:
    """Nobody undoes what somebody else decided meanwhile."""
    ended = _end(storage, an_enrollment())
    (conflict,) = storage.conflicts(write(read(ended)))
    assert isinstance(conflict, EnrollmentConflict)


@pytest.mark.parametrize("write", [lambda ended: ChangeEnded(ended, ended), ReinstateEnrollment])
def test_what_has_not_ended_is_neither_changed_nor_given_back(
    storage: Backend, write: Callable[[EndedEnrollment], Write]
) -> None:
    """None comes into being."""
    (conflict,) = storage.conflicts(write(an_ended()))
    assert isinstance(conflict, EnrollmentConflict)


@pytest.mark.parametrize("enrollment", [LEARNED, _bought()])
def test_an_enrollment_that_is_given_back_is_the_one_that_ended(storage: Backend, enrollment: Enrollment) -> None:
    """With its progress; nothing ended is left."""
    ended = _end(storage, enrollment)
    storage.commit(ReinstateEnrollment(ended))
    assert storage.enrollments.find("user-1", "course-1") == enrollment
    assert storage.enrollments.ended("user-1", "course-1") is None
    assert storage.enrollments.of_course("course-1", limit=10, cursor=None).entries == (enrollment,)


def test_an_enrollment_is_not_given_back_over_another(storage: Backend) -> None:
    """Whoever enrolled again meanwhile keeps that enrollment."""
    ended = _end(storage, an_enrollment())
    storage.commit(AddEnrollment(_bought()))
    (conflict,) = storage.conflicts(ReinstateEnrollment(ended))
    assert isinstance(conflict, AlreadyEnrolled)
    assert conflict.enrollment == _bought()


def test_a_payment_without_an_enrollment_is_certain(storage: Backend) -> None:
    """Asking holds as long as nobody is enrolled by this payment, whatever other enrollment there is."""
    ask = RequireNoEnrollmentOf("user-1", "course-1", "ps_1")
    storage.commit(ask)
    storage.commit(AddEnrollment(an_enrollment()))
    storage.commit(ask)
    _replace(storage, _bought(payment_session_id="ps_2"))
    storage.commit(ask)
    _replace(storage, _bought())
    (conflict,) = storage.conflicts(ask)
    assert isinstance(conflict, EnrollmentConflict)
    assert conflict.enrollment == _bought()


def _replace(storage: Backend, by: Enrollment) -> None:
    found = storage.enrollments.find("user-1", "course-1")
    assert found is not None
    latest = storage.enrollments.ended("user-1", "course-1")
    storage.commit(EndEnrollment(an_ended(found, ended_at=later(50)), latest))
    storage.commit(AddEnrollment(by))


# -- pending: an enrollment that other back ends store before it is paid for -----------------------------------------

PENDING = an_enrollment(enrollment_type="paid", payment_status="pending")


def test_a_pending_enrollment_is_none(storage: Backend) -> None:
    """Nobody reads it as an enrollment."""
    storage.commit(AddEnrollment(PENDING))
    storage.commit(AddEnrollment(evolve(PENDING, user_id="user-2", payment_status="completed")))
    assert storage.enrollments.find("user-1", "course-1") is None
    assert storage.enrollments.of_student("user-1") == ()
    assert [one.user_id for one in storage.enrollments.of_course("course-1", limit=10, cursor=None).entries] == [
        "user-2"
    ]
    assert storage.enrollments.context("user-1", "course-1").enrollment is None


def test_a_pending_enrollment_stands_in_nobodys_way(storage: Backend) -> None:
    """Paying turns it into the paid one."""
    storage.commit(AddEnrollment(PENDING))
    storage.commit(RequireNotEnrolled("user-1", "course-1"))
    storage.commit(AddEnrollment(_bought()))
    assert storage.enrollments.find("user-1", "course-1") == _bought()
    (conflict,) = storage.conflicts(AddEnrollment(PENDING))
    assert isinstance(conflict, AlreadyEnrolled)


@pytest.mark.parametrize("write", [AdvanceEnrollment(PENDING, evolve(PENDING, progress=5)), EndEnrollment(an_ended())])
def test_a_pending_enrollment_neither_advances_nor_ends(storage: Backend, write: Write) -> None:
    """There is no enrollment to advance, and none to end."""
    storage.commit(AddEnrollment(PENDING))
    (conflict,) = storage.conflicts(write)
    assert isinstance(conflict, EnrollmentConflict)
    assert conflict.enrollment is None


def test_an_ended_enrollment_is_given_back_over_a_pending_one(storage: Backend) -> None:
    """Nobody is enrolled by what is pending."""
    ended = _end(storage, LEARNED)
    storage.commit(AddEnrollment(PENDING))
    storage.commit(ReinstateEnrollment(ended))
    assert storage.enrollments.find("user-1", "course-1") == LEARNED
