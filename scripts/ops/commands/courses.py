"""`courses`: list courses, add them to the table, and link them to Stripe's catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from adapters.dynamodb import keys
from adapters.dynamodb.audit import audit_item
from adapters.dynamodb.codec import encode
from adapters.dynamodb.courses import course_from_item
from adapters.settings import Settings
from domain.audit import AuditAction, AuditSubject
from domain.courses import Course, ProviderPrice
from domain.errors import DomainError
from domain.paging import every_entry
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.identifiers import IdGenerator
from domain.use_cases.office.change_price import LinkCourse
from domain.use_cases.office.manage_courses import created_fields
from scripts.ops.commands.invitations import invitations, invite, withdraw
from scripts.ops.commands.manage_courses import change, close, create, reopen, reprice, show
from scripts.ops.commands.people_of_courses import forget, interest, students
from scripts.ops.commands.seats import capacity, recount_seats, waitlist
from scripts.ops.container import ops_container
from scripts.ops.errors import OpsError
from scripts.ops.stripe.account import StripeAccount
from scripts.ops.terminal.command import REASON, Operator, OpsGroup, dry_run, operated
from scripts.ops.terminal.rows import course_row, money

_PAGE = 100
_STRIPE = "stripe"
_CATALOGUE = "stripe"


@click.group(cls=OpsGroup)
def courses() -> None:
    """Create, change, price, close and list courses, add them to the table, link them to Stripe's catalogue."""


@courses.command("list")
@operated
def list_all(operator: Operator) -> None:
    """List the courses with their product and price ids."""
    container = ops_container(operator.stage)
    operator.out.table([course_row(course, _CATALOGUE) for course in _all(container.resolve(CourseRepo))])


@courses.command()
@operated
def check(operator: Operator) -> None:
    """Compare every paid course with its price at Stripe; the exit status is 1 if a checkout of one would fail."""
    container = ops_container(operator.stage)
    account = StripeAccount.of(operator.stage, operator.aws)
    rows = []
    for course in operator.out.progress(_all(container.resolve(CourseRepo)), "courses"):
        link = course.price_at(_CATALOGUE)
        if course.price is None:
            continue
        if link.price_id is None or link.product_id is None:
            problem = "has no price at Stripe: courses link"
        else:
            problem = "; ".join(_mismatches(course, account, link.product_id, link.price_id))
        rows.append({"course": course.course_id, "price": link.price_id, "problem": problem})
    operator.out.table(rows, if_empty="There are no paid courses.")
    if wrong := [str(row["course"]) for row in rows if row["problem"]]:
        raise OpsError(f"Nobody can buy {', '.join(wrong)}: courses link COURSE with a price that fits.")


@courses.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reason", default="Added from a file by an operator.", show_default=True, help=REASON)
@dry_run
@operated
def seed(operator: Operator, file: Path, *, reason: str, dry_run: bool) -> None:
    """Add the courses of FILE (a JSON list) that the table does not have. Existing courses stay unchanged."""
    container = ops_container(operator.stage)
    author, currency = operator.author(reason), container.resolve(Settings).currency
    items = _read(file, currency)
    client = operator.aws("dynamodb")
    rows = []
    for course_id, item in operator.out.progress(items.items(), "courses", len(items)):
        key = {name: item[name] for name in ("PK", "SK")}
        if "Item" in client.get_item(TableName=operator.stage.table, Key=encode(key)):
            rows.append({"course": course_id, "done": "unchanged"})
        elif dry_run:
            rows.append({"course": course_id, "done": "would be added"})
        else:
            record = author.record(
                AuditAction.COURSE_CREATED,
                AuditSubject(course_id=course_id),
                audit_id=container.resolve(IdGenerator).audit_id(),
                at=container.resolve(Clock).now(),
                after=created_fields(course_from_item(item, currency)),
            )
            rows.append({"course": course_id, "done": _add(client, operator.stage.table, item, audit_item(record))})
    operator.out.table(rows)


