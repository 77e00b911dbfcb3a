"""Writes about students and their enrollments."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

from attrs import evolve

from adapters.memory.plan import Plan, nothing, plan
from adapters.memory.store import Store
from domain.enrollments import PENDING, Enrollment
from domain.errors import StudentNotFound
from domain.transactions.conflicts import AlreadyEnrolled, EnrollmentConflict
from domain.transactions.writes import (
    AddEnrollment,
    AdvanceEnrollment,
    ChangeEnded,
    DeleteStudent,
    EndEnrollment,
    ForgetCustomer,
    ReinstateEnrollment,
    RequireNoEnrollmentOf,
    RequireNotEnrolled,
    RequireStudent,
    SaveCustomerId,
)

_PROGRESS = (
    "progress",
    "completed",
    "completed_at",
    "current_lecture_id",
    "completed_lectures",
    "completed_lecture_ids",
    "total_time_spent",
    "last_accessed_at",
)


@plan.register
def _add(write: AddEnrollment, store: Store) -> Plan:
    key = (write.enrollment.user_id, write.enrollment.course_id)
    if found := active_enrollment(store, *key):
        return AlreadyEnrolled(found)
    return partial(store.enrollments.__setitem__, key, write.enrollment)


@plan.register
def _require(write: RequireNotEnrolled, store: Store) -> Plan:
    found = active_enrollment(store, write.user_id, write.course_id)
    return AlreadyEnrolled(found) if found else nothing


@plan.register
def _end(write: EndEnrollment, store: Store) -> Plan:
    ended = write.ended
    key = (ended.enrollment.user_id, ended.enrollment.course_id)
    found, latest = active_enrollment(store, *key), store.ended.get(key)
    if found is None or _as_read(found) != _as_read(ended.enrollment) or latest != write.previous:
        return EnrollmentConflict(found)

    def change() -> None:
        del store.enrollments[key]
        store.ended[key] = ended
        if latest is not None:
            store.earlier_ended[(*key, latest.enrollment.enrolled_at)] = latest

    return change


@plan.register
def _require_none_of(write: RequireNoEnrollmentOf, store: Store) -> Plan:
    found = store.enrollments.get((write.user_id, write.course_id))
    is_of_session = found is not None and found.payment_session_id == write.payment_session_id
    return EnrollmentConflict(found) if is_of_session else nothing


@plan.register
def _change_ended(write: ChangeEnded, store: Store) -> Plan:
    key = (write.before.enrollment.user_id, write.before.enrollment.course_id)
    if store.ended.get(key) != write.before:
        return EnrollmentConflict(None)
    return partial(store.ended.__setitem__, key, write.after)


@plan.register
def _reinstate(write: ReinstateEnrollment, store: Store) -> Plan:
    enrollment = write.ended.enrollment
    key = (enrollment.user_id, enrollment.course_id)
    if found := active_enrollment(store, *key):
        return AlreadyEnrolled(found)
    latest = store.ended.get(key)
    if latest is None or latest != write.ended:
        return EnrollmentConflict(None)

    def change() -> None:
        del store.ended[key]
        store.enrollments[key] = latest.enrollment

    return change


def active_enrollment(store: Store, user_id: str, course_id: str) -> Enrollment | None:
    """The student's enrollment in the course; one whose payment is still pending is none."""
    found = store.enrollments.get((user_id, course_id))
    return None if found is None or found.payment_status == PENDING else found


def _as_read(enrollment: Enrollment) -> tuple[object, ...]:
    return (
        enrollment.enrolled_at,
        enrollment.payment_session_id,
        *_read(enrollment),
        enrollment.last_accessed_at,
    )


@plan.register
def _advance(write: AdvanceEnrollment, store: Store) -> Plan:
    before, after = write.before, write.after
    key = (after.user_id, after.course_id)
    found = active_enrollment(store, *key)
    if found is None or _read(found) != _read(before):
        return EnrollmentConflict(found)
    learned = {name: value for name in _PROGRESS if (value := getattr(after, name)) is not None}
    return partial(store.enrollments.__setitem__, key, evolve(found, **learned))


def _read(enrollment: Enrollment) -> tuple[object, ...]:
    return enrollment.progress, enrollment.total_time_spent, enrollment.completed_lecture_ids


@plan.register
def _save_customer(write: SaveCustomerId, store: Store) -> Plan:
    student = store.students.get(write.user_id)
    if student is None:
        return StudentNotFound()
    if write.customer_id is None or write.provider in student.customers:
        return nothing
    customers = MappingProxyType({**student.customers, write.provider: write.customer_id})
    return partial(store.students.__setitem__, write.user_id, evolve(student, customers=customers))


@plan.register
def _forget_customer(write: ForgetCustomer, store: Store) -> Plan:
    student = store.students.get(write.user_id)
    if student is None or student.customers.get(write.provider) != write.customer_id:
        return StudentNotFound()
    rest = {provider: customer for provider, customer in student.customers.items() if provider != write.provider}
    return partial(store.students.__setitem__, write.user_id, evolve(student, customers=MappingProxyType(rest)))


@plan.register
def _require_student(write: RequireStudent, store: Store) -> Plan:
    return nothing if write.user_id in store.students else StudentNotFound()


@plan.register
def _delete(write: DeleteStudent, store: Store) -> Plan:
    if write.user_id not in store.students:
        return StudentNotFound()
    return partial(_forget, store, write.user_id)


def _forget(store: Store, user_id: str) -> None:
    del store.students[user_id]
