"""`settling`: stop and resume what settles payments, within seconds and without a deployment."""

from __future__ import annotations

import click

from scripts.ops.aws.clients import AwsClients
from scripts.ops.aws.event_source import queue_mappings
from scripts.ops.deploy.live_function import SWITCH, variables_of
from scripts.ops.deploy.releases import Releases
from scripts.ops.errors import OpsError
from scripts.ops.stage import API_HANDLER, Stage
from scripts.ops.terminal.command import Operator, OpsGroup, dry_run, operated, yes

SCHEDULES = ("reconcile", "catch_up")


@click.group(cls=OpsGroup)
def settling() -> None:
    """Stop and resume settling: while it is stopped, payment events wait in the queue, for four days at most."""


@settling.command()
@dry_run
@yes
@operated
def pause(operator: Operator, *, dry_run: bool, yes: bool) -> None:
    """Let webhooks queue every event, and stop worker, reconciliation and catch-up. Nobody is enrolled by paying.

    Students who come back from paying are still settled at their return page. A deployment resumes.
    """
    _require_deployed(operator)
    if dry_run:
        operator.out.say("Webhooks would queue, and worker, reconciliation and catch-up would stop.")
        return
    operator.confirm("Stop settling payments? Who pays is enrolled when it is resumed.", yes=yes)
    _set(operator.stage, operator.aws, paused=True)
    operator.out.details(settling_state(operator.stage, operator.aws))


@settling.command()
@dry_run
@operated
def resume(operator: Operator, *, dry_run: bool) -> None:
    """Settle again, beginning with what waits in the queue."""
    _require_deployed(operator)
    if dry_run:
        operator.out.say("Webhooks would settle, and worker, reconciliation and catch-up would run. Now:")
        operator.out.details(settling_state(operator.stage, operator.aws))
        return
    _set(operator.stage, operator.aws, paused=False)
    operator.out.details(settling_state(operator.stage, operator.aws))


def settling_state(stage: Stage, aws: AwsClients) -> dict[str, str]:
    """What webhooks do now, and whether the queue's worker and the schedules run."""
    webhooks = variables_of(_releases(stage, aws).function(API_HANDLER).serving()).get(SWITCH, "settle")
    rules = {name: aws("events").describe_rule(Name=_rule(stage, name))["State"].lower() for name in SCHEDULES}
    worker = ", ".join(each["State"].lower() for each in queue_mappings(stage, aws))
    return {"webhooks": webhooks, "worker": worker or "missing", **rules}


def _set(stage: Stage, aws: AwsClients, *, paused: bool) -> None:
    functions = aws("lambda")
    _releases(stage, aws).switch(queues=paused)
    for mapping in queue_mappings(stage, aws):
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=not paused)
    change = aws("events").disable_rule if paused else aws("events").enable_rule
    for name in SCHEDULES:
        change(Name=_rule(stage, name))


def _require_deployed(operator: Operator) -> None:
    if operator.stage.is_local:
        raise OpsError("The local stage settles as long as make run does.")
    if not _releases(operator.stage, operator.aws).functions:
        raise OpsError(f"{operator.stage.function} is not deployed.")


def _releases(stage: Stage, aws: AwsClients) -> Releases:
    return Releases(stage=stage, aws=aws, handlers=(API_HANDLER,))


def _rule(stage: Stage, handler: str) -> str:
    return f"{stage.function_of(handler)}-event"
