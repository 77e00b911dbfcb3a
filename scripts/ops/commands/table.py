"""`table`: look at an existing table before a school sells from it."""

from __future__ import annotations

import click

from scripts.ops.aws.table_check import PAGE, TableCheck
from scripts.ops.errors import OpsError
from scripts.ops.terminal.command import Operator, OpsGroup, operated

_MOST_PAGES = 200


@click.group(cls=OpsGroup)
def table() -> None:
    """Look at an existing table before adopting it."""


@table.command()
@click.option("--name", help="The table's name; the stage's own by default.")
@click.option("--pages", type=click.IntRange(1), default=_MOST_PAGES, help=f"Pages of {PAGE} items to read at most.")
@operated
def check(operator: Operator, *, name: str | None, pages: int) -> None:
    """Read a table's settings and items, and say what a school should know. Changes nothing.

    Ends with status 1 where something must be mended before selling: prices that look like cents, courses that cannot
    be read, a missing index.
    """
    looked_at = TableCheck(operator.aws("dynamodb"), name or operator.stage.table)
    findings = looked_at.run(most_pages=pages)
    operator.out.table([finding.row for finding in findings], if_empty="Nothing unusual was found.")
    rest = "" if looked_at.is_complete else f" There are more: --pages {pages * 2} reads on."
    operator.out.say(f"{looked_at.examined:,} items were read.{rest}")
    if any(finding.stops for finding in findings):
        raise OpsError("Mend what stops the school first.")
