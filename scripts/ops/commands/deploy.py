"""`deploy`: deploy this checkout to a stage."""

from __future__ import annotations

from typing import Any

import click

from scripts.ops.deploy.after_deploy import rest_api_id
from scripts.ops.deploy.api_gateway import DeployedApi
from scripts.ops.deploy.build import ROOT, release
from scripts.ops.deploy.catalogue import catalogue
from scripts.ops.deploy.chalice_program import PROGRAM
from scripts.ops.deploy.checks import report
from scripts.ops.deploy.deployment import (
    PreparedDeployment,
    Shift,
    adopt_aliases,
    api_stage,
    finish,
    front_parameters,
    prepare,
)
from scripts.ops.deploy.difference import Difference, Packaged
from scripts.ops.deploy.pages import publish_pages
from scripts.ops.deploy.stack import Stack
from scripts.ops.smoke.checks import smoke_checks
from scripts.ops.terminal.command import Operator, dry_run, operated, yes
from scripts.ops.terminal.option_types import PATH
from scripts.ops.terminal.rows import Row

RATE, BURST = 50, 100
"""API Gateway's throttling of the whole API, in requests a second and at once."""

SHIFT = 10
"""Percent of production's calls that new versions get while alarms are watched."""

_PROGRAM = click.option("--chalice", default=PROGRAM, type=PATH, help="The chalice program to use.")
_TARGET = click.option("--target", default=ROOT / "build", type=PATH, help="Where to assemble the build.")


@click.command()
@click.option("--rate", default=RATE, show_default=True, help="API Gateway's throttling: requests a second.")
@click.option("--burst", default=BURST, show_default=True, help="API Gateway's throttling: requests at once.")
@click.option("--adopt", is_flag=True, help="Recover a lost deployment record from the deployed resources first.")
@click.option(
    "--shift",
    type=click.IntRange(0, 50),
    help=f"Percent of the calls that go to the new versions first; {SHIFT} in prod, else 0, which is all at once.",
)
@click.option(
    "--watch",
    default=300,
    show_default=True,
    type=click.IntRange(min=15),
    help="For how many seconds, watching alarms.",
)
@click.option(
    "--snap-start/--no-snap-start", default=None, help="Start the API's function from snapshots; costs extra."
)
@click.option("--smoke/--no-smoke", default=True, help="Run the smoke test at the end.")
@_PROGRAM
@_TARGET
@dry_run
@yes
@operated
def deploy(
    operator: Operator,
    *,
    adopt: bool,
    rate: int,
    burst: int,
    shift: int | None,
    watch: int,
    snap_start: bool | None,
    smoke: bool,
    dry_run: bool,
    yes: bool,
    **paths: Any,
) -> None:
    """Deploy this checkout: check, build, run chalice deploy, repair what it leaves undone, lead students to the new
    versions, publish pages, smoke test.

    If an alarm goes on while a part of the calls go to the new versions, the ones before serve everybody again.

    A dry run checks, builds, and shows what would change: functions, variables, routes, stack and pages.
    """
    percent = shift if shift is not None else SHIFT * operator.stage.is_production
    led = Shift(percent=percent, seconds=watch, snap_start=snap_start)
    done = deploy_checkout(
        operator, adopt=adopt, rate=rate, burst=burst, shift=led, smoke=smoke, dry_run=dry_run, yes=yes, **paths
    )
    if done:
        operator.out.details(done)


def deploy_checkout(
    operator: Operator,
    *,
    adopt: bool = False,
    rate: int = RATE,
    burst: int = BURST,
    shift: Shift | None = None,
    smoke: bool = False,
    dry_run: bool = False,
    yes: bool = True,
    **paths: Any,
) -> Row:
    """Deploy this checkout, as the command does; returns the commit and the addresses, nothing after a dry run.

    Raises:
        OpsError: a check failed, before or after; the message says which.
    """
    stage, aws, out = operator.stage, operator.aws, operator.out
    commit = release()["APP_COMMIT"]
    prepared = prepare(stage, aws, out, adopt=adopt, **paths)
    if dry_run:
        _show_difference(operator, prepared)
        return {}
    if stage.is_production:
        operator.confirm(f"Deploy {commit}?", yes=yes)
    with prepared.record.locked(aws.caller()):
        adopt_aliases(prepared, stage, aws, out)
        try:
            prepared.chalice.run("deploy", say=out.say)
        finally:
            prepared.record.save_from(prepared.chalice.project)
        api = finish(prepared, stage, aws, out, rate=rate, burst=burst, shift=shift or Shift())
    origin = prepared.outputs["WebOrigin"]
    if smoke:
        report(smoke_checks(stage, aws, origin), out)
    return {"commit": commit, "api": api.url, "web": origin}


def _show_difference(operator: Operator, prepared: PreparedDeployment) -> None:
    """What the deployment would change; nothing is."""
    stage, aws = operator.stage, operator.aws
    operator.out.say("Packaging, to compare it with what serves.")
    difference = Difference(
        stage=stage, aws=aws, declarations=prepared.declarations, packaged=Packaged.of(prepared.chalice)
    )
    resources = prepared.record.resources()
    api = DeployedApi(aws, rest_api_id(resources), api_stage(stage)) if resources else None
    stack = Stack(aws, stage.stack)
    plan = stack.plan(front_parameters())
    if plan.changes:
        stack.discard(plan)
    operator.out.sections(
        {
            "functions and routes": difference.rows(api),
            "stack": list(plan.changes),
            "pages": publish_pages(aws, prepared.outputs, catalogue(stage), dry_run=True),
        }
    )
