"""The result of one check of a stage, before or after a deployment."""

from __future__ import annotations

from collections.abc import Iterable

import click
from attrs import frozen

from scripts.ops.errors import OpsError
from scripts.ops.terminal.output import Output


@frozen(kw_only=True)
class Check:
    """What was checked, and what is wrong with it; ``problem`` is None if nothing is."""

    what: str
    problem: str | None = None


def report(checks: Iterable[Check], out: Output) -> None:
    """Print each check.

    Raises:
        OpsError: a check found a problem.
    """
    problems = 0
    for check in checks:
        mark = click.style("ok   ", fg="green") if check.problem is None else click.style("WRONG", fg="red")
        out.say(f"{mark} {check.what}{f': {check.problem}' if check.problem else ''}")
        problems += check.problem is not None
    if problems:
        raise OpsError(f"{problems} {'problem' if problems == 1 else 'problems'} to repair first; stopped here.")
