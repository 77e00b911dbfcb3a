"""`sales`: close and open the whole school, or one payment provider, for new enrollments."""

from __future__ import annotations

import click

from domain.ports.school import SchoolRepo
from domain.school import School
from domain.use_cases.office.manage_courses import CloseSales
from scripts.ops.container import ops_container
from scripts.ops.terminal.command import REASON, Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.terminal.rows import Row

_PROVIDER = click.option("--provider", help="One payment provider instead of the whole school: stripe, paypal.")


@click.group(cls=OpsGroup)
def sales() -> None:
    """Close and open the whole school, or one provider, for new enrollments; one course by `courses close`."""


@sales.command()
@operated
def show(operator: Operator) -> None:
    """Show whether the school is open, and who decided that last."""
    operator.out.details(school_row(ops_container(operator.stage).resolve(SchoolRepo).get()))


@sales.command()
@_PROVIDER
@click.option("--reason", required=True, help=REASON)
@dry_run
@yes
@operated
def close(operator: Operator, *, provider: str | None, reason: str, dry_run: bool, yes: bool) -> None:
    """Close the school: nobody new enrolls in any course; with --provider, nobody begins to pay there.

    Who is paying already may finish.
    """
    _decide(operator, reason, provider, closed=True, dry_run=dry_run, yes=yes)


@sales.command("open")
@_PROVIDER
@click.option("--reason", required=True, help=REASON)
@dry_run
@yes
@operated
def reopen(operator: Operator, *, provider: str | None, reason: str, dry_run: bool, yes: bool) -> None:
    """Open the school, or a provider, again. What was closed by itself stays closed."""
    _decide(operator, reason, provider, closed=False, dry_run=dry_run, yes=yes)


def _decide(operator: Operator, reason: str, provider: str | None, *, closed: bool, dry_run: bool, yes: bool) -> None:
    container = ops_container(operator.stage)
    school, word = container.resolve(SchoolRepo).get(), "closed" if closed else "open"
    what = f"selling through {provider}" if provider else "the whole school"
    is_closed = provider in school.closed_providers if provider else school.sales_closed
    if is_closed is closed:
        operator.out.say(f"{what.capitalize()} is already {word}.")
    elif dry_run:
        operator.out.say(f"Nothing was changed. {what.capitalize()} would be {word}; now:")
    else:
        operator.confirm(f"{'Close' if closed else 'Open'} {what}?", yes=yes)
        use_case: CloseSales = container.resolve(CloseSales)
        author = operator.author(reason)
        if provider is None:
            school = use_case.of_school(author, closed=closed)
        else:
            school = use_case.through_provider(provider, author, closed=closed)
    operator.out.details(school_row(school))


def school_row(school: School) -> Row:
    """Whether the school sells, as the commands show it."""
    return {
        "closed": school.sales_closed,
        "closed_providers": sorted(school.closed_providers),
        "reason": school.reason,
        "by": school.by,
        "at": school.at,
    }
