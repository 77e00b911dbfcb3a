"""`reconcile`, `catch-up`, `recount`: what the clock sets off, by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import click
from punq import Container

from domain.errors import DomainError, PaymentSessionNotFound
from domain.payment_decisions import decide
from domain.payments.events import PaymentEvent
from domain.payments.session import PaymentSession
from domain.ports.clock import Clock
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.services.reconcile_session import ReconcileResult, ReconcileSession
from domain.use_cases.schedule.catch_up import AT_MOST, COMPLETED_SINCE, UNDELIVERED_SINCE, CatchUp
from domain.use_cases.schedule.reconcile import BATCH, Reconcile
from domain.use_cases.schedule.recount_coupons import RecountCoupons
from scripts.ops.command import Operator, dry_run, operated
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.shop import shop
from scripts.ops.views import Row, money

PATIENCE = timedelta(minutes=10)


@click.command()
@click.option("--session", "session_id", help="Our id of one payment session; needs --user.")
@click.option("--user", "user_id", help="Its student.")
@click.option("--all", "everything", is_flag=True, help=f"Every live session, up to {BATCH}, the longest unseen first.")
@dry_run
@operated
def reconcile(
    operator: Operator, session_id: str | None, user_id: str | None, *, everything: bool, dry_run: bool
) -> None:
    """Compare live payment sessions with Stripe and settle what differs. Safe to repeat, and beside the schedule."""
    if everything == bool(session_id or user_id) or (session_id is None) != (user_id is None):
        raise WrongUsageError("Give either --all, or --session together with --user.")
    container = shop(operator.stage, quiet=operator.out.as_json)
    if session_id and user_id:
        operator.out.table([_row(_one(container, user_id, session_id, dry_run=dry_run))])
    elif dry_run:
        _foresee_all(operator, container)
    else:
        _reconcile_all(operator, container)


@click.command("catch-up")
@dry_run
@operated
def catch_up(operator: Operator, *, dry_run: bool) -> None:
    """Take in what Stripe has on record and we may have missed: undelivered events, completed checkouts."""
    container = shop(operator.stage, quiet=operator.out.as_json)
    rows: list[Row] = []
    for name in container.resolve(Gateways).names:
        if dry_run:
            rows += _differences(operator, container, name)
        else:
            differences = container.resolve(CatchUp)(name)
            rows += [{"session": found.payment_session_id, "became": found.reason} for found in differences]
    operator.out.table(rows, none="No difference.")


@click.command()
@operated
def recount(operator: Operator) -> None:
    """Count coupon uses one by one and compare with their counters. Changes nothing; fails where one differs."""
    found = shop(operator.stage).resolve(RecountCoupons)()
    operator.out.table(
        [{"coupon": each.code, "counter": each.counted, "uses": each.found} for each in found],
        none="Every counter is right.",
    )
    if found:
        raise OpsError(f"{len(found)} counters differ from their uses.")


def _one(container: Container, user_id: str, session_id: str, *, dry_run: bool) -> ReconcileResult:
    repair = container.resolve(ReconcileSession)
    if dry_run:
        session = container.resolve(PaymentSessionRepo).find(user_id, session_id)
        look = repair.preview(session) if session else None
    else:
        look = repair(user_id, session_id)
    if look is None:
        raise PaymentSessionNotFound
    return look


def _reconcile_all(operator: Operator, container: Container) -> None:
    report = container.resolve(Reconcile)(time_budget=PATIENCE)
    operator.out.table([_row(look) for look in report.results], none="No session is live.")
    if report.in_review:
        operator.out.warn(f"{report.in_review} sessions wait for a decision: payments review list")
    if len(report.results) + len(report.failed) >= BATCH:
        operator.out.warn(f"Only {BATCH} were looked at; run it again for the others.")
    if report.failed:
        raise OpsError(f"Could not be settled now: {', '.join(report.failed)}")


def _foresee_all(operator: Operator, container: Container) -> None:
    repair, now = container.resolve(ReconcileSession), container.resolve(Clock).now()
    due = container.resolve(PaymentSessionRepo).due(before=now, at_most=BATCH)
    rows, failed = list[Row](), list[PaymentSession]()
    for session in operator.out.progress(due, "sessions", len(due)):
        try:
            rows.append(_row(repair.preview(session)))
        except DomainError as error:
            failed.append(session)
            rows.append({"session": session.payment_session_id, "user": session.user_id, "found": error.code})
    operator.out.table(rows, none="No session is live.")
    if failed:
        raise OpsError(f"{len(failed)} sessions could not be looked at.")


def _differences(operator: Operator, container: Container, provider: str) -> Iterable[Row]:
    """What catching up would change: decided and not carried out."""
    gateway, now = container.resolve(Gateways).named(provider), container.resolve(Clock).now()
    sessions = container.resolve(PaymentSessionRepo)
    missed = gateway.undelivered_events(since=now - UNDELIVERED_SINCE, at_most=AT_MOST)
    completed = gateway.completed_checkouts(since=now - COMPLETED_SINCE, at_most=AT_MOST)
    seen = set[str]()
    for event in operator.out.progress((*missed, *completed), "records", len(missed) + len(completed)):
        became = _would_become(sessions, event, container.resolve(Clock))
        if became and event.payment_session_id not in seen:
            seen.add(event.payment_session_id)
            yield {"session": event.payment_session_id, "would become": became}


def _would_become(sessions: PaymentSessionRepo, event: PaymentEvent, clock: Clock) -> str | None:
    session = sessions.find(event.user_id, event.payment_session_id)
    if session is None:
        return "payment_session_unknown"
    try:
        decision = decide(session, event, clock.now())
    except DomainError as error:
        return error.code
    return decision.session.status.value if decision.writes else None


def _row(look: ReconcileResult) -> Row:
    session = look.session
    return {
        "session": session.payment_session_id,
        "user": session.user_id,
        "found": look.outcome,
        "status": session.status,
        "total": money(session.total),
        "checkout": session.provider_session_id,
    }
