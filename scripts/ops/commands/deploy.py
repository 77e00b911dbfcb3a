"""`deploy`: deploy this checkout to a stage."""

from __future__ import annotations

from typing import Any

import click

from scripts.ops.deploy.build import ROOT, release
from scripts.ops.deploy.chalice_program import PROGRAM
from scripts.ops.deploy.checks import report
from scripts.ops.deploy.deployment import finish, prepare
from scripts.ops.smoke.checks import smoke_checks
from scripts.ops.terminal.command import Operator, dry_run, operated, yes
from scripts.ops.terminal.option_types import PATH
from scripts.ops.terminal.rows import Row

RATE, BURST = 50, 100
"""API Gateway's throttling of the whole API, in requests a second and at once."""

_PROGRAM = click.option("--chalice", default=PROGRAM, type=PATH, help="The chalice program to use.")
_TARGET = click.option("--target", default=ROOT / "build", type=PATH, help="Where to assemble the build.")


@click.command()
@click.option("--rate", default=RATE, show_default=True, help="API Gateway's throttling: requests a second.")
@click.option("--burst", default=BURST, show_default=True, help="API Gateway's throttling: requests at once.")
@click.option("--adopt", is_flag=True, help="Recover a lost deployment record from the deployed resources first.")
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
    smoke: bool,
    dry_run: bool,
    yes: bool,
    **paths: Any,
) -> None:
    """Deploy this checkout: check, build, run chalice deploy, repair what it leaves undone, publish pages, smoke test.

    A dry run checks, builds, and prints the AWS calls that Chalice would make.
    """
    done = deploy_checkout(
        operator, adopt=adopt, rate=rate, burst=burst, smoke=smoke, dry_run=dry_run, yes=yes, **paths
    )
    if done:
        operator.out.details(done)


def deploy_checkout(
    operator: Operator,
    *,
    adopt: bool = False,
    rate: int = RATE,
    burst: int = BURST,
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
        out.say(prepared.chalice.run("dev", "plan"))
        return {}
    if stage.is_production:
        operator.confirm(f"Deploy {commit}?", yes=yes)
    with prepared.record.locked(aws.caller()):
        try:
            out.say(prepared.chalice.run("deploy"))
        finally:
            prepared.record.save_from(prepared.chalice.project)
        api = finish(prepared, stage, aws, out, rate=rate, burst=burst)
    origin = prepared.outputs["WebOrigin"]
    if smoke:
        report(smoke_checks(stage, aws, origin), out)
    return {"commit": commit, "api": api.url, "web": origin}
