"""Writes about students and their enrollments."""

from __future__ import annotations

from adapters.dynamodb import keys
from adapters.dynamodb.codec import Item
from adapters.dynamodb.enrollments import enrollment_from_item, enrollment_item, progress_attributes
from adapters.dynamodb.expressions import ABSENT, PRESENT, setting
from adapters.dynamodb.operations import Operation, check, operation, put, update
from domain.errors import DomainError, StudentNotFound
from domain.transactions.conflicts import AlreadyEnrolled, EnrollmentConflict, TransactionConflict
from domain.transactions.writes import AddEnrollment, AdvanceEnrollment, RequireNotEnrolled, SaveCustomerId


@operation.register
def _add(write: AddEnrollment) -> Operation:
    return put(enrollment_item(write.enrollment), ABSENT, _already_enrolled)


@operation.register
def _require(write: RequireNotEnrolled) -> Operation:
    return check(keys.enrollment(write.user_id, write.course_id), ABSENT, _already_enrolled)


@operation.register
def _advance(write: AdvanceEnrollment) -> Operation:
    before, after = write.before, write.after
    expression, values = setting(progress_attributes(after))
    values[":progress"] = before.progress
    # Older records lack what they never had: no progress is the same as none, time is absent until it is first kept.
    same_progress = (
        "#progress = :progress" if before.progress else "(attribute_not_exists(#progress) OR #progress = :progress)"
    )
    same_time = "attribute_not_exists(#totalTimeSpent)"
    if before.total_time_spent is not None:
        same_time = "#totalTimeSpent = :totalTimeSpent"
        values[":totalTimeSpent"] = before.total_time_spent
    same_lectures = "attribute_not_exists(#completedLectureIds)"
    if before.completed_lecture_ids:
        same_lectures = "#completedLectureIds = :completedLectureIds"
        values[":completedLectureIds"] = list(before.completed_lecture_ids)
    return update(
        keys.enrollment(after.user_id, after.course_id),
        expression,
        condition=f"{PRESENT} AND {same_progress} AND {same_time} AND {same_lectures}",
        values=values,
        conflict=lambda found: EnrollmentConflict(enrollment_from_item(found) if found else None),
    )


@operation.register
def _keep_customer(write: SaveCustomerId) -> Operation:
    student = keys.student(write.user_id)
    if write.customer_id is None:
        return check(student, PRESENT, lambda _found: StudentNotFound())
    attribute = f"#{write.provider}CustomerId"
    return update(
        student,
        f"SET {attribute} = if_not_exists({attribute}, :customer)",
        condition=PRESENT,
        values={":customer": write.customer_id},
        conflict=lambda _found: StudentNotFound(),
    )


def _already_enrolled(found: Item | None) -> DomainError:
    # The condition fails on what is there, and DynamoDB hands it over; without it there is nothing to tell.
    return AlreadyEnrolled(enrollment_from_item(found)) if found else TransactionConflict(())
