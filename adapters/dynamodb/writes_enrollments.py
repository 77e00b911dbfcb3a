"""Writes about enrollments: begun, advanced, ended and given back."""

from __future__ import annotations

from adapters.dynamodb import keys
from adapters.dynamodb.codec import Item
from adapters.dynamodb.enrollment_items import (
    NOT_PENDING,
    as_read,
    as_stored,
    earlier_ended_item,
    ended_as_read,
    ended_item,
    ending_attributes,
    enrolled,
    enrollment_from_item,
    enrollment_item,
    progress_attributes,
)
from adapters.dynamodb.expressions import ABSENT, PRESENT, Condition, replacing, setting
from adapters.dynamodb.operations import Operation, Refusal, check, delete, operation, put, update
from domain.enrollments import PENDING, EndedEnrollment, Enrollment
from domain.errors import DomainError
from domain.transactions.conflicts import AlreadyEnrolled, EnrollmentConflict, TransactionConflict
from domain.transactions.writes import (
    AddEnrollment,
    AdvanceEnrollment,
    ChangeEnded,
    EndEnrollment,
    ReinstateEnrollment,
    RequireNoEnrollmentOf,
    RequireNotEnrolled,
)

_NOT_ENROLLED = f"{ABSENT} OR #paymentStatus = :pending"
_PENDING = {":pending": PENDING}


@operation.register
def _add(write: AddEnrollment) -> Operation:
    return put(enrollment_item(write.enrollment), _NOT_ENROLLED, _already_enrolled, values=_PENDING)


@operation.register
def _require(write: RequireNotEnrolled) -> Operation:
    key = keys.enrollment(write.user_id, write.course_id)
    return check(key, _NOT_ENROLLED, _already_enrolled, values=_PENDING)


@operation.register
def _advance(write: AdvanceEnrollment) -> Operation:
    before, after = write.before, write.after
    known, learned = progress_attributes(before), progress_attributes(after)
    # Only what was learned: a fraction of a percent that others stored is kept until whole percents overtake it.
    expression, values = setting({name: value for name, value in learned.items() if value != known[name]})
    stored = as_stored(before)
    condition = Condition().also(PRESENT).also(NOT_PENDING, _PENDING)
    condition.same("progress", stored["progress"], absent=0)
    for name in ("totalTimeSpent", "completedLectureIds"):
        condition.same(name, stored[name])
    return update(
        keys.enrollment(after.user_id, after.course_id),
        expression,
        condition=condition.expression,
        values=values | condition.values,
        conflict=_changed,
    )


@operation.register
def _end(write: EndEnrollment) -> tuple[Operation, ...]:
    ended, previous = write.ended, write.previous
    condition = as_read(ended.enrollment)
    latest = ended_as_read(previous) if previous else Condition().also(ABSENT)
    return (
        delete(_key(ended.enrollment), condition=condition.expression, values=condition.values, conflict=_changed),
        put(ended_item(ended), latest.expression, _still(ended.enrollment), values=latest.values),
        *((put(earlier_ended_item(previous)),) if previous else ()),
    )


@operation.register
def _require_none_of(write: RequireNoEnrollmentOf) -> Operation:
    return check(
        keys.enrollment(write.user_id, write.course_id),
        "attribute_not_exists(#paymentSessionId) OR #paymentSessionId <> :ours",
        _changed,
        values={":ours": write.payment_session_id},
    )


@operation.register
def _change_ended(write: ChangeEnded) -> Operation:
    expression, values = replacing(ending_attributes(write.after))
    condition = ended_as_read(write.before)
    return update(
        _ended_key(write.before),
        expression,
        condition=condition.expression,
        values=values | condition.values,
        conflict=_ended_changed,
    )


@operation.register
def _reinstate(write: ReinstateEnrollment) -> tuple[Operation, ...]:
    condition = ended_as_read(write.ended)
    return (
        put(as_stored(write.ended.enrollment), _NOT_ENROLLED, _already_enrolled, values=_PENDING),
        delete(
            _ended_key(write.ended),
            condition=condition.expression,
            values=condition.values,
            conflict=_ended_changed,
        ),
    )


def _key(enrollment: Enrollment) -> keys.Key:
    return keys.enrollment(enrollment.user_id, enrollment.course_id)


def _ended_key(ended: EndedEnrollment) -> keys.Key:
    return keys.ended_enrollment(ended.enrollment.user_id, ended.enrollment.course_id)


def _already_enrolled(found: Item | None) -> DomainError:
    # The condition fails on what is there, and DynamoDB hands it over; without it there would be nothing to report.
    return AlreadyEnrolled(enrollment_from_item(found)) if found else TransactionConflict(())


def _changed(found: Item | None) -> DomainError:
    return EnrollmentConflict(enrolled(found))


def _ended_changed(_found: Item | None) -> DomainError:
    return EnrollmentConflict(None)


def _still(enrollment: Enrollment) -> Refusal:
    """The conflict of an enrollment that is as it was read, while the one that had ended before is not."""
    return lambda _found: EnrollmentConflict(enrollment)
