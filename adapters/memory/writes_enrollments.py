"""Writes about students and their enrollments."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

from attrs import evolve

from adapters.memory.plan import Plan, nothing, plan
from adapters.memory.store import Store
from domain.enrollments import Enrollment
from domain.errors import StudentNotFound
from domain.transactions.conflicts import AlreadyEnrolled, EnrollmentConflict
from domain.transactions.writes import AddEnrollment, AdvanceEnrollment, RequireNotEnrolled, SaveCustomerId

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
    if found := store.enrollments.get(key):
        return AlreadyEnrolled(found)
    return partial(store.enrollments.__setitem__, key, write.enrollment)


@plan.register
def _require(write: RequireNotEnrolled, store: Store) -> Plan:
    found = store.enrollments.get((write.user_id, write.course_id))
    return AlreadyEnrolled(found) if found else nothing


@plan.register
def _advance(write: AdvanceEnrollment, store: Store) -> Plan:
    before, after = write.before, write.after
    key = (after.user_id, after.course_id)
    found = store.enrollments.get(key)
    if found is None or _read(found) != _read(before):
        return EnrollmentConflict(found)
    learned = {name: value for name in _PROGRESS if (value := getattr(after, name)) is not None}
    return partial(store.enrollments.__setitem__, key, evolve(found, **learned))


def _read(enrollment: Enrollment) -> tuple[object, ...]:
    return enrollment.progress, enrollment.total_time_spent, enrollment.completed_lecture_ids


@plan.register
def _keep_customer(write: SaveCustomerId, store: Store) -> Plan:
    student = store.students.get(write.user_id)
    if student is None:
        return StudentNotFound()
    if write.customer_id is None or write.provider in student.customers:
        return nothing
    customers = MappingProxyType({**student.customers, write.provider: write.customer_id})
    return partial(store.students.__setitem__, write.user_id, evolve(student, customers=customers))
