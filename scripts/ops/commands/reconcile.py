"""`reconcile`: compare live payment sessions with their providers and settle the differences."""

from __future__ import annotations

from datetime import timedelta

import click
from punq import Container

from domain.errors import DomainError, PaymentSessionNotFound
from domain.payments.session import PaymentSession
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.services.reconcile_session import ReconcileResult, ReconcileSession
from domain.use_cases.schedule.reconcile import BATCH, Reconcile
from scripts.ops.container import ops_container
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.payments.finding import find_session
from scripts.ops.terminal.command import Operator, dry_run, operated
from scripts.ops.terminal.rows import Row, money

TIME_BUDGET = timedelta(minutes=10)


@click.command()
@click.option("--session", "payment", help="One payment session: our id, cs_... or pi_...")
@click.option("--user", "user_id", help="The id of the session's student, if no index has the session.")
@click.option("--all", "everything", is_flag=True, help=f"Up to {BATCH} live sessions, least recently checked first.")
@dry_run
@operated
def reconcile(operator: Operator, payment: str | None, user_id: str | None, *, everything: bool, dry_run: bool) -> None:
    """Compare live payment sessions with the provider and settle differences. Safe to repeat and to run in parallel."""
    if everything == (payment is not None) or (user_id is not None and payment is None):
        raise WrongUsageError("Give either --all or --session; --user goes with --session.")
    container = ops_container(operator.stage, quiet=operator.out.as_json)
    if payment is not None:
        session = find_session(container, payment, user_id)
        operator.out.table([_row(_reconcile_one(container, session, dry_run=dry_run))])
    elif dry_run:
        _preview_all(operator, container)
    else:
        _reconcile_all(operator, container)


def _reconcile_one(container: Container, session: PaymentSession, *, dry_run: bool) -> ReconcileResult:
    reconcile_session: ReconcileSession = container.resolve(ReconcileSession)
    if dry_run:
        return reconcile_session.preview(session)
    result = reconcile_session(session.user_id, session.payment_session_id)
    if result is None:
        raise PaymentSessionNotFound
    return result


def _reconcile_all(operator: Operator, container: Container) -> None:
    report = container.resolve(Reconcile)(time_budget=TIME_BUDGET)
    rows = [_row(result) for result in report.results]
    rows += [{"session": session_id, "found": "not settled"} for session_id in report.failed]
    operator.out.table(rows, if_empty="No session is live.")
    if report.in_review:
        operator.out.warn(f"{report.in_review} sessions wait for a decision: payments review list")
    if len(report.results) + len(report.failed) >= BATCH:
        operator.out.warn(f"Only {BATCH} sessions were checked; run it again for the others.")
    if report.failed:
        raise OpsError("Not all could be settled now: reconcile --all --dry-run says why.")


def _preview_all(operator: Operator, container: Container) -> None:
    reconcile_session, now = container.resolve(ReconcileSession), container.resolve(Clock).now()
    due = container.resolve(PaymentSessionRepo).due(before=now, at_most=BATCH)
    rows, failed = list[Row](), list[PaymentSession]()
    for session in operator.out.progress(due, "sessions", len(due)):
        try:
            rows.append(_row(reconcile_session.preview(session)))
        except DomainError as error:
            failed.append(session)
            rows.append({"session": session.payment_session_id, "user": session.user_id, "found": error.code})
    operator.out.table(rows, if_empty="No session is live.")
    operator.out.say("Nothing was changed; this is what reconcile --all would find.")
    if failed:
        raise OpsError(f"Sessions that could not be checked: {len(failed)}.")


def _row(result: ReconcileResult) -> Row:
    session = result.session
    return {
        "session": session.payment_session_id,
        "user": session.user_id,
        "found": result.outcome,
        "status": session.status,
        "total": money(session.total),
        "checkout": session.provider_session_id,
    }
