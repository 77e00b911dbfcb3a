"""`courses show, create, change, reprice, close, open`: courses as the school keeps them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import click
from attrs import evolve

from adapters.http.curriculum import as_stored
from adapters.http.request_bodies.courses import SectionTerms
from adapters.settings import Settings
from domain.changes import UNCHANGED
from domain.courses import PRICING_MODELS, Course
from domain.errors import InvalidValue
from domain.money import Money
from domain.ports.courses import CourseRepo
from domain.use_cases.office.change_price import ChangePrice
from domain.use_cases.office.manage_courses import (
    ChangeCourseTerms,
    CloseSales,
    CourseChanges,
    CreateCourse,
)
from scripts.ops.container import ops_container
from scripts.ops.errors import WrongUsageError
from scripts.ops.terminal.command import REASON, Operator, dry_run, operated
from scripts.ops.terminal.curriculum_file import CurriculumFile
from scripts.ops.terminal.option_types import Amount, minor_units
from scripts.ops.terminal.rows import course_details, money

_STRIPE = "stripe"
_reason = click.option("--reason", required=True, help=REASON)
_course = click.argument("course_id", metavar="COURSE")
_model = click.Choice(PRICING_MODELS)
_CURRICULUM = "A file of JSON: [{title, lessons: [{lessonId, title, minutes}]}]."
_REMOVED: dict[str, tuple[str, Any]] = {
    "description": ("description", ""),
    "instructor": ("instructor", ""),
    "image-url": ("image_url", ""),
    "objectives": ("learning_objectives", ()),
    "curriculum": ("curriculum", ()),
    "duration": ("estimated_duration", None),
    "lessons": ("total_lessons", None),
}
"""What may be removed from a course: the field, and what it is then."""


@click.command()
@_course
@operated
def show(operator: Operator, course_id: str) -> None:
    """Show one course."""
    operator.out.details(course_details(ops_container(operator.stage).resolve(CourseRepo).get(course_id), _STRIPE))


@click.command()
@_course
@click.option("--name", required=True)
@click.option("--model", type=_model, required=True, help="How one enrolls in it.")
@click.option("--price", type=Amount(), help="Such as 129.00; without it the course cannot be bought yet.")
@click.option("--currency", help="ISO 4217; the school's currency unless given.")
@click.option("--description", default="")
@click.option("--instructor", default="")
@click.option("--image-url", default="")
@click.option("--objective", "objectives", multiple=True, help="What one learns; may be repeated.")
@click.option("--curriculum", type=CurriculumFile(), help=_CURRICULUM)
@click.option("--duration", help="How long it takes, as the editors write it.")
@click.option("--lessons", type=click.IntRange(0), help="Number of lessons.")
@click.option("--coming-soon/--open", default=True, help="Only announced, or open at once; by default announced.")
@_reason
@dry_run
@operated
def create(
    operator: Operator,
    course_id: str,
    *,
    name: str,
    model: str,
    price: Decimal | None,
    currency: str | None,
    description: str,
    instructor: str,
    image_url: str,
    objectives: tuple[str, ...],
    curriculum: list[SectionTerms] | None,
    duration: str | None,
    lessons: int | None,
    coming_soon: bool,
    reason: str,
    dry_run: bool,
) -> None:
    """Create the course COURSE. Its id is final."""
    container = ops_container(operator.stage)
    course = Course(
        course_id=course_id,
        name=name,
        pricing_model=model,
        price=_money(price, currency or container.resolve(Settings).currency),
        description=description,
        instructor=instructor,
        image_url=image_url,
        learning_objectives=objectives,
        curriculum=as_stored(curriculum or (), ()),
        estimated_duration=duration,
        total_lessons=lessons,
        coming_soon=coming_soon,
    )
    if dry_run:
        operator.out.say("Nothing was changed. This would be created:")
    else:
        use_case: CreateCourse = container.resolve(CreateCourse)
        course = use_case(course, operator.author(reason))
    operator.out.details(course_details(course, _STRIPE))


@click.command()
@_course
@click.option("--name")
@click.option("--description")
@click.option("--instructor")
@click.option("--model", type=_model, help="How one enrolls in it.")
@click.option("--image-url")
@click.option("--curriculum", type=CurriculumFile(), help=_CURRICULUM)
@click.option("--duration", help="How long it takes, as the editors write it.")
@click.option("--lessons", type=click.IntRange(0), help="Number of lessons.")
@click.option("--objective", "objectives", multiple=True, help="What one learns; may be repeated. Replaces the others.")
@click.option("--coming-soon/--open", default=None, help="Only announced, or open for enrollment.")
@click.option("--remove", multiple=True, type=click.Choice(list(_REMOVED)), help="Remove this; may be repeated.")
@_reason
@dry_run
@operated
def change(
    operator: Operator,
    course_id: str,
    *,
    name: str | None,
    description: str | None,
    instructor: str | None,
    model: str | None,
    image_url: str | None,
    curriculum: list[SectionTerms] | None,
    duration: str | None,
    lessons: int | None,
    objectives: tuple[str, ...],
    coming_soon: bool | None,
    remove: tuple[str, ...],
    reason: str,
    dry_run: bool,
) -> None:
    """Change the course COURSE; what is not given stays. Its price is changed by `reprice`."""
    container = ops_container(operator.stage)
    courses: CourseRepo = container.resolve(CourseRepo)
    changes = CourseChanges(
        name=UNCHANGED if name is None else name,
        description=UNCHANGED if description is None else description,
        instructor=UNCHANGED if instructor is None else instructor,
        pricing_model=UNCHANGED if model is None else model,
        image_url=UNCHANGED if image_url is None else image_url,
        estimated_duration=UNCHANGED if duration is None else duration or None,
        total_lessons=UNCHANGED if lessons is None else lessons,
        learning_objectives=objectives or UNCHANGED,
        curriculum=UNCHANGED if curriculum is None else as_stored(curriculum, courses.get(course_id).curriculum),
        coming_soon=UNCHANGED if coming_soon is None else coming_soon,
    )
    for what in remove:
        field, nothing = _REMOVED[what]
        if getattr(changes, field) is not UNCHANGED:
            raise WrongUsageError(f"Either give {what} or remove it.")
        changes = evolve(changes, **{field: nothing})
    if changes == CourseChanges():
        raise WrongUsageError("Name what is to change.")
    if dry_run:
        operator.out.say("Nothing was changed. The course would then be:")
        course = changes.given_to(courses.get(course_id))
    else:
        use_case: ChangeCourseTerms = container.resolve(ChangeCourseTerms)
        course = use_case(course_id, changes, operator.author(reason))
    operator.out.details(course_details(course, _STRIPE))


@click.command()
@_course
@click.argument("price", type=Amount())
@click.option("--currency", help="ISO 4217; that of the present price unless given.")
@_reason
@dry_run
@operated
def reprice(
    operator: Operator, course_id: str, price: Decimal, *, currency: str | None, reason: str, dry_run: bool
) -> None:
    """Change the price of COURSE to PRICE, such as 129.00: at its provider first, then here in one write."""
    container = ops_container(operator.stage, quiet=True)
    course = container.resolve(CourseRepo).get(course_id)
    present = course.price.currency if course.price else container.resolve(Settings).currency
    wanted = _money(price, currency or present)
    if wanted is None or wanted.is_zero:
        raise InvalidValue("A price is above zero.")
    if dry_run:
        operator.out.say(f"Nothing was changed. The price would be {money(wanted)}, and is now:")
    else:
        use_case: ChangePrice = container.resolve(ChangePrice)
        course = use_case(course_id, wanted, operator.author(reason))
    operator.out.details(course_details(course, _STRIPE))


@click.command()
@_course
@_reason
@dry_run
@operated
def close(operator: Operator, course_id: str, *, reason: str, dry_run: bool) -> None:
    """Close COURSE for new enrollments. Who is enrolled stays so, and who is paying already may finish."""
    _sell(operator, course_id, reason, closed=True, dry_run=dry_run)


@click.command("open")
@_course
@_reason
@dry_run
@operated
def reopen(operator: Operator, course_id: str, *, reason: str, dry_run: bool) -> None:
    """Open COURSE for new enrollments again."""
    _sell(operator, course_id, reason, closed=False, dry_run=dry_run)


def _sell(operator: Operator, course_id: str, reason: str, *, closed: bool, dry_run: bool) -> None:
    container = ops_container(operator.stage)
    course = container.resolve(CourseRepo).get(course_id)
    if course.sales_closed is closed:
        operator.out.say(f"{course_id} is already {'closed' if closed else 'open'}.")
    elif dry_run:
        operator.out.say(f"Nothing was changed. The course would be {'closed' if closed else 'open'}, and is now:")
    else:
        use_case: CloseSales = container.resolve(CloseSales)
        course = use_case.of_course(course_id, operator.author(reason), closed=closed)
    operator.out.details(course_details(course, _STRIPE))


def _money(amount: Decimal | None, currency: str) -> Money | None:
    units = minor_units(amount, currency.lower())
    return None if units is None else Money(units, currency.lower())
