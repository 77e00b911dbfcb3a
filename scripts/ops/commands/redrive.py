"""`redrive`: list dead letters, and settle them once their cause is repaired."""

from __future__ import annotations

import click
from attrs import define, field

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
