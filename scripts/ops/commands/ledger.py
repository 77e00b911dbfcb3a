"""`payments rebuild` and `payments prove`: bring the table back to what the providers have on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import click
from punq import Container

from domain.ports.clock import Clock
from domain.ports.payment_gateway import Gateways
from domain.use_cases.office.backfill_payments import BackfilledSession, BackfillOutcome, BackfillPayments
from domain.use_cases.office.backfill_seats import BackfilledSeat, BackfillSeats
from domain.use_cases.office.rebuild_payments import RebuildOutcome, RebuildPayments, RebuiltPayment
from domain.use_cases.schedule.prove_ledger import LedgerProof, ProveLedger
from scripts.ops.aws.stored_sessions import stored_enrollments, stored_sessions
from scripts.ops.container import ops_container
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.providers import any_provider, chosen_of
from scripts.ops.terminal.command import Operator, operated
from scripts.ops.terminal.option_types import Timestamp
from scripts.ops.terminal.rows import Row, units


@click.command()
@click.option("--from", "since", type=Timestamp(), help="Checkouts opened since then: 2026-01-31T12:00:00Z")
@click.option("--to", "until", type=Timestamp(), help="And until then.")
@any_provider
@click.option("--backfill", is_flag=True, help="Instead: enter what is older than the ledger. One scan.")
@click.option("--apply", is_flag=True, help="Do it; without this nothing is changed.")
@operated
def rebuild(
    operator: Operator,
    *,
    since: datetime | None,
    until: datetime | None,
    provider: str | None,
    backfill: bool,
    apply: bool,
) -> None:
    """Store again what a restored table has lost, from the providers' completed checkouts. A dry run without --apply.

    With --backfill nothing is rebuilt: payment sessions from before the ledger get a sale and a place in the index,
    and enrollments that nobody paid for get their seat.
    """
    if backfill == bool(since or until) or (since is None) != (until is None):
        raise WrongUsageError("Give either --from together with --to, or --backfill.")
    container = ops_container(operator.stage, quiet=operator.out.as_json)
    if since is not None and until is not None:
        names = chosen_of(container.resolve(Gateways).names, provider)
        rows, failed = _rebuild(operator, container, names, (since, until), apply=apply)
    else:
        rows, failed = _backfill(operator, container, apply=apply)
    operator.out.table(rows, if_empty="Nothing is missing.")
    if not apply and rows:
        operator.out.say("Nothing was changed. This is what would become of them with --apply.")
    if failed:
        raise OpsError(f"{failed} could not be done. Run it again: what is done stays done.")


@click.command()
@click.option("--from", "since", type=Timestamp(), help="All that moved since then: 2026-01-31T12:00:00Z")
@any_provider
@operated
def prove(operator: Operator, *, since: datetime | None, provider: str | None) -> None:
    """Compare the ledger with each provider's list of movements, as every night; sync what is missing here.

    Without --from the last three days are compared, as every night.
    It ends with status 1 if a difference remains.
    """
    container = ops_container(operator.stage, quiet=operator.out.as_json)
    names = chosen_of(container.resolve(Gateways).names, provider)
    proofs = {name: container.resolve(ProveLedger)(name, since=since) for name in names}
    sections: dict[str, Row | list[Row]] = {}
    for name, proof in proofs.items():
        sections |= _proof_sections(name, proof)
    operator.out.sections(sections)
    if not all(proof.is_proven for proof in proofs.values()):
        raise OpsError("The ledger and the provider differ: see docs/runbook.md, LedgerMismatch.")


def _proof_sections(name: str, proof: LedgerProof) -> dict[str, Row | list[Row]]:
    return {
        name: {
            "movements": proof.compared,
            "synced": len(proof.synced),
            "proven": proof.is_proven if proof.has_list else "nothing: the provider gave no list, see status",
        },
        f"{name} sums": [
            {"kind": kind, "amount": units(amount, currency)} for (currency, kind), amount in sorted(proof.sums.items())
        ],
        f"{name} differences": [
            {
                "payment": difference.provider_payment_id,
                "session": difference.payment_session_id,
                "difference": difference.reason,
            }
            for difference in proof.differences
        ],
    }


def _rebuild(
    operator: Operator, container: Container, names: tuple[str, ...], period: tuple[datetime, datetime], *, apply: bool
) -> tuple[list[Row], int]:
    use_case: RebuildPayments = container.resolve(RebuildPayments)
    by = operator.identity()
    # Providers are asked slice by slice of the time: none of it is asked about before it has come.
    since, until = period
    until = min(until, container.resolve(Clock).now() + timedelta(minutes=1))
    found: list[RebuiltPayment] = []
    for name in names:
        rebuilt = use_case(name, since=since, until=until, by=by, apply=apply)
        found += operator.out.progress(rebuilt, "checkouts")
    return list(map(_rebuilt_row, found)), sum(one.outcome is RebuildOutcome.FAILED for one in found)


def _rebuilt_row(one: RebuiltPayment) -> Row:
    return {
        "session": one.payment_session_id,
        "user": one.user_id,
        "course": one.course_id,
        "outcome": one.outcome,
        "reason": one.reason,
    }


def _backfill(operator: Operator, container: Container, *, apply: bool) -> tuple[list[Row], int]:
    use_case: BackfillPayments = container.resolve(BackfillPayments)
    unreadable: list[str] = []
    scanned = stored_sessions(operator.aws("dynamodb"), operator.stage.table, unreadable.append)
    found = list(use_case(operator.out.progress(scanned, "sessions"), apply=apply))
    for key in unreadable:
        operator.out.warn(f"This payment session cannot be read: {key}")
    seats = list(_seats(operator, container, unreadable, apply=apply))
    failed = sum(one.outcome is BackfillOutcome.FAILED for one in found) + sum(bool(one.reason) for one in seats)
    return [*map(_backfilled_row, found), *map(_seat_row, seats)], failed + len(unreadable)


def _seats(operator: Operator, container: Container, unreadable: list[str], *, apply: bool) -> Iterator[BackfilledSeat]:
    use_case: BackfillSeats = container.resolve(BackfillSeats)
    cannot_be_read: list[str] = []
    scanned = stored_enrollments(operator.aws("dynamodb"), operator.stage.table, cannot_be_read.append)
    yield from use_case(operator.out.progress(scanned, "enrollments"), apply=apply)
    for key in cannot_be_read:
        operator.out.warn(f"This enrollment cannot be read: {key}")
    unreadable += cannot_be_read


def _seat_row(one: BackfilledSeat) -> Row:
    return {
        "session": "",
        "user": one.enrollment.user_id,
        "status": "enrolled",
        "outcome": BackfillOutcome.FAILED if one.reason else "seat",
        "reason": one.reason or one.enrollment.course_id,
    }


def _backfilled_row(one: BackfilledSession) -> Row:
    session = one.session
    return {
        "session": session.payment_session_id,
        "user": session.user_id,
        "status": session.status,
        "outcome": one.outcome,
        "reason": one.reason,
    }
