"""Writes about courses, and about the school as a whole."""

from __future__ import annotations

from functools import partial

from attrs import evolve, fields

from adapters.memory.plan import Plan, plan
from adapters.memory.store import Store
from domain.courses import Course
from domain.errors import ChangedMeanwhile, CourseExists, CourseNotFound
from domain.transactions.writes import AddCourse, ChangeCourse, ChangeSchool

_PRICE = frozenset({"price", "provider_prices"})


@plan.register
def _add(write: AddCourse, store: Store) -> Plan:
    course = write.course
    if course.course_id in store.courses:
        return CourseExists()
    return partial(store.courses.__setitem__, course.course_id, course)


@plan.register
def _change(write: ChangeCourse, store: Store) -> Plan:
    found = store.courses.get(write.before.course_id)
    if found is None:
        return CourseNotFound()
    names = [field.name for field in fields(Course)]
    changed = {name for name in names if getattr(write.before, name) != getattr(write.after, name)}
    decided_with = changed | (_PRICE if changed & _PRICE else frozenset())
    if any(getattr(found, name) != getattr(write.before, name) for name in decided_with):
        return ChangedMeanwhile()
    after = evolve(found, **{name: getattr(write.after, name) for name in changed})
    return partial(store.courses.__setitem__, found.course_id, after)


@plan.register
def _open_or_close(write: ChangeSchool, store: Store) -> Plan:
    found, before = store.school, write.before
    if (found.sales_closed, found.closed_providers) != (before.sales_closed, before.closed_providers):
        return ChangedMeanwhile()
    return partial(setattr, store, "school", write.after)
