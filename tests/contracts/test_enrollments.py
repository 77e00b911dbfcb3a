"""Enrollments, in memory and in DynamoDB."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.enrollment_requests import EnrollmentContext
from domain.enrollments import Enrollment, ProgressStep
from domain.errors import DomainError, InvalidValue
from domain.paging import Page, every_page
from domain.transactions.conflicts import AlreadyEnrolled, EnrollmentConflict
from domain.transactions.payments import reserve
from domain.transactions.writes import AddCoupon, AddEnrollment, AdvanceEnrollment, RequireNotEnrolled
from tests.support.aws.backends import Backend
from tests.support.factories import a_coupon, a_course, a_session, a_session_with, a_student, an_enrollment, later, paid


def _bought() -> Enrollment:
    session = a_session_with(a_coupon())
    return session.completed(paid(session), later()).enrollment()


@pytest.mark.parametrize("enrollment", [an_enrollment(), _bought(), an_enrollment(source="referral")])
def test_an_enrollment_is_read_as_it_was_added(storage: Backend, enrollment: Enrollment) -> None:
    """Free or paid, everything about an enrollment comes back."""
    storage.commit(AddEnrollment(enrollment))
    assert storage.enrollments.find("user-1", "course-1") == enrollment


@pytest.mark.parametrize(("user_id", "course_id"), [("user-1", "other"), ("", "course-1"), ("user-1", "course-1#")])
def test_nothing_is_found_where_nobody_enrolled(storage: Backend, user_id: str, course_id: str) -> None:
    """Other courses and impossible ids have no enrollment."""
    storage.commit(AddEnrollment(an_enrollment()))
    assert storage.enrollments.find(user_id, course_id) is None


@pytest.mark.parametrize("write", [AddEnrollment(_bought()), RequireNotEnrolled("user-1", "course-1")])
def test_fault_53_enrolling_twice_is_refused_with_the_first(
    storage: Backend, write: AddEnrollment | RequireNotEnrolled
) -> None:
    """Of two enrollments the first stays, and is what the refusal carries."""
    storage.commit(AddEnrollment(an_enrollment()))
    (refusal,) = storage.conflicts(write)
    assert isinstance(refusal, AlreadyEnrolled)
    assert refusal.enrollment == an_enrollment()


def test_who_is_not_enrolled_may_go_on(storage: Backend) -> None:
    """Asking writes nothing."""
    before = storage.everything()
    storage.commit(RequireNotEnrolled("user-1", "course-1"))
    assert storage.everything() == before


def test_a_students_enrollments_come_newest_first_and_alone(storage: Backend) -> None:
    """Nobody else's enrollments and nothing but enrollments are listed."""
    storage.students.add(a_student())
    storage.commit(*reserve(a_session(course_id="c-9"), None))
    for minute, course_id in enumerate(["c-2", "c-3", "c-1"]):
        storage.commit(AddEnrollment(an_enrollment(course_id=course_id, enrolled_at=later(minute))))
    storage.commit(AddEnrollment(an_enrollment(user_id="user-2", course_id="c-2")))
    assert [enrollment.course_id for enrollment in storage.enrollments.of_student("user-1")] == ["c-1", "c-3", "c-2"]
    assert storage.enrollments.of_student("nobody") == ()
    assert storage.enrollments.of_student("user-1#") == ()


def _pages_of(storage: Backend, course_id: str, limit: int) -> list[list[str]]:
    pages = every_page(lambda cursor: storage.enrollments.of_course(course_id, limit=limit, cursor=cursor))
    return [[enrollment.user_id for enrollment in page.entries] for page in pages]


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 100])
def test_a_courses_students_come_page_by_page(storage: Backend, limit: int) -> None:
    """However large a page, each student of the course is shown once, by id, and nobody of another course."""
    users = [f"u-{number}" for number in (4, 2, 5, 1, 3)]
    for user_id in users:
        storage.commit(AddEnrollment(an_enrollment(user_id=user_id)))
        storage.commit(AddEnrollment(an_enrollment(user_id=user_id, course_id="course-10")))
    storage.keep_course(a_course())
    pages = _pages_of(storage, "course-1", limit)
    assert [user_id for page in pages for user_id in page] == sorted(users)
    assert all(len(page) <= limit for page in pages)


def test_a_courses_student_is_shown_as_enrolled(storage: Backend) -> None:
    """With all that is known of the enrollment, the payment included."""
    storage.commit(AddEnrollment(_bought()))
    assert storage.enrollments.of_course("course-1", limit=10, cursor=None) == Page((_bought(),), None)


@pytest.mark.parametrize("course_id", ["course-2", "", "course-1#", "course-1\n"])
def test_fault_81_a_course_that_is_not_there_has_no_students(storage: Backend, course_id: str) -> None:
    """Unknown and impossible ids are an empty page."""
    storage.commit(AddEnrollment(an_enrollment()))
    assert storage.enrollments.of_course(course_id, limit=10, cursor=None) == Page((), None)


@pytest.mark.parametrize("cursor", ["", "%", "Yx", "dXNlciMx", "a b", "é", "after:", "after:a#b", "#"])
def test_fault_80_a_cursor_of_somebody_elses_making_leads_nowhere(storage: Backend, cursor: str) -> None:
    """A cursor that no page gave is an invalid value, whatever the course."""
    for course_id in ("course-1", "course-1#"):
        with pytest.raises(InvalidValue):
            storage.enrollments.of_course(course_id, limit=10, cursor=cursor)


