"""`redrive`: list and show dead letters, settle them once their cause is repaired, drop what nobody can settle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
from attrs import define, field

from adapters.dynamodb.codec import encode
from adapters.timestamps import iso
from domain.errors import DomainError
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.services.settle_payment import SettlePayment
from domain.services.sync_reported import SyncReported
from scripts.ops.aws.dead_letter_queue import DeadLetter, DeadLetterQueue
from scripts.ops.container import ops_container
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.payments.previews import preview_dead_letter, settle_dead_letter
from scripts.ops.terminal.command import Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.terminal.rows import Row

AT_MOST = 1_000
_KEPT = timedelta(days=365)
_NONE = "There are no dead letters."


@click.group(cls=OpsGroup)
def redrive() -> None:
    """List and settle dead letters: payment events that could not be settled in five attempts."""


@redrive.command("list")
@operated
def list_letters(operator: Operator) -> None:
    """List dead letters by the effect that settling each would have now. Changes nothing."""
    rows = preview_rows(operator, AT_MOST)
    operator.out.table(sorted(rows, key=lambda row: str(row["effect"])), if_empty=_NONE)


@redrive.command()
@click.option("--count", type=click.IntRange(min=1), help="Settle this many.")
@click.option("--all", "everything", is_flag=True, help=f"Settle all, {AT_MOST} at most.")
@click.option("--skip", multiple=True, metavar="MESSAGE", help="Skip the message of this id; may be repeated.")
@dry_run
@yes
@operated
def run(
    operator: Operator, *, count: int | None, everything: bool, skip: tuple[str, ...], dry_run: bool, yes: bool
) -> None:
    """Settle dead letters and delete those that were settled. Stops at the first failure, and keeps that message."""
    if everything == (count is not None):
        raise WrongUsageError("Give either --all or --count.")
    at_most = count or AT_MOST
    if dry_run:
        operator.out.table(preview_rows(operator, at_most), if_empty=_NONE)
        return
    queue = dead_letter_queue(operator)
    waiting = queue.count()
    if not waiting:
        operator.out.table([], if_empty=_NONE)
        return
    operator.confirm(f"Settle {'all' if everything else at_most} of about {waiting} dead letters?", yes=yes)
    _redrive(operator, queue, at_most, frozenset(skip))


@redrive.command()
@click.argument("message", metavar="MESSAGE")
@operated
def show(operator: Operator, message: str) -> None:
    """Show the dead letter of this id with its body: ids and amounts, or whatever somebody put into the queue."""
    letter = _only(operator, message)
    dead_letter_queue(operator).keep(letter)
    operator.out.details({**letter.row(effect=""), "sent": _sent(letter), "body": letter.body})


@redrive.command()
@click.argument("message", metavar="MESSAGE")
@click.option("--reason", required=True, help="Why nothing is lost by dropping it; kept with the message for a year.")
@dry_run
@yes
@operated
def drop(operator: Operator, message: str, *, reason: str, dry_run: bool, yes: bool) -> None:
    """Remove a dead letter for good, once its body is kept in the table with who dropped it and why."""
    letter, queue = _only(operator, message), dead_letter_queue(operator)
    if dry_run:
        queue.keep(letter)
        operator.out.say(f"{message} would be dropped. Nothing was changed.")
        return
    try:
        operator.confirm(f"Drop {message}? It is not settled.", yes=yes)
    except click.Abort:
        queue.keep(letter)
        raise
    keep_dropped(operator, letter, reason)
    queue.delete(letter)
    operator.out.say(f"Dropped; the table keeps it for a year as DEADLETTER#{message}.")


def keep_dropped(operator: Operator, letter: DeadLetter, reason: str) -> None:
    """Store the message in the table, with who drops it and why; it deletes itself after a year."""
    now = datetime.now(UTC)
    item = {
        "PK": f"DEADLETTER#{letter.message_id}",
        "SK": "METADATA",
        "body": letter.body,
        "reason": reason,
        "by": operator.identity(),
        "droppedAt": iso(now),
        "ttl": int((now + _KEPT).timestamp()),
    }
    operator.aws("dynamodb").put_item(TableName=operator.stage.table, Item=encode(item))


def _only(operator: Operator, message: str) -> DeadLetter:
    """The dead letter of this id, hidden from other readers; all others are made visible again.

    Raises:
        OpsError: there is none.
    """
    queue, found = dead_letter_queue(operator), None
    received = [letter for batch in queue.batches(AT_MOST) for letter in batch]
    for letter in received:
        if letter.message_id == message:
            found = letter
        else:
            queue.keep(letter)
    if found is None:
        raise OpsError(f"There is no dead letter {message}: redrive list --json has the ids.")
    return found


def _sent(letter: DeadLetter) -> datetime:
    return datetime.fromtimestamp(letter.sent / 1000, UTC)


def dead_letter_queue(operator: Operator) -> DeadLetterQueue:
    """The stage's dead-letter queue."""
    # The emulated queue answers at once; SQS finds all messages only with a long poll.
    return DeadLetterQueue(operator.aws, operator.stage.dead_letter_queue, wait=0 if operator.stage.is_local else 2)


def preview_rows(operator: Operator, at_most: int) -> list[Row]:
    """Dead letters with the effect that settling each would have now. All messages stay in the queue."""
    container = ops_container(operator.stage)
    sessions, clock = container.resolve(PaymentSessionRepo), container.resolve(Clock)
    queue = dead_letter_queue(operator)
    batches = operator.out.progress(queue.batches(at_most), "messages, tens")
    found = [letter for batch in batches for letter in batch]
    rows = [letter.row(preview_dead_letter(letter, sessions, clock)) for letter in found]
    for letter in found:
        queue.keep(letter)
    return rows


def _redrive(operator: Operator, queue: DeadLetterQueue, at_most: int, skip: frozenset[str]) -> None:
    container = ops_container(operator.stage, quiet=operator.out.as_json)
    settle, sync_reported = container.resolve(SettlePayment), container.resolve(SyncReported)
    run = _Redrive(settle=settle, sync_reported=sync_reported, queue=queue, at_most=at_most, skip=skip)
    for batch in queue.batches(at_most + len(skip)):
        for letter in batch:
            run.take(letter)
        if run.failure:
            break
    # Only now: this run would receive a message again that was made visible earlier.
    for letter in run.kept:
        queue.keep(letter)
    operator.out.table(run.rows, if_empty="None was settled.")
    if run.failure:
        raise OpsError(f"{run.failure}. It is kept, and so are those after it; --skip skips it.")


@define(kw_only=True)
class _Redrive:
    """One run over the dead letters; after a failure the remaining ones are kept."""

    settle: SettlePayment
    sync_reported: SyncReported
    queue: DeadLetterQueue
    at_most: int
    skip: frozenset[str]
    rows: list[Row] = field(factory=list)
    kept: list[DeadLetter] = field(factory=list)
    failure: str = ""

    def take(self, letter: DeadLetter) -> None:
        """Settle and delete the message, or keep it."""
        if self.failure or letter.message_id in self.skip or len(self.rows) == self.at_most:
            self.kept.append(letter)
            return
        try:
            self.rows.append(letter.row(settle_dead_letter(letter, self.settle, self.sync_reported)))
        except DomainError as error:
            self.failure = f"{letter.message_id} cannot be settled: {error.code}"
            self.kept.append(letter)
        else:
            self.queue.delete(letter)
