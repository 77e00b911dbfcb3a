"""`courses capacity, waitlist, recount-seats`: the seats of a course, and who waits for one."""

from __future__ import annotations

from collections.abc import Iterator

import click

from domain.courses import LARGEST_CAPACITY, Course
from domain.errors import ChangedMeanwhile
from domain.paging import every_entry
from domain.ports.courses import CourseRepo
from domain.ports.seat_claims import SeatClaimRepo
from domain.seats import SeatClaim
from domain.use_cases.office.manage_seats import CountSeats, RecountSeats, SetCapacity
from scripts.ops.container import ops_container
from scripts.ops.errors import WrongUsageError
from scripts.ops.terminal.command import REASON, Operator, dry_run, operated
from scripts.ops.terminal.rows import Row

_PAGE = 100

_course = click.argument("course_id", metavar="COURSE")
_reason = click.option("--reason", required=True, help=REASON)


@click.command()
@_course
@click.argument("seats", type=click.IntRange(1, LARGEST_CAPACITY), required=False)
@click.option("--none", "unlimited", is_flag=True, help="Everybody who asks gets in.")
@_reason
@dry_run
@operated
def capacity(
    operator: Operator, course_id: str, seats: int | None, *, unlimited: bool, reason: str, dry_run: bool
) -> None:
    """Give COURSE so many SEATS. Those who wait get what becomes free, and an e-mail."""
    if (seats is None) is not unlimited:
        raise WrongUsageError("Name the number of seats, or --none.")
    container = ops_container(operator.stage)
    use_case: SetCapacity = container.resolve(SetCapacity)
    if dry_run:
        operator.out.say("Nothing was changed. The course would be:")
        _, course = use_case.plan(course_id, seats)
    else:
        course = use_case(course_id, seats, operator.author(reason))
    operator.out.details(_row(course))


@click.command()
@_course
@operated
def waitlist(operator: Operator, course_id: str) -> None:
    """List for whom seats of COURSE are held, and who waits for one, in order."""
    container = ops_container(operator.stage)
    course = container.resolve(CourseRepo).get(course_id)
    found = _claims(container.resolve(SeatClaimRepo), course.course_id)
    rows: list[Row] = [
        {"student": one.user_id, "state": one.state, "joined": one.joined_at, "held_until": one.held_until}
        for one in found
    ]
    operator.out.table(rows, if_empty="Nobody waits, and no seat is held.")


@click.command("recount-seats")
@_course
@_reason
@dry_run
@operated
def recount_seats(operator: Operator, course_id: str, *, reason: str, dry_run: bool) -> None:
    """Count the seats of COURSE one by one, and mend its counters where they differ."""
    container = ops_container(operator.stage)
    before: Course = container.resolve(CourseRepo).get(course_id)
    if dry_run:
        operator.out.say("Nothing was changed. This is what was counted:")
        count: CountSeats = container.resolve(CountSeats)
        operator.out.details(_row(count(before)))
        return
    use_case: RecountSeats = container.resolve(RecountSeats)
    try:
        after = use_case(course_id, operator.author(reason))
    except ChangedMeanwhile:
        raise WrongUsageError("Seats were taken or freed while they were counted. Please count again.") from None
    operator.out.say("Nothing differs." if after == before else "Mended.")
    operator.out.details(_row(after))


def _claims(repo: SeatClaimRepo, course_id: str) -> Iterator[SeatClaim]:
    return every_entry(lambda cursor: repo.of_course(course_id, limit=_PAGE, cursor=cursor))


def _row(course: Course) -> Row:
    return {
        "course": course.course_id,
        "capacity": course.capacity,
        "seats_taken": course.seats_taken,
        "waiting": course.waiting,
        "seats_left": course.seats_left,
    }