def test_progress_is_kept_step_by_step(storage: Backend) -> None:
    """Each step stores where the student is; completing is dated."""
    first = an_enrollment()
    storage.commit(AddEnrollment(first))
    second = first.advanced(ProgressStep(progress=40, current_lecture_id="l-4", time_spent_seconds=60), later(1))
    done = ProgressStep(
        progress=100, completed_lectures=10, completed_lecture_ids=("l-1", "l-2"), time_spent_seconds=30
    )
    third = second.advanced(done, later(2))
    storage.commit(AdvanceEnrollment(first, second))
    assert storage.enrollments.find("user-1", "course-1") == second
    storage.commit(AdvanceEnrollment(second, third))
    assert storage.enrollments.find("user-1", "course-1") == third


@pytest.mark.parametrize("step", [ProgressStep(progress=50), ProgressStep(time_spent_seconds=5)])
def test_progress_from_a_stale_copy_is_refused_with_the_true_one(storage: Backend, step: ProgressStep) -> None:
    """Whoever was overtaken learns what is there, and overwrites nothing."""
    first = an_enrollment()
    storage.commit(AddEnrollment(first))
    overtaken = first.advanced(step, later())
    storage.commit(AdvanceEnrollment(first, overtaken))
    (refusal,) = storage.conflicts(AdvanceEnrollment(first, first.advanced(ProgressStep(progress=20), later(2))))
    assert isinstance(refusal, EnrollmentConflict)
    assert refusal.enrollment == overtaken


@pytest.mark.parametrize("progress", [0, 10])
def test_progress_alone_shows_that_a_copy_is_stale(storage: Backend, progress: int) -> None:
    """Where the time spent is the same, another progress is reason enough."""
    first = an_enrollment(progress=progress, total_time_spent=0)
    storage.commit(AddEnrollment(evolve(first, progress=50)))
    (refusal,) = storage.conflicts(AdvanceEnrollment(first, evolve(first, progress=20)))
    assert isinstance(refusal, EnrollmentConflict)


def test_completed_lectures_alone_show_that_a_copy_is_stale(storage: Backend) -> None:
    """Where progress and time are the same, another list of lectures is reason enough."""
    for before in ((), ("l-1",)):
        first = an_enrollment(course_id=f"c-{len(before)}", completed_lecture_ids=before)
        storage.commit(AddEnrollment(evolve(first, completed_lecture_ids=(*before, "l-2"))))
        (refusal,) = storage.conflicts(AdvanceEnrollment(first, evolve(first, completed_lecture_ids=(*before, "l-3"))))
        assert isinstance(refusal, EnrollmentConflict)


def test_progress_enrolls_nobody(storage: Backend) -> None:
    """Advancing what is not there is refused and makes nothing."""
    (refusal,) = storage.conflicts(AdvanceEnrollment(an_enrollment(), evolve(an_enrollment(), progress=1)))
    assert isinstance(refusal, EnrollmentConflict)
    assert refusal.enrollment is None


def test_the_context_of_strangers_is_empty(storage: Backend) -> None:
    """What is not there is None."""
    nothing = EnrollmentContext(course=None, student=None, enrollment=None, payment_session_id=None)
    assert storage.enrollments.context("user-1", "course-1", "SPRING") == nothing


@pytest.mark.parametrize("course_id", ["course-1#x", "", "a\nb"])
def test_the_context_of_an_impossible_course_still_has_the_student(storage: Backend, course_id: str) -> None:
    """An id that could forge a key finds no course, and no error either."""
    student = storage.students.add(a_student())
    context = storage.enrollments.context("user-1", course_id, "x#y")
    assert (context.student, context.course, context.coupon) == (student, None, None)


def test_the_context_has_all_that_a_decision_needs(storage: Backend) -> None:
    """Course, student, enrollment, lock, coupon and its holder are seen as last written."""
    coupon, course, student = a_coupon(), a_course(), a_student()
    storage.keep_course(course)
    storage.students.add(student)
    storage.commit(AddCoupon(coupon))
    storage.commit(*reserve(a_session_with(coupon), coupon))
    storage.commit(AddEnrollment(an_enrollment()))
    expected = EnrollmentContext(
        course=course,
        student=student,
        enrollment=an_enrollment(),
        payment_session_id="ps_1",
        coupon=evolve(coupon, current_uses=1),
        coupon_held_by="ps_1",
    )
    assert storage.enrollments.context("user-1", "course-1", "SPRING") == expected
    without = evolve(expected, coupon=None, coupon_held_by=None)
    assert storage.enrollments.context("user-1", "course-1") == without


def test_refusals_of_many_writes_come_in_their_order(storage: Backend) -> None:
    """Each write that was refused says so, in order; the others say nothing."""
    storage.commit(AddEnrollment(an_enrollment()), AddEnrollment(an_enrollment(course_id="c-3")))
    conflicts: tuple[DomainError, ...] = storage.conflicts(
        AddEnrollment(an_enrollment(course_id="c-3")),
        AddEnrollment(an_enrollment(course_id="c-2")),
        AddEnrollment(an_enrollment()),
    )
    found = [refusal.enrollment.course_id for refusal in conflicts if isinstance(refusal, AlreadyEnrolled)]
    assert found == ["c-3", "course-1"]
    assert len(conflicts) == 2
