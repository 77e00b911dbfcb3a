"""`students`: find somebody by their e-mail address, show everything about one student, export or delete them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from domain.errors import StudentNotFound
from domain.ports.student_histories import StudentHistoryRepo
from domain.ports.students import StudentRepo
from domain.use_cases.student.erase_student import DeletionPlan, EraseStudent
from domain.use_cases.student.export_student import ExportStudent
from scripts.ops.container import ops_container
from scripts.ops.deploy.stack import pool_to_delete_from
from scripts.ops.errors import OpsError
from scripts.ops.terminal.command import REASON, Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.terminal.rows import (
    Row,
    actor,
    ended_details,
    enrollment_details,
    payment_row,
    reversal_row,
    shortened,
)

if TYPE_CHECKING:
    from typing import TextIO


@click.group(cls=OpsGroup)
def students() -> None:
    """Find students, show everything about one of them, export or delete them."""


@students.command()
@click.argument("email")
@operated
def find(operator: Operator, email: str) -> None:
    """Find the students who have the address EMAIL, as it is given or in lower case."""
    repo: StudentRepo = ops_container(operator.stage).resolve(StudentRepo)
    rows: list[Row] = [
        {"user": student.user_id, "name": student.name[:30], "since": student.created_at}
        for student in repo.by_email(email.strip())
    ]
    operator.out.table(rows, if_empty="Nobody has this address.")


@students.command()
@click.argument("user_id", metavar="USER")
@operated
def show(operator: Operator, user_id: str) -> None:
    """Show everything about the student USER: enrollments, payments, coupons, and what the office did."""
    repo: StudentHistoryRepo = ops_container(operator.stage).resolve(StudentHistoryRepo)
    history = repo.of_student(user_id)
    if history is None:
        raise StudentNotFound
    student = history.student
    operator.out.sections(
        {
            "student": {"user": user_id, "name": student.name, "since": student.created_at} if student else {},
            "enrollments": [enrollment_details(one) for one in history.enrollments],
            "ended enrollments": [ended_details(one) for one in history.ended],
            "payments": [payment_row(one) for one in history.sessions],
            "refunds and disputes": [reversal_row(one) for one in history.reversals],
            "coupons": [
                {"code": one.code, "course": one.course_id, "redeemed": one.redeemed, "at": one.at}
                for one in history.coupons
            ],
            "audit": [
                {"at": one.at, "action": one.action, "by": actor(one), "reason": shortened(one.reason, 32)}
                for one in history.audit
            ],
        }
    )
    if not history.complete:
        operator.out.warn("There is more than this: the oldest entries are left out.")


@students.command()
@click.argument("user_id", metavar="USER")
@click.option("--reason", required=True, help=REASON)
@click.option("--to", "file", type=click.File("w", lazy=True), default="-", help="The file to write.")
@operated
def export(operator: Operator, user_id: str, *, reason: str, file: TextIO) -> None:
    """Write everything that is stored about the student USER as JSON, as they would get it themselves.

    It is recorded who exported it and why.
    """
    from adapters.http.personal_data import export_body

    use_case: ExportStudent = ops_container(operator.stage).resolve(ExportStudent)
    found = export_body(use_case(user_id, operator.author(reason)))
    file.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


@students.command()
@click.argument("user_id", metavar="USER")
@click.option("--reason", required=True, help=REASON)
@click.option("--user-pool", "pool_id", help="The id of the Cognito user pool to delete the account from.")
@dry_run
@yes
@operated
def delete(operator: Operator, user_id: str, *, reason: str, pool_id: str | None, dry_run: bool, yes: bool) -> None:
    """Delete the student USER: name, address, certificates and access. Payments stay, under the id alone.

    So are the customer at the payment provider, and the account to sign in with: in the stage's own user pool, or in
    the one that is named. Refused while a payment, refund or dispute is undecided. If it is interrupted, or somebody
    does not answer, repeat the command: it goes on where it was.
    """
    pool_id = pool_id or _own_pool(operator)
    use_case: EraseStudent = ops_container(operator.stage).resolve(EraseStudent)
    plan = use_case.plan(user_id)
    if not dry_run:
        operator.confirm(f"Delete the student {user_id} for good?", yes=yes)
        plan = use_case(user_id, operator.author(reason))
        if pool_id:
            _delete_account(operator, pool_id, user_id)
    operator.out.details({**_deletion(plan, done=not dry_run), "account": f"in {pool_id}" if pool_id else "left alone"})
    if dry_run and plan.waits_for:
        raise OpsError("The student cannot be deleted yet: money of these payments is still on its way.")


def _deletion(plan: DeletionPlan, *, done: bool) -> Row:
    return {
        "user": plan.user_id,
        "done": done,
        "waits_for": list(plan.waits_for),
        "checkouts_closed": [one.payment_session_id for one in plan.checkouts],
        "enrollments_ended": [one.course_id for one in plan.enrollments],
        "certificates_deleted": [one.course_id for one in plan.certificates],
        "interest_forgotten": list(plan.interest),
        "payments_kept": [one.payment_session_id for one in plan.payments],
        "customers_deleted": [f"{one.provider}: {one.customer_id}" for one in plan.customers],
        "customers_left": [f"{one.provider}: {one.customer_id}" for one in plan.customers_left],
    }


def _own_pool(operator: Operator) -> str | None:
    arn = None if operator.stage.is_local else pool_to_delete_from(operator.stage, operator.aws)
    return arn and arn.rpartition("/")[2]


def _delete_account(operator: Operator, pool_id: str, user_id: str) -> None:
    """Delete who signs in, so that no new token is issued; those that are out end within the hour."""
    cognito = operator.aws("cognito-idp")
    try:
        cognito.admin_delete_user(UserPoolId=pool_id, Username=user_id)
    except cognito.exceptions.UserNotFoundException:
        operator.out.warn("The user pool has no such account.")
