"""`messages`: see, retry and drop messages that could not be delivered; deliver what is due."""

from __future__ import annotations

from datetime import timedelta

import click

from domain.messages import Message
from domain.ports.clock import Clock
from domain.ports.outbox import Outbox
from domain.use_cases.schedule.deliver_messages import DeliverMessages
from scripts.ops.container import ops_container
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.terminal.command import Operator, OpsGroup, dry_run, operated
from scripts.ops.terminal.rows import Row, money

_MOST = 1000


@click.group(cls=OpsGroup)
def messages() -> None:
    """See, retry and drop messages that could not be delivered; deliver what is due."""


@messages.command("list")
@operated
def list_messages(operator: Operator) -> None:
    """List the messages that were laid aside, up to 1,000."""
    found = ops_container(operator.stage).resolve(Outbox).laid_aside(at_most=_MOST)
    operator.out.table(list(map(_row, found)), if_empty="Every message was delivered, or is on its way.")


@messages.command("retry")
@click.argument("message_id", required=False)
@click.option("--all", "every", is_flag=True, help="All that were laid aside.")
@dry_run
@operated
def retry(operator: Operator, *, message_id: str | None, every: bool, dry_run: bool) -> None:
    """Let a message that was laid aside be delivered again."""
    if every == bool(message_id):
        raise WrongUsageError("Give either a message or --all.")
    container = ops_container(operator.stage)
    outbox, now = container.resolve(Outbox), container.resolve(Clock).now()
    chosen = [one for one in outbox.laid_aside(at_most=_MOST) if every or one.message_id == message_id]
    _require(chosen, message_id)
    for message in () if dry_run else chosen:
        outbox.retry(message, now)
    operator.out.table(list(map(_row, chosen)), if_empty="Nothing was laid aside.")


@messages.command("drop")
@click.argument("message_id")
@dry_run
@operated
def drop(operator: Operator, *, message_id: str, dry_run: bool) -> None:
    """Forget a message that was laid aside."""
    outbox = ops_container(operator.stage).resolve(Outbox)
    chosen = [one for one in outbox.laid_aside(at_most=_MOST) if one.message_id == message_id]
    _require(chosen, message_id)
    for message in () if dry_run else chosen:
        outbox.drop(message)
    operator.out.table(list(map(_row, chosen)))


@messages.command("deliver")
@operated
def deliver(operator: Operator) -> None:
    """Deliver the messages that are due, as every minute."""
    use_case: DeliverMessages = ops_container(operator.stage, quiet=operator.out.as_json).resolve(DeliverMessages)
    done = use_case(time_budget=timedelta(minutes=5))
    operator.out.details({"delivered": done.delivered, "postponed": done.postponed, "laid_aside": done.laid_aside})


def _require(chosen: list[Message], message_id: str | None) -> None:
    if message_id and not chosen:
        raise OpsError(f"No message {message_id} was laid aside.")


def _row(message: Message) -> Row:
    return {
        "message": message.message_id,
        "kind": message.kind,
        "user": message.user_id,
        "course": message.course_id,
        "amount": money(message.amount),
        "created": message.created_at,
        "attempts": message.attempts,
    }
