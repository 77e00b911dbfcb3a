"""`provision`: create or update the stage's CloudFormation stack."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click

from scripts.ops.deploy.gateway_logs import GatewayLogs
from scripts.ops.deploy.pages import image_origins, lesson_origins, page_names
from scripts.ops.deploy.stack import Plan, Stack
from scripts.ops.deploy.template import OPTIONAL, REQUIRED
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.stage import ROOT, Stage, read_config
from scripts.ops.terminal.command import Operator, dry_run, operated, yes

_POOL = re.compile(r"[a-z0-9-]+_[A-Za-z0-9]+")
_REMOTE = re.compile(r"(github\.com|gitlab\.com)[:/]([\w.-]+/[\w.-]+?)(?:\.git)?$")


@click.command()
@click.option("--existing-table", is_flag=True, help="The stage's table exists already; leave it unchanged.")
@click.option("--user-pool", help="An existing user pool's id; needs --user-pool-client.")
@click.option("--user-pool-client", help="The existing pool's client for the web app.")
@click.option("--alarm-email", help="Where alarms are sent; AWS sends an e-mail to confirm the address.")
@click.option("--ticket-email", help="Where alarms go that can wait for the morning; by default to --alarm-email.")
@click.option("--runbook", help="The runbook's address in alarm mails; by default at the repository's remote.")
@click.option(
    "--outside-check", type=click.Choice(["no", "yes"]), help="Route 53 asks from outside; in us-east-1 only."
)
@click.option("--web-domain", help="The pages' own domain; needs --web-certificate.")
@click.option("--web-certificate", help="ARN of the domain's certificate in us-east-1.")
@click.option("--sign-up", type=click.Choice(["open", "closed"]), help="Whether students make accounts themselves.")
@click.option("--access-logs", type=click.Choice(["no", "yes"]), help="CloudFront's, kept for 30 days.")
@click.option("--threat-protection", type=click.Choice(["no", "yes"]), help="Cognito's, which needs its Plus plan.")
@click.option(
    "--second-factor",
    type=click.Choice([OPTIONAL, REQUIRED]),
    help="Whether the office signs in with an authenticator app; by default whoever wants to.",
)
@click.option("--firewall", type=click.Choice(["no", "yes"]), help="A WAF with rate rules; in us-east-1 only.")
@click.option("--gateway-logs", is_flag=True, help="Let API Gateway write logs, in all of this account and region.")
@dry_run
@yes
@operated
def provision(
    operator: Operator, *, existing_table: bool, gateway_logs: bool, dry_run: bool, yes: bool, **options: str | None
) -> None:
    """Create or update table, queues, user pool, alarms, dashboard, log groups and pages from one template.

    Options that are not given keep their values, so a second run changes nothing. Data survives the stack's deletion.
    """
    if operator.stage.is_local:
        raise OpsError("The local stage is provisioned by make run.")
    stack = Stack(operator.aws, operator.stage.stack)
    plan = stack.plan(template_parameters(operator.stage, existing_table=existing_table, **options))
    if not plan.changes:
        operator.out.say("Nothing to change.")
    elif dry_run:
        operator.out.table(plan.changes)
        stack.discard(plan)
        return
    else:
        apply_plan(operator, stack, plan, yes=yes)
    if gateway_logs and not dry_run:
        _allow_gateway_logs(operator)
    operator.out.details({"stack": stack.name, "state": stack.status(), **stack.outputs()})


def _allow_gateway_logs(operator: Operator) -> None:
    logs = GatewayLogs(operator.aws, operator.stage.gateway_role)
    if logs.are_allowed():
        operator.out.say("API Gateway may write logs in this account already.")
        return
    logs.allow()
    operator.out.say("API Gateway may write logs in this account and region from now on; deploy turns them on.")


def apply_plan(operator: Operator, stack: Stack, plan: Plan, *, yes: bool) -> None:
    """Show the changes, ask unless ``yes``, and make them.

    Raises:
        OpsError: CloudFormation could not make them.
    """
    if not (operator.out.as_json and yes):
        for change in plan.changes:
            operator.out.say(f"{change['action']:8} {change['resource']:24} {change['kind']}")
    if any(change["replaced"] != "no" for change in plan.changes):
        operator.out.warn("A resource would be replaced: its content would be lost or left behind.")
    try:
        operator.confirm(f"Make these {len(plan.changes)} changes?", yes=yes)
    except click.Abort:
        stack.discard(plan)
        raise
    operator.out.say("Working; a first run takes some ten minutes, because CloudFront is slow.")
    stack.apply(plan)


def _runbook(given: str | None) -> str | None:
    """The runbook's address: the one given, else where the repository's remote shows it; None if neither is known.

    Raises:
        WrongUsageError: what was given is no address.
    """
    if given is not None and not given.startswith("https://"):
        raise WrongUsageError("Give --runbook as an address that begins with https://.")
    return given or runbook_at_remote()


def runbook_at_remote(root: Path = ROOT) -> str | None:
    """Where GitHub or GitLab shows the runbook of this repository; None if its remote is elsewhere."""
    command = ["git", "-C", str(root), "remote", "get-url", "origin"]
    found = subprocess.run(command, capture_output=True, text=True, check=False) if shutil.which("git") else None
    remote = _REMOTE.search(found.stdout.strip()) if found else None
    return f"https://{remote[1]}/{remote[2]}/blob/main/docs/runbook.md" if remote else None


def template_parameters(stage: Stage, *, existing_table: bool = False, **options: str | None) -> dict[str, str]:
    """The template's parameters for this stage; options that are not given keep their values.

    Raises:
        WrongUsageError: the options do not go together.
    """
    pool, client = options.get("user_pool"), options.get("user_pool_client")
    domain, certificate = options.get("web_domain"), options.get("web_certificate")
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
        "AlarmEmail": options.get("alarm_email"),
        "TicketEmail": options.get("ticket_email"),
        "Runbook": _runbook(options.get("runbook")),
        "OutsideCheck": options.get("outside_check"),
        "WebDomain": domain,
        "WebCertificateArn": certificate,
        "SignUp": options.get("sign_up"),
        "ThreatProtection": options.get("threat_protection"),
        "SecondFactor": options.get("second_factor"),
        "AccessLogs": options.get("access_logs"),
        "Firewall": options.get("firewall"),
    }
    return {
        "Stage": stage.name,
        "Service": stage.app,
        "TableName": stage.table,
        "QueueName": stage.queue,
        "PageNames": page_names(),
        "ImageOrigins": image_origins(),
        "LessonOrigins": lesson_origins(),
        "ApiStage": read_config()["stages"][stage.name]["api_gateway_stage"],
        **{name: value for name, value in optional.items() if value is not None},
    }
