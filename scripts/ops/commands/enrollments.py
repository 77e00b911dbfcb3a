"""`enrollments`: give an enrollment, end one, give it back, or lift a bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from domain.ports.enrollments import EnrollmentRepo
from domain.use_cases.office.manage_enrollments import (
    EnrollmentOrder,
    GrantEnrollment,
    LiftBar,
    ReinstateEnrollment,
    RevokeEnrollment,
)
from scripts.ops.container import ops_container
from scripts.ops.terminal.command import Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.terminal.rows import ended_details, enrollment_details

Command = TypeVar("Command", bound=Callable[..., None])


@click.group(cls=OpsGroup)
def enrollments() -> None:
    """Grant, revoke and reinstate enrollments, and lift bars."""


def _about_one(command: Command) -> Command:
    """Add the arguments USER and COURSE, --reason, --dry-run and --yes to the command."""
    for decorate in (
        operated,
        yes,
        dry_run,
        click.option("--reason", required=True, help="Why, for the record. No names, no e-mail addresses."),
        click.argument("course_id", metavar="COURSE"),
        click.argument("user_id", metavar="USER"),
    ):
        command = decorate(command)
    return command


@enrollments.command()
@_about_one
def grant(operator: Operator, user_id: str, course_id: str, *, reason: str, dry_run: bool, yes: bool) -> None:
    """Enroll the student USER in COURSE without a payment. An open checkout for it is closed first."""
    order = _order(operator, user_id, course_id, reason)
    if _goes_on(operator, order, f"Enroll {user_id} in {course_id} for nothing?", dry_run=dry_run, yes=yes):
        use_case: GrantEnrollment = ops_container(operator.stage, quiet=True).resolve(GrantEnrollment)
        operator.out.details(enrollment_details(use_case(order)))


@enrollments.command()
@click.option("--bar", is_flag=True, help="Keep the student from enrolling in the course again.")
@_about_one
def revoke(
    operator: Operator, user_id: str, course_id: str, *, reason: str, bar: bool, dry_run: bool, yes: bool
) -> None:
    """End the enrollment of USER in COURSE. Progress is kept, and so is what was paid: refund it separately."""
    order = _order(operator, user_id, course_id, reason)
    if _goes_on(operator, order, f"End the enrollment of {user_id} in {course_id}?", dry_run=dry_run, yes=yes):
        use_case: RevokeEnrollment = ops_container(operator.stage, quiet=True).resolve(RevokeEnrollment)
        operator.out.details(ended_details(use_case(order, bar=bar)))


@enrollments.command()
@_about_one
def reinstate(operator: Operator, user_id: str, course_id: str, *, reason: str, dry_run: bool, yes: bool) -> None:
    """Give USER the ended enrollment in COURSE back, if what was paid for it is still kept."""
    order = _order(operator, user_id, course_id, reason)
    if _goes_on(operator, order, f"Give {user_id} the enrollment in {course_id} back?", dry_run=dry_run, yes=yes):
        use_case: ReinstateEnrollment = ops_container(operator.stage, quiet=True).resolve(ReinstateEnrollment)
        operator.out.details(enrollment_details(use_case(order)))


@enrollments.command()
@_about_one
def unbar(operator: Operator, user_id: str, course_id: str, *, reason: str, dry_run: bool, yes: bool) -> None:
    """Let USER enroll in COURSE again, after a lost dispute or a revocation with a bar."""
    order = _order(operator, user_id, course_id, reason)
    if _goes_on(operator, order, f"Let {user_id} enroll in {course_id} again?", dry_run=dry_run, yes=yes):
        use_case: LiftBar = ops_container(operator.stage, quiet=True).resolve(LiftBar)
        operator.out.details(ended_details(use_case(order)))


def _order(operator: Operator, user_id: str, course_id: str, reason: str) -> EnrollmentOrder:
    author = operator.author(reason)
    return EnrollmentOrder(user_id=user_id, course_id=course_id, by=author.by, role=author.role, reason=author.reason)


def _goes_on(operator: Operator, order: EnrollmentOrder, question: str, *, dry_run: bool, yes: bool) -> bool:
    """Ask, unless it is a dry run: that shows how things are now."""
    if not dry_run:
        operator.confirm(question, yes=yes)
        return True
    repo: EnrollmentRepo = ops_container(operator.stage).resolve(EnrollmentRepo)
    operator.out.say(f"Nothing was changed. [{operator.stage.name}] {question} This is how it is now:")
    operator.out.sections(
        {
            "enrollment": enrollment_details(repo.find(order.user_id, order.course_id)),
            "ended enrollment": ended_details(repo.ended(order.user_id, order.course_id)),
        }
    )
    return False
