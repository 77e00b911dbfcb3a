"""A student gets on: progress never falls, completing happens once, no time is lost."""

from __future__ import annotations

from functools import partial
from threading import Barrier

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.enrollments import COMPLETE, Enrollment, ProgressStep
from domain.errors import DomainError, EnrollmentNotFound, InvalidValue, StorageUnavailable
from domain.transactions.conflicts import TransactionConflict
from domain.use_cases.student.record_progress import ATTEMPTS
from tests.support.concurrency import at_once
from tests.support.factories import NOW, an_enrollment, later
from tests.support.memory.misbehaving import Failing, Gathering, Interrupted
from tests.support.memory.school import School

steps = st.builds(
    ProgressStep,
    progress=st.none() | st.integers(0, 100),
    current_lecture_id=st.none() | st.sampled_from(("l-1", "l-2")),
    completed_lectures=st.none() | st.integers(0, 50),
    completed_lecture_ids=st.lists(st.sampled_from(("l-1", "l-2", "l-3"))).map(tuple),
    time_spent_seconds=st.none() | st.integers(0, 86_400),
)


def a_school() -> School:
    """A school with one student in one course."""
    school = School()
    school.store.enrollments["user-1", "course-1"] = an_enrollment()
    return school


def step(school: School, **what: int | str | tuple[str, ...] | None) -> Enrollment:
    """The student reports."""
    return school.record_progress("user-1", "course-1", ProgressStep(**what))  # type: ignore[arg-type]


@given(reports=st.lists(steps, max_size=8))
def test_progress_only_grows(reports: list[ProgressStep]) -> None:
    """Whatever is reported in whatever order, progress is the most ever reported and time adds up."""
    found = an_enrollment()
    for minute, report in enumerate(reports):
        after = found.advanced(report, later(minute))
        assert after.progress == max(found.progress, report.progress or 0)
        assert after.completed is (found.completed or after.progress == COMPLETE)
        assert found.completed_at in (None, after.completed_at)
        assert set(after.completed_lecture_ids) == {*found.completed_lecture_ids, *report.completed_lecture_ids}
        assert len(after.completed_lecture_ids) == len(set(after.completed_lecture_ids))
        found = after
    assert (found.total_time_spent or 0) == sum(report.time_spent_seconds or 0 for report in reports)
    assert (found.completed_at is not None) is found.completed


def test_a_course_is_completed_once() -> None:
    """The moment of completion is that of the first hundred per cent."""
    school = a_school()
    step(school, progress=100)
    school.wait(hours=1)
    assert step(school, progress=100, time_spent_seconds=5).completed_at == NOW
    stored = school.enrollment()
    assert stored is not None
    assert stored.completed
    assert stored.total_time_spent == 5


def test_what_is_not_reported_stays() -> None:
    """A report about one value leaves the others as they are, except the time of the last visit."""
    school = a_school()
    step(school, progress=40, current_lecture_id="l-2", completed_lectures=3, time_spent_seconds=60)
    at = school.wait(hours=1)
    after = step(school, time_spent_seconds=1)
    assert (after.progress, after.current_lecture_id, after.completed_lectures) == (40, "l-2", 3)
    assert (after.total_time_spent, after.last_accessed_at) == (61, at)


@pytest.mark.parametrize(
    "wrong",
    [
        {"completed_lecture_ids": ("",)},
        {"completed_lecture_ids": ("l" * 65,)},
        {"completed_lecture_ids": tuple(str(number) for number in range(1001))},
        {"progress": 101},
        {"progress": -1},
        {"progress": True},
        {"progress": 50.5},
        {"time_spent_seconds": 86_401},
    ],
)
def test_an_impossible_report_is_refused(wrong: dict[str, object]) -> None:
    """Progress must be a whole number from 0 to 100, and a day has 86,400 seconds."""
    with pytest.raises(InvalidValue):
        ProgressStep(**wrong)  # type: ignore[arg-type]


def test_two_tabs_that_complete_lectures_lose_none() -> None:
    """Each adds its own to what the other has stored meanwhile, however little progress that is in percents."""
    school = a_school()
    at_once([partial(step, school, completed_lecture_ids=(f"l-{number}",)) for number in range(3)])
    stored = school.enrollment()
    assert stored is not None
    assert set(stored.completed_lecture_ids) == {"l-0", "l-1", "l-2"}


def test_an_enrollment_remembers_so_many_lectures_and_no_more() -> None:
    """The list of completed lectures is bounded, however often more are sent."""
    found = an_enrollment(completed_lecture_ids=tuple(f"l-{number}" for number in range(1000)))
    assert found.advanced(ProgressStep(completed_lecture_ids=("l-999",)), later()).completed_lecture_ids[-1] == "l-999"
    with pytest.raises(InvalidValue):
        found.advanced(ProgressStep(completed_lecture_ids=("l-1000",)), later())


def test_only_the_enrolled_get_on() -> None:
    """Nobody makes progress in a course they are not in."""
    with pytest.raises(EnrollmentNotFound):
        step(School(), progress=10)


def test_whoever_leaves_meanwhile_is_not_brought_back() -> None:
    """An enrollment that disappears while progress is recorded stays away."""
    school = a_school()
    school.unit_of_work = Interrupted(school.unit_of_work, [school.store.enrollments.clear])
    with pytest.raises(EnrollmentNotFound):
        step(school, progress=10)
    assert not school.store.enrollments


def test_a_faster_report_is_added_to() -> None:
    """Time reported at the same moment from another device is added, not overwritten; progress is the higher."""
    school = a_school()
    rival = School(store=school.store, clock=school.clock)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: step(rival, progress=70, time_spent_seconds=30)])
    after = step(school, progress=20, time_spent_seconds=12)
    assert (after.progress, after.total_time_spent) == (70, 42)
    assert school.enrollment() == after


def test_a_report_gives_up_after_some_attempts() -> None:
    """When others are always faster, the report is refused and may be repeated; nothing of it is kept."""
    school = a_school()
    rival = School(store=school.store, clock=school.clock)
    busy = [lambda: step(rival, time_spent_seconds=1)] * 99
    school.unit_of_work = Interrupted(school.unit_of_work, list(busy))
    with pytest.raises(TransactionConflict) as refused:
        step(school, time_spent_seconds=1_000)
    assert refused.value.retryable
    stored = school.enrollment()
    assert stored is not None
    assert stored.total_time_spent == ATTEMPTS


def test_a_failure_of_the_storage_is_not_repeated_blindly() -> None:
    """An unknown outcome is handed on: adding the time again could count it twice."""
    school = a_school()
    school.unit_of_work = failing = Failing(school.unit_of_work, after=True)
    with pytest.raises(StorageUnavailable):
        step(school, time_spent_seconds=7)
    assert failing.attempts == 1


@pytest.mark.races
def test_concurrent_reports_lose_no_time() -> None:
    """Of many devices reporting at the very same moment, every report that is accepted counts in full."""
    school = a_school()
    callers = 8
    school.unit_of_work = Gathering(school.unit_of_work, Barrier(callers))
    outcomes = at_once([lambda: step(school, time_spent_seconds=10, progress=30)] * callers)
    kept = [outcome for outcome in outcomes if not isinstance(outcome, DomainError)]
    stored = school.enrollment()
    assert stored is not None
    assert len(kept) >= 1
    assert stored == evolve(an_enrollment(), progress=30, total_time_spent=10 * len(kept), last_accessed_at=NOW)
