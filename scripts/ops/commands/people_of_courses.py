"""`courses students, interest, forget`: who is in a course, and who asked to be notified when it opens."""

from __future__ import annotations

from collections.abc import Iterator

import click

from adapters.timestamps import iso
from domain.audit import AuditAction, AuditSubject
from domain.enrollments import Enrollment
from domain.interest import Interest, normal_email
from domain.paging import every_entry
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.interest import InterestRepo
from domain.ports.students import StudentRepo
from domain.students import Student
from domain.use_cases.office.record_action import RecordAction
from scripts.ops.container import ops_container
from scripts.ops.errors import WrongUsageError
from scripts.ops.terminal.command import REASON, Operator, dry_run, operated, yes
from scripts.ops.terminal.rows import Row, money, shortened

_PAGE = 100
_MOST = 200
_WHO = 20  # letters of a name: a line has a hundred
_course = click.argument("course_id", metavar="COURSE")
_most = click.option(
    "--most", type=click.IntRange(1, 100_000), default=_MOST, show_default=True, help="Lines, at most."
)


@click.command()
@_course
@_most
@operated
def students(operator: Operator, course_id: str, *, most: int) -> None:
    """List who is enrolled in COURSE, with names and addresses, in the order of the students' ids."""
    container = ops_container(operator.stage)
    repo: EnrollmentRepo = container.resolve(EnrollmentRepo)
    found = [one for one, _ in zip(_enrolled(repo, course_id), range(most + 1), strict=False)]
    known = container.resolve(StudentRepo).find_many([one.user_id for one in found[:most]])
    row = _every_field if operator.out.as_json else _enrollment_row
    rows = [row(one, known.get(one.user_id)) for one in found[:most]]
    operator.out.table(rows, if_empty="Nobody is enrolled.")
    _say_if_more(operator, len(found), most)


@click.command()
@_course
@_most
@click.option("--reason", required=True, help=REASON)
@operated
def interest(operator: Operator, course_id: str, *, most: int, reason: str) -> None:
    """List the e-mail addresses that want to be notified when COURSE opens. That you read them is recorded."""
    container = ops_container(operator.stage)
    container.resolve(CourseRepo).get(course_id)
    repo: InterestRepo = container.resolve(InterestRepo)
    found = [one for one, _ in zip(_asked(repo, course_id), range(most + 1), strict=False)]
    if found:
        author, subject = operator.author(reason), AuditSubject(course_id=course_id)
        container.resolve(RecordAction)(author, AuditAction.EMAIL_EXPORTED, subject)
    shown = sorted(found[:most], key=lambda one: one.at)
    operator.out.table([{"email": one.email, "asked_at": iso(one.at)} for one in shown], if_empty="Nobody has asked.")
    _say_if_more(operator, len(found), most)


@click.command()
@_course
@click.argument("email")
@dry_run
@yes
@operated
def forget(operator: Operator, course_id: str, email: str, *, dry_run: bool, yes: bool) -> None:
    """Forget that the address EMAIL wants to be notified about COURSE."""
    if "@" not in email:
        raise WrongUsageError("EMAIL is not an e-mail address.")
    if dry_run:
        operator.out.say("Nothing was changed. The address would be forgotten, if it is kept.")
    else:
        operator.confirm(f"Forget this address of {course_id}?", yes=yes)
        ops_container(operator.stage).resolve(InterestRepo).remove(course_id, normal_email(email))
        operator.out.say("The address is not kept.")
    operator.out.details({"course": course_id, "kept": None if dry_run else False})


def _enrolled(repo: EnrollmentRepo, course_id: str) -> Iterator[Enrollment]:
    return every_entry(lambda cursor: repo.of_course(course_id, limit=_PAGE, cursor=cursor))


def _asked(repo: InterestRepo, course_id: str) -> Iterator[Interest]:
    return every_entry(lambda cursor: repo.page(course_id, limit=_PAGE, cursor=cursor))


def _enrollment_row(enrollment: Enrollment, student: Student | None) -> Row:
    paid = enrollment.payment.amount if enrollment.payment else None
    return {
        "user": enrollment.user_id,
        "who": shortened((student.name or student.email) if student else "", _WHO),
        "enrolled": f"{enrollment.enrolled_at:%Y-%m-%d}",
        "type": enrollment.enrollment_type,
        "progress": f"{enrollment.progress} %",
        "paid": money(paid),
    }


def _every_field(enrollment: Enrollment, student: Student | None) -> Row:
    return {
        **_enrollment_row(enrollment, student),
        "who": (student.name or None) if student else None,
        "email": (student.email or None) if student else None,
        "enrolled": enrollment.enrolled_at,
    }


def _say_if_more(operator: Operator, found: int, most: int) -> None:
    if found > most:
        operator.out.warn(f"These are the first {most}; there are more: see --most.")
