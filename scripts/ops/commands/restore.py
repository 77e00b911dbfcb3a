"""`restore`: from a point in time to a serving shop, in one command that can be repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from punq import Container

from domain.errors import ChangedMeanwhile
from domain.paging import every_entry
from domain.ports.clock import Clock
from domain.ports.courses import CourseRepo
from domain.ports.payment_gateway import Gateways
from domain.use_cases.office.manage_seats import RecountSeats
from domain.use_cases.office.rebuild_payments import RebuildOutcome, RebuildPayments, RebuiltPayment
from domain.use_cases.schedule.catch_up import CatchUp
from domain.use_cases.schedule.prove_ledger import ProveLedger
from domain.use_cases.schedule.reconcile import Reconcile
from scripts.ops.commands.deploy import deploy_checkout
from scripts.ops.commands.provision import apply_plan, template_parameters
from scripts.ops.commands.reconcile import TIME_BUDGET
from scripts.ops.container import ops_container
from scripts.ops.deploy.build import ROOT
from scripts.ops.deploy.chalice_program import PROGRAM
from scripts.ops.deploy.stack import Stack
from scripts.ops.deploy.table_restore import TableRestore
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.stage import Stage, read_config, write_variable
from scripts.ops.terminal.command import Operator, dry_run, operated, yes
from scripts.ops.terminal.option_types import PATH, Timestamp
from scripts.ops.terminal.rows import Row

_BEFORE = timedelta(hours=1)
"""Checkouts are looked at from so long before the restored point: those were open then, and paid after it."""

_LOST = (
    "Lost for good since then: free and granted enrollments, progress, certificates, places in line, invitations, "
    "coupons issued or changed, courses created, changed or repriced, sales closed or opened, refunds asked for that "
    "the provider had not taken yet, audit records. "
    "A student deleted since then is back: delete them again. What was withdrawn, switched off or closed since then is "
    "as it was: look at coupons, courses, invitations and sales before you go on."
)
_PAGE = 100
_FOR_A_PERSON = (RebuildOutcome.IN_REVIEW, RebuildOutcome.FAILED, RebuildOutcome.UNREADABLE)


@click.command()
@click.option("--point", type=Timestamp(), help="The last good moment: 2026-01-31T12:00:00Z")
@click.option("--latest", is_flag=True, help="The latest state there is, for a table that was deleted.")
@click.option("--to", "target", help="The new table's name; by default the old one's with the restored point.")
@click.option("--since", type=Timestamp(), help="Go on after an interruption: the restored point, with --to.")
@click.option("--chalice", default=PROGRAM, type=PATH, help="The chalice program to use.")
@click.option("--target-directory", default=ROOT / "build", type=PATH, help="Where to assemble the build.")
@dry_run
@yes
@operated
def restore(
    operator: Operator,
    *,
    point: datetime | None,
    latest: bool,
    target: str | None,
    since: datetime | None,
    chalice: Path,
    target_directory: Path,
    dry_run: bool,
    yes: bool,
) -> None:
    """Restore the table and serve from it: new table, its settings, configuration, alarms, functions, payments.

    What was paid since the point is stored again from the provider's records. The old table is left as it is.
    """
    if operator.stage.is_local:
        raise OpsError("The local stage has no backups.")
    if sum((point is not None, latest, since is not None)) != 1:
        raise WrongUsageError("Give --point or --latest, or --since to go on.")
    if since is not None and target is None:
        raise WrongUsageError("Give --to with --since: the table that was restored.")
    source = operator.stage.table
    if target is not None:
        _require_no_other_stages(operator.stage, target)
    probe = TableRestore(aws=operator.aws, source=source, target=target or "", say=operator.out.say)
    restored_point = since or probe.point(point)
    name = target or f"{source}-{restored_point.astimezone(UTC):%Y%m%d%H%M%S}"
    if dry_run:
        operator.out.details({"table": source, "restored_as": name, "as_of": restored_point})
        operator.out.say("Nothing was changed.")
        return
    operator.confirm(
        f"Restore {source} as of {restored_point:%Y-%m-%dT%H:%M:%SZ} as {name}, and serve from it?", yes=yes
    )
    table = TableRestore(aws=operator.aws, source=source, target=name, say=operator.out.say)
    if name != source:
        table.restore(restored_point)
    table.carry_settings()
    moved = _serve_from(operator, name)
    deploy_checkout(moved, chalice=chalice, target=target_directory)
    _rebuild_and_report(moved, restored_point)


def _require_no_other_stages(stage: Stage, table: str) -> None:
    """A table that is there already counts as restored: another stage's must not be taken for it.

    Raises:
        OpsError: the table is another stage's.
    """
    others = {Stage.named(name).table: name for name in read_config()["stages"] if name != stage.name}
    if table in others:
        raise OpsError(f"{table} is the table of the stage {others[table]}: give --to a name that no stage has.")


def _serve_from(operator: Operator, table: str) -> Operator:
    """Name the table in the configuration and let alarms follow; returns the operator of the changed stage."""
    write_variable(operator.stage.name, "TABLE_NAME", table)
    moved = Operator(Stage.named(operator.stage.name), operator.out, operator.aws)
    moved.out.say(f"TABLE_NAME of {moved.stage.name} is {table} in .chalice/config.json: commit that file.")
    stack = Stack(moved.aws, moved.stage.stack)
    plan = stack.plan(template_parameters(moved.stage, existing_table=True))
    if plan.changes:
        apply_plan(moved, stack, plan, yes=True)
    return moved


def _rebuild_and_report(operator: Operator, point: datetime) -> None:
    """Store again what the restore lost, and say what a person must decide.

    Raises:
        OpsError: something could not be stored again, or the ledger and a provider still differ.
    """
    container = ops_container(operator.stage)
    rebuilt = _rebuilt(operator, container, point)
    for provider in container.resolve(Gateways).names:
        container.resolve(CatchUp)(provider)
    reconciled = container.resolve(Reconcile)(time_budget=TIME_BUDGET)
    proofs = {name: container.resolve(ProveLedger)(name, since=point) for name in container.resolve(Gateways).names}
    seats = list(_recounted(operator, container))
    open_rows: list[Row] = [
        {"session": one.payment_session_id, "user": one.user_id, "outcome": one.outcome, "reason": one.reason}
        for one in rebuilt
        if one.outcome in _FOR_A_PERSON
    ]
    outcomes = Counter(str(one.outcome) for one in rebuilt)
    operator.out.sections(
        {
            "restored": {"table": operator.stage.table, "as_of": point, **outcomes},
            "for a person": open_rows,
            "proof": {name: "proven" if proof.is_proven else "differs" for name, proof in proofs.items()},
            "seats": seats,
            "lost": {"": _LOST},
        }
    )
    if reconciled.failed or outcomes["failed"] or not all(proof.is_proven for proof in proofs.values()):
        raise OpsError(
            f"The shop serves from {operator.stage.table}, but not all is stored again. Repeat with "
            f"--since {point:%Y-%m-%dT%H:%M:%SZ} --to {operator.stage.table}, or see LedgerMismatch in docs/runbook.md."
        )


def _recounted(operator: Operator, container: Container) -> Iterator[Row]:
    """Courses with a capacity, with the seats that are taken: enrollments that were stored again were not counted."""
    courses, recount = container.resolve(CourseRepo), container.resolve(RecountSeats)
    author = operator.author("Counted anew after a restore.")
    for course in every_entry(lambda cursor: courses.page(limit=_PAGE, cursor=cursor)):
        if course.capacity is None:
            continue
        try:
            counted = recount(course.course_id, author)
        except ChangedMeanwhile:
            yield {"course": course.course_id, "seats": f"not counted: courses recount-seats {course.course_id}"}
        else:
            yield {"course": course.course_id, "seats": f"{counted.seats_taken} of {course.capacity} taken"}


def _rebuilt(operator: Operator, container: Container, point: datetime) -> list[RebuiltPayment]:
    rebuild: RebuildPayments = container.resolve(RebuildPayments)
    until, by = container.resolve(Clock).now() + timedelta(minutes=1), operator.identity()
    return [
        one
        for provider in container.resolve(Gateways).names
        for one in rebuild(provider, since=point - _BEFORE, until=until, by=by, apply=True)
    ]