@courses.command()
@click.argument("course_id", metavar="COURSE")
@click.option("--product", required=True, help="Stripe's id of the product: prod_...")
@click.option("--price", required=True, help="Stripe's id of the price: price_...")
@click.option("--check/--no-check", default=True, help="Compare with Stripe's catalogue first.")
@click.option("--reason", default="Linked by an operator.", show_default=True, help=REASON)
@dry_run
@operated
def link(
    operator: Operator, course_id: str, product: str, price: str, *, check: bool, reason: str, dry_run: bool
) -> None:
    """Set the Stripe product and price of COURSE. Everything else about the course stays unchanged."""
    container = ops_container(operator.stage)
    course = container.resolve(CourseRepo).get(course_id)
    if check:
        _require_match(course, StripeAccount.of(operator.stage, operator.aws), product, price)
    if dry_run:
        operator.out.say("Nothing was changed. The course is now:")
    else:
        link_course: LinkCourse = container.resolve(LinkCourse)
        published = ProviderPrice(product_id=product, price_id=price)
        course = link_course(course_id, _STRIPE, published, operator.author(reason))
    operator.out.details(course_row(course, _CATALOGUE))


def _all(repo: CourseRepo) -> list[Course]:
    return list(every_entry(lambda cursor: repo.page(limit=_PAGE, cursor=cursor)))


def _require_match(course: Course, account: StripeAccount, product: str, price: str) -> None:
    """Compare the Stripe price with the course.

    Raises:
        OpsError: Stripe would charge another amount than the course's, or nothing.
    """
    wrong = _mismatches(course, account, product, price)
    if wrong:
        raise OpsError(f"The price {price} does not fit {course.course_id}: {'; '.join(wrong)}.")


def _mismatches(course: Course, account: StripeAccount, product: str, price: str) -> list[str]:
    """Why a checkout of the course with this price would fail or cost another amount; empty if it fits.

    Raises:
        stripe.StripeError: Stripe does not answer, or refuses the key.
    """
    import stripe

    try:
        found = account.client.v1.prices.retrieve(price)
    except stripe.InvalidRequestError:
        return [f"Stripe does not know the price {price}"]
    owner = found.product if isinstance(found.product, str) else found.product.id
    wrong = []
    if owner != product:
        wrong.append(f"it belongs to {owner}")
    if found.type != "one_time" or not found.active:
        wrong.append("it is not an active one-time price")
    if course.price is None or (found.unit_amount, found.currency) != (course.price.amount, course.price.currency):
        wrong.append(
            f"it is {found.unit_amount} {found.currency} in minor units, and the course costs {money(course.price)}"
        )
    return wrong


def _read(file: Path, currency: str) -> dict[str, dict[str, Any]]:
    """The file's courses as items by course id; all are validated before the first is written."""
    try:
        listed = json.loads(file.read_text("utf-8"), parse_float=Decimal)
        found = {str(course["courseId"]): _item(course) for course in listed}
        for item in found.values():
            course_from_item(item, currency)
    except (ValueError, KeyError, TypeError) as error:
        raise OpsError(f"{file.name} is not a JSON list of courses: {type(error).__name__} {error}") from error
    except DomainError as error:
        raise OpsError(f"{file.name} has a course that is not valid: {error}") from error
    return found


def _item(course: Mapping[str, Any]) -> dict[str, Any]:
    course_id = str(course["courseId"])
    return {**course, **keys.course(course_id).attributes, **keys.course_index(course_id)}


def _add(client: Any, table: str, item: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """Add a course, with attributes of the editors' own, and the record of it in one transaction."""
    absent = {"TableName": table, "ConditionExpression": "attribute_not_exists(PK)"}
    puts = [{"Put": {**absent, "Item": encode(one)}} for one in (item, record)]
    try:
        client.transact_write_items(TransactItems=puts)
    except client.exceptions.TransactionCanceledException as canceled:
        if canceled.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise
        return "unchanged"
    return "added"


for command in (
    show,
    create,
    change,
    reprice,
    close,
    reopen,
    students,
    interest,
    forget,
    invite,
    invitations,
    withdraw,
    capacity,
    waitlist,
    recount_seats,
):
    courses.add_command(command)
