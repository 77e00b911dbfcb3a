"""`provision`: make or update what outlives a deployment."""

from __future__ import annotations

import re

import click

from scripts.ops.command import Operator, dry_run, operated, yes
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.stack import Plan, Stack
from scripts.ops.stage import Stage, read_config
from scripts.ops.web import page_names

_POOL = re.compile(r"[a-z0-9-]+_[A-Za-z0-9]+")


@click.command()
@click.option("--existing-table", is_flag=True, help="The stage's table is there already; leave it alone.")
@click.option("--user-pool", help="An existing user pool's id; needs --user-pool-client.")
@click.option("--user-pool-client", help="The existing pool's client for the web app.")
@click.option("--alarm-email", help="Who is told of alarms; they get a mail to confirm it.")
@click.option("--web-domain", help="The pages' own domain; needs --web-certificate.")
@click.option("--web-certificate", help="ARN of the domain's certificate in us-east-1.")
@dry_run
@yes
@operated
def provision(operator: Operator, *, existing_table: bool, dry_run: bool, yes: bool, **wishes: str | None) -> None:
    """Make or update table, queues, user pool, alarms, dashboard, log groups and pages, by one template.

    What is not given stays as it is, so a second run changes nothing. Data is kept when the stack is deleted.
    """
    if operator.stage.is_local:
        raise OpsError("The local stage is provisioned by make run.")
    stack = Stack(operator.aws, operator.stage.stack)
    plan = stack.plan(_parameters(operator.stage, existing_table=existing_table, **wishes))
    if not plan.changes:
        operator.out.say("Nothing to change.")
    elif dry_run:
        operator.out.table(plan.changes)
        stack.discard(plan)
        return
    else:
        _apply(operator, stack, plan, yes=yes)
    operator.out.facts({"stack": stack.name, "state": stack.status(), **stack.outputs()})


def _apply(operator: Operator, stack: Stack, plan: Plan, *, yes: bool) -> None:
    if not (operator.out.as_json and yes):
        for change in plan.changes:
            operator.out.say(f"{change['action']:8} {change['resource']:24} {change['kind']}")
    if any(change["replaced"] != "no" for change in plan.changes):
        operator.out.warn("Something would be replaced: what it holds would be lost or left behind.")
    try:
        operator.confirm(f"Make these {len(plan.changes)} changes?", yes=yes)
    except click.Abort:
        stack.discard(plan)
        raise
    operator.out.say("Working; a first run takes some ten minutes, CloudFront being slow.")
    stack.apply(plan)


def _parameters(stage: Stage, *, existing_table: bool, **wishes: str | None) -> dict[str, str]:
    pool, client = wishes["user_pool"], wishes["user_pool_client"]
    domain, certificate = wishes["web_domain"], wishes["web_certificate"]
    if (pool is None) != (client is None):
        raise WrongUsageError("Give --user-pool together with --user-pool-client.")
    if (domain is None) != (certificate is None):
        raise WrongUsageError("Give --web-domain together with --web-certificate.")
    if pool is not None and not _POOL.fullmatch(pool):
        raise WrongUsageError("A user pool's id looks like us-east-1_AbCdEfGhI.")
    optional = {
        "CreateTable": "no" if existing_table else None,
        "ExistingUserPoolId": pool,
        "ExistingUserPoolClientId": client,
        "AlarmEmail": wishes["alarm_email"],
        "WebDomain": domain,
        "WebCertificateArn": certificate,
    }
    return {
        "Stage": stage.name,
        "Service": stage.app,
        "TableName": stage.table,
        "QueueName": stage.queue,
        "PageNames": page_names(),
        "ApiStage": read_config()["stages"][stage.name]["api_gateway_stage"],
        **{name: value for name, value in optional.items() if value is not None},
    }
