"""Writes about courses, and about the school as a whole."""

from __future__ import annotations

from adapters.dynamodb import keys
from adapters.dynamodb.codec import Item
from adapters.dynamodb.courses import course_item
from adapters.dynamodb.expressions import ABSENT, PRESENT, Condition, replacing
from adapters.dynamodb.operations import Operation, operation, put, update
from adapters.timestamps import iso
from domain.courses import Course
from domain.errors import ChangedMeanwhile, CourseExists, CourseNotFound, DomainError
from domain.transactions.writes import AddCourse, ChangeCourse, ChangeSchool

_PRICE = frozenset({"price", "currency"})
_PRICE_IDS = ("ProductId", "PriceId")
_WHERE_ABSENT: Item = {
    "description": "",
    "instructor": "",
    "imageUrl": "",
    "learningObjectives": (),
    "curriculum": (),
    "comingSoon": False,
    "salesClosed": False,
}


@operation.register
def _add(write: AddCourse) -> Operation:
    return put(course_item(write.course), ABSENT, lambda _found: CourseExists())


@operation.register
def _change(write: ChangeCourse) -> Operation:
    before, after = _terms(write.before), _terms(write.after)
    names = sorted(before.keys() | after.keys())
    changed = {name: after.get(name) for name in names if before.get(name) != after.get(name)}
    # A price and the provider's names for it are decided together, or a student would be shown one and charged another.
    priced = _PRICE | {name for name in names if name.endswith(_PRICE_IDS)}
    decided_with = changed.keys() | (priced if changed.keys() & priced else frozenset())
    condition = Condition().also(PRESENT)
    for name in sorted(decided_with):
        # A course that does not say its currency has the school's, and was read as having it.
        absent = before.get(name) if name == "currency" else _WHERE_ABSENT.get(name)
        condition.same(name, before.get(name), absent=absent)
    expression, values = replacing(changed)
    return update(
        keys.course(write.after.course_id),
        expression,
        condition=condition.expression,
        values=values | condition.values,
        conflict=_course_conflict,
    )


@operation.register
def _open_or_close(write: ChangeSchool) -> Operation:
    before, after = write.before, write.after
    condition = Condition().same("salesClosed", before.sales_closed, absent=False)
    condition.same("closedProviders", sorted(before.closed_providers) or None)
    item: Item = {
        **keys.school().attributes,
        "salesClosed": after.sales_closed,
        "closedProviders": sorted(after.closed_providers) or None,
        "reason": after.reason or None,
        "by": after.by or None,
        "at": iso(after.at) if after.at else None,
    }
    return put(item, condition.expression, lambda _found: ChangedMeanwhile(), values=condition.values)


def _terms(course: Course) -> Item:
    """What may change about a course, with a word for what is usually left out."""
    item = course_item(course)
    kept = {name: value for name, value in item.items() if name not in keys.KEY_ATTRIBUTES | {"courseId"}}
    return kept | {"comingSoon": course.coming_soon, "salesClosed": course.sales_closed}


def _course_conflict(found: Item | None) -> DomainError:
    return ChangedMeanwhile() if found else CourseNotFound()
