"""`students`: find somebody by their e-mail address, and show everything about one student."""

from __future__ import annotations

import click

from domain.errors import StudentNotFound
from domain.ports.student_histories import StudentHistoryRepo
from domain.ports.students import StudentRepo
from scripts.ops.container import ops_container
from scripts.ops.terminal.command import Operator, OpsGroup, operated
from scripts.ops.terminal.rows import (
    Row,
    actor,
    ended_details,
    enrollment_details,
    payment_row,
    reversal_row,
    shortened,
)


@click.group(cls=OpsGroup)
def students() -> None:
    """Find students, and show everything about one of them."""


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
