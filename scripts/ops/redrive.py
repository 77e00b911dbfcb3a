"""`redrive`: look at dead letters, and settle them once their cause is mended."""

from __future__ import annotations

import click
from attrs import define, field

from domain.errors import DomainError
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.services.settle_payment import SettlePayment
from scripts.ops.command import Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.dead_letters import DeadLetter, DeadLetters, foreseen, replayed
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.shop import shop
from scripts.ops.views import Row

MOST = 1_000


@click.group(cls=OpsGroup)
def redrive() -> None:
    """News of payments that could not be settled: the dead-letter queue."""


@redrive.command("list")
@operated
def list_letters(operator: Operator) -> None:
    """List dead letters by cause, with what replaying each would do now. Changes nothing."""
    rows = foreseen_letters(operator, MOST)
    operator.out.table(sorted(rows, key=lambda row: str(row["effect"])), none="There are no dead letters.")


@redrive.command()
@click.option("--count", type=click.IntRange(min=1), help="Replay this many.")
@click.option("--all", "everything", is_flag=True, help=f"Replay all, {MOST} at most.")
@click.option("--skip", multiple=True, metavar="MESSAGE", help="Leave this message alone; may be repeated.")
@dry_run
@yes
@operated
def run(
    operator: Operator, *, count: int | None, everything: bool, skip: tuple[str, ...], dry_run: bool, yes: bool
) -> None:
    """Settle dead letters here and delete those that are settled. Stops at the first that fails, and keeps it."""
    if everything == (count is not None):
        raise WrongUsageError("Give either --all or --count.")
    at_most = count or MOST
    if dry_run:
        operator.out.table(foreseen_letters(operator, at_most), none="There are no dead letters.")
        return
    letters = dead_letters_of(operator)
    waiting = letters.count()
    if not waiting:
        operator.out.table([], none="There are no dead letters.")
        return
    operator.confirm(f"Replay {'all' if everything else at_most} of about {waiting} dead letters?", yes=yes)
    _replay(operator, letters, at_most, frozenset(skip))


def dead_letters_of(operator: Operator) -> DeadLetters:
    """The stage's dead letters."""
    # An emulated queue answers at once; SQS asks its servers when it has a moment.
    return DeadLetters(operator.aws, operator.stage.dead_letters, wait=0 if operator.stage.is_local else 2)


def foreseen_letters(operator: Operator, at_most: int) -> list[Row]:
    """Dead letters, and what replaying each would do now; all of them are there afterwards."""
    container = shop(operator.stage)
    sessions, clock = container.resolve(PaymentSessionRepo), container.resolve(Clock)
    letters = dead_letters_of(operator)
    batches = operator.out.progress(letters.batches(at_most), "messages, tens")
    found = [letter for batch in batches for letter in batch]
    rows = [letter.row(foreseen(letter, sessions, clock)) for letter in found]
    for letter in found:
        letters.keep(letter)
    return rows


def _replay(operator: Operator, letters: DeadLetters, at_most: int, skip: frozenset[str]) -> None:
    settle = shop(operator.stage, quiet=operator.out.as_json).resolve(SettlePayment)
    run = _Run(settle=settle, letters=letters, at_most=at_most, skip=skip)
    for batch in letters.batches(at_most + len(skip)):
        for letter in batch:
            run.take(letter)
        if run.failure:
            break
    # Not before: a message made visible would be taken again by the same run.
    for letter in run.kept:
        letters.keep(letter)
    operator.out.table(run.rows, none="None was settled.")
    if run.failure:
        raise OpsError(f"{run.failure}. It is kept, and so are those after it; --skip leaves it alone.")


@define(kw_only=True)
class _Run:
    """One run over dead letters; after a failure everything is kept."""

    settle: SettlePayment
    letters: DeadLetters
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
            self.rows.append(letter.row(replayed(letter, self.settle)))
        except DomainError as error:
            self.failure = f"{letter.message_id} cannot be settled: {error.code}"
            self.kept.append(letter)
        else:
            self.letters.delete(letter)
