"""Courses created and changed, sales closed, and who waits for a course; in memory and in DynamoDB."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from attrs import evolve

from adapters.dynamodb.codec import encode
from domain.courses import Course, ProviderPrice
from domain.errors import ChangedMeanwhile, CourseExists, CourseNotFound, DomainError
from domain.money import Money
from domain.school import OPEN_SCHOOL, School
from domain.transactions.writes import AddCourse, ChangeCourse, ChangeSchool
from tests.support.aws.backends import Backend, DynamoBackend
from tests.support.factories import NOW, a_course, a_free_course, later

PRICES = MappingProxyType({"stripe": ProviderPrice(product_id="prod_1", price_id="price_2")})
CLOSED = School(sales_closed=True, reason="Exams.", by="admin-1", at=NOW)

CHANGES: list[dict[str, Any]] = [
    {"name": "Other"},
    {"description": "", "instructor": "Kim", "image_url": "https://img.example/2.png"},
    {"coming_soon": True},
    {"sales_closed": True},
    {"pricing_model": "free"},
    {"price": Money(9900, "usd"), "provider_prices": PRICES},
    {"price": Money(9900, "eur"), "provider_prices": PRICES},
    {"learning_objectives": ("One", "Two"), "total_lessons": 7, "estimated_duration": "2 h"},
    {"curriculum": ({"title": "Begin", "lessons": [{"title": "A", "minutes": 3}]},)},
]


def _kinds(storage: Backend, *writes: Any) -> list[type[DomainError]]:
    return [type(found) for found in storage.conflicts(*writes)]


@pytest.mark.parametrize("course", [a_course(), a_free_course(), a_course(coming_soon=True, sales_closed=True)])
def test_a_course_is_read_as_it_was_created(storage: Backend, course: Course) -> None:
    """By its id and in the catalogue; its id is used once."""
    storage.commit(AddCourse(course))
    assert storage.courses.get(course.course_id) == course
    assert storage.courses.page(limit=5, cursor=None).entries == (course,)
    assert _kinds(storage, AddCourse(evolve(course, name="Other"))) == [CourseExists]


@pytest.mark.parametrize("change", CHANGES, ids=", ".join)
def test_what_changes_is_changed_and_can_be_changed_back(storage: Backend, change: dict[str, Any]) -> None:
    """And nothing else."""
    before = a_course()
    after = evolve(before, **change)
    storage.keep_course(before)
    storage.commit(ChangeCourse(before, after))
    assert storage.courses.get("course-1") == after
    storage.commit(ChangeCourse(after, before))
    assert storage.courses.get("course-1") == before


@pytest.mark.parametrize("change", CHANGES, ids=", ".join)
def test_of_two_who_change_the_same_the_second_is_refused(storage: Backend, change: dict[str, Any]) -> None:
    """Both had read the same; whoever changes something else is not in the way."""
    before = a_course()
    storage.keep_course(before)
    storage.commit(ChangeCourse(before, evolve(before, **change)))
    assert _kinds(storage, ChangeCourse(before, evolve(before, **change))) == [ChangedMeanwhile]
    other = {"total_lessons": 99} if "total_lessons" not in change else {"name": "Else"}
    storage.commit(ChangeCourse(before, evolve(before, **other)))
    assert storage.courses.get("course-1") == evolve(before, **change, **other)


def test_a_price_and_its_names_at_the_provider_change_together(storage: Backend) -> None:
    """Whoever has read another price id changes no price."""
    before = a_course()
    storage.keep_course(before)
    linked = evolve(before, provider_prices=PRICES)
    storage.commit(ChangeCourse(before, linked))
    assert _kinds(storage, ChangeCourse(before, evolve(before, price=Money(1000, "usd")))) == [ChangedMeanwhile]


def test_a_course_that_is_not_there_is_not_made(storage: Backend) -> None:
    """A change is no creation."""
    before = a_course()
    assert _kinds(storage, ChangeCourse(before, evolve(before, name="Other"))) == [CourseNotFound]


@pytest.mark.parametrize("absent", [("currency",), ("comingSoon", "description"), ("imageUrl", "learningObjectives")])
def test_what_editors_left_out_can_be_changed(dynamo: DynamoBackend, absent: tuple[str, ...]) -> None:
    """An item without an attribute, or with a false one, is as it was read."""
    dynamo.keep_course(a_course(coming_soon=False))
    item = dynamo.item("COURSE#course-1") or {}
    dynamo.put({name: value for name, value in item.items() if name not in absent} | {"salesClosed": False})
    before = dynamo.courses.get("course-1")
    after = evolve(
        before,
        description="New",
        coming_soon=True,
        sales_closed=True,
        image_url="https://i.example",
        learning_objectives=("New",),
        price=Money(1000, "usd"),
    )
    dynamo.commit(ChangeCourse(before, after))
    assert dynamo.courses.get("course-1") == after


@pytest.mark.parametrize("nothing", ["description", "imageUrl", "comingSoon", "salesClosed", "learningObjectives"])
def test_what_editors_stored_as_null_can_be_changed(dynamo: DynamoBackend, nothing: str) -> None:
    """Some back ends store it where others leave the attribute out."""
    dynamo.keep_course(a_course())
    item = encode(dynamo.item("COURSE#course-1") or {}) | {nothing: {"NULL": True}}
    dynamo.admin.put_item(TableName=dynamo.name, Item=item)
    before = dynamo.courses.get("course-1")
    changes: dict[str, Any] = {"description": "New", "image_url": "https://i.example", "learning_objectives": ("New",)}
    after = evolve(before, **changes, coming_soon=True, sales_closed=True)
    dynamo.commit(ChangeCourse(before, after))
    assert dynamo.courses.get("course-1") == after
    assert _kinds(dynamo, ChangeCourse(before, after)) == [ChangedMeanwhile]


def test_what_no_class_has_a_name_for_stays(dynamo: DynamoBackend) -> None:
    """Other back ends keep more about a course."""
    dynamo.keep_course(a_course())
    dynamo.put({**(dynamo.item("COURSE#course-1") or {}), "rating": 5})
    before = dynamo.courses.get("course-1")
    dynamo.commit(ChangeCourse(before, evolve(before, name="Other")))
    item = dynamo.item("COURSE#course-1") or {}
    assert (item["rating"], item["name"]) == (5, "Other")


def test_those_that_exist_are_found_among_those_that_do_not(storage: Backend) -> None:
    """However many, in batches; impossible ids do not exist."""
    for number in range(103):
        storage.keep_course(a_course(course_id=f"c-{number}"))
    known = frozenset(f"c-{number}" for number in range(103))
    assert storage.courses.existing(known | {"nope", "c#1", ""}) == known
    assert storage.courses.existing(frozenset()) == frozenset()


# -- the school as a whole --------------------------------------------------------------------------------------------


def test_a_school_about_which_nothing_was_decided_is_open(storage: Backend) -> None:
    """And so is every enrollment's context."""
    assert storage.school.get() == OPEN_SCHOOL
    assert storage.enrollments.context("user-1", "course-1").school == OPEN_SCHOOL


def test_sales_are_closed_and_opened(storage: Backend) -> None:
    """Seen at once by whoever enrolls; of two who close them the second is refused."""
    storage.commit(ChangeSchool(OPEN_SCHOOL, CLOSED))
    assert storage.school.get() == CLOSED
    assert storage.enrollments.context("user-1", "course-1").school == CLOSED
    assert _kinds(storage, ChangeSchool(OPEN_SCHOOL, CLOSED)) == [ChangedMeanwhile]
    providers = evolve(CLOSED, closed_providers=frozenset({"stripe", "paypal"}))
    storage.commit(ChangeSchool(CLOSED, providers))
    assert storage.school.get() == providers
    assert _kinds(storage, ChangeSchool(CLOSED, providers)) == [ChangedMeanwhile]
    storage.commit(ChangeSchool(providers, CLOSED))
    opened = School(reason="Over.", by="admin-2", at=later())
    storage.commit(ChangeSchool(CLOSED, opened))
    assert storage.school.get() == opened
