"""`sales`: close and open the whole school for new enrollments."""

from __future__ import annotations

import click

from domain.ports.school import SchoolRepo
from domain.school import School
from domain.use_cases.office.manage_courses import CloseSales
from scripts.ops.container import ops_container
from scripts.ops.terminal.command import REASON, Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.terminal.rows import Row


@click.group(cls=OpsGroup)
def sales() -> None:
    """Close and open the whole school for new enrollments; one course by `courses close`."""


@sales.command()
@operated
def show(operator: Operator) -> None:
    """Show whether the school is open, and who decided that last."""
    operator.out.details(_row(ops_container(operator.stage).resolve(SchoolRepo).get()))


@sales.command()
@click.option("--reason", required=True, help=REASON)
@dry_run
@yes
@operated
def close(operator: Operator, *, reason: str, dry_run: bool, yes: bool) -> None:
    """Close the school: nobody new enrolls in any course. Who is paying already may finish."""
    _decide(operator, reason, closed=True, dry_run=dry_run, yes=yes)


@sales.command("open")
@click.option("--reason", required=True, help=REASON)
@dry_run
@yes
@operated
def reopen(operator: Operator, *, reason: str, dry_run: bool, yes: bool) -> None:
    """Open the school again. Courses that are closed by themselves stay closed."""
    _decide(operator, reason, closed=False, dry_run=dry_run, yes=yes)


def _decide(operator: Operator, reason: str, *, closed: bool, dry_run: bool, yes: bool) -> None:
    container = ops_container(operator.stage)
    school, word = container.resolve(SchoolRepo).get(), "closed" if closed else "open"
    if school.sales_closed is closed:
        operator.out.say(f"The school is already {word}.")
    elif dry_run:
        operator.out.say(f"Nothing was changed. The school would be {word}, and is now:")
    else:
        operator.confirm("Close the whole school?" if closed else "Open the whole school?", yes=yes)
        use_case: CloseSales = container.resolve(CloseSales)
        school = use_case.of_school(operator.author(reason), closed=closed)
    operator.out.details(_row(school))


def _row(school: School) -> Row:
    return {"closed": school.sales_closed, "reason": school.reason, "by": school.by, "at": school.at}
