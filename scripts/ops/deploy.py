"""`deploy`: from a commit to a running stage, around what `chalice deploy` leaves undone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from attrs import field, frozen

from scripts.ops.adopt import record_of
from scripts.ops.after_deploy import Deployed, rest_api_id
from scripts.ops.api_gateway import DeployedApi
from scripts.ops.app_facts import AppFacts, facts_of
from scripts.ops.build import assemble
from scripts.ops.chalice_program import PROGRAM, Chalice
from scripts.ops.command import Operator, dry_run, operated, yes
from scripts.ops.errors import OpsError
from scripts.ops.preflight import Check, Preflight, outputs_of
from scripts.ops.records import Records
from scripts.ops.smoke import smoke_checks
from scripts.ops.stack import Stack
from scripts.ops.stage import ROOT, read_config
from scripts.ops.web import page_names, publish_pages

_PATH = click.Path(path_type=Path)
_PROGRAM = click.option("--chalice", default=PROGRAM, type=_PATH, help="The chalice program to use.")
_TARGET = click.option("--target", default=ROOT / "build", type=_PATH, help="Where to assemble the build.")


@click.command()
@click.option("--rate", default=50, show_default=True, help="Requests a second that API Gateway lets through.")
@click.option("--burst", default=100, show_default=True, help="Requests at once that it lets through.")
@click.option("--adopt", is_flag=True, help="Write Chalice's record anew from what is deployed; for when it was lost.")
@click.option("--smoke/--no-smoke", default=True, help="Call the deployed stage at the end.")
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
    **where: Any,
) -> None:
    """Deploy this checkout: look first, build, chalice deploy, mend what it leaves, publish the pages, look again.

    A dry run looks, builds, and shows the calls that Chalice would make.
    """
    build = _prepared(operator, adopt=adopt, **where)
    if dry_run:
        operator.out.say(build.chalice.run("dev", "plan"))
        return
    if operator.stage.is_production:
        operator.confirm(f"Deploy {_commit()}?", yes=yes)
    with build.records.locked(operator.aws.who()):
        try:
            operator.out.say(build.chalice.run("deploy"))
        finally:
            build.records.take_from(build.chalice.project)
        api = _finish(operator, build, rate=rate, burst=burst)
    if smoke:
        _report(operator, smoke_checks(operator, build.outputs["WebOrigin"]))
    operator.out.facts({"commit": _commit(), "api": api.url, "web": build.outputs["WebOrigin"]})


@frozen(kw_only=True)
class _Build:
    """An assembled project, and what is known about it."""

    chalice: Chalice
    facts: AppFacts
    records: Records
    outputs: dict[str, str] = field(repr=False)


def _prepared(operator: Operator, *, adopt: bool, chalice: Path, target: Path) -> _Build:
    """The build, once everything that can be looked at beforehand is right."""
    stage, aws = operator.stage, operator.aws
    if stage.is_local:
        raise OpsError("The local stage is started by make run.")
    preflight = Preflight(stage, aws)
    _report(operator, preflight.here())
    outputs = outputs_of(stage, aws)
    _report(operator, preflight.there(outputs, adopt=adopt))
    variables = {
        "WEB_ORIGIN": outputs["WebOrigin"],
        "USER_POOL_ARN": outputs["UserPoolArn"],
        "USER_POOL_CLIENT_ID": outputs["UserPoolClientId"],
    }
    project = assemble(target.resolve(), variables)
    facts = facts_of(project / "app.py", {**stage.variables, **variables})
    records = Records(aws, outputs["RecordsBucket"], stage)
    if adopt:
        records.write(record_of(stage, aws, _api_stage(operator), facts.handlers))
    records.hand_to(project)
    return _Build(chalice=Chalice(chalice, project, stage, variables), facts=facts, records=records, outputs=outputs)


def _finish(operator: Operator, build: _Build, *, rate: int, burst: int) -> DeployedApi:
    """Everything after `chalice deploy`; the order matters: new pages may only come when the API is right."""
    api = DeployedApi(operator.aws, rest_api_id(build.records.resources()), _api_stage(operator))
    deployed = Deployed(stage=operator.stage, aws=operator.aws, facts=build.facts, api=api)
    for function in deployed.mend_handlers():
        operator.out.say(f"{function}: its handler had moved, and is found again")
    api.answer_as_the_product(build.outputs["WebOrigin"])
    api.throttle(rate=rate, burst=burst)
    _report(operator, deployed.checks())
    _connect(operator, api)
    publish_pages(operator, build.outputs)
    return api


def _connect(operator: Operator, api: DeployedApi) -> None:
    """Let the pages' domain lead /api/ to this API and know every page; nothing to do unless one of them is new."""
    stack = Stack(operator.aws, operator.stage.stack)
    wanted = {"ApiId": api.api_id, "PageNames": page_names()}
    if wanted.items() <= stack.parameters().items():
        return
    plan = stack.plan(wanted)
    if plan.changes:
        operator.out.say("Leading /api/ to the new API, or to new pages; CloudFront takes some minutes.")
        stack.apply(plan)


def _report(operator: Operator, checks: Iterable[Check]) -> None:
    """Say what was looked at.

    Raises:
        OpsError: something has to be mended first.
    """
    problems = []
    for check in checks:
        mark = click.style("ok   ", fg="green") if check.problem is None else click.style("WRONG", fg="red")
        operator.out.say(f"{mark} {check.what}{f': {check.problem}' if check.problem else ''}")
        problems += [check.problem] if check.problem else []
    if problems:
        raise OpsError(f"{len(problems)} to mend before this stage is right; nothing further was done.")


def _api_stage(operator: Operator) -> str:
    name: str = read_config()["stages"][operator.stage.name]["api_gateway_stage"]
    return name


def _commit() -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "an unknown commit"
