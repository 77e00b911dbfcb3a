"""The handlers of the schedules: reconciliation of live sessions, daily catch-up, nightly recount of coupons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from chalice.app import CloudWatchEvent
from punq import Container

from domain.ports.payment_gateway import Gateways
from domain.use_cases.schedule.catch_up import CatchUp
from domain.use_cases.schedule.reconcile import Reconcile
from domain.use_cases.schedule.recount_coupons import RecountCoupons

TIME_BUDGET = timedelta(seconds=200)
"""How long a run starts new reconciliations: the function times out after 240 seconds, one may take half a minute."""

Handler = Callable[[CloudWatchEvent], dict[str, int]]


def make_reconcile(container: Container) -> Handler:
    """Reconciles live sessions. Returns how many were checked, how many failed and how many are in review."""

    def reconcile(_event: CloudWatchEvent) -> dict[str, int]:
        report = container.resolve(Reconcile)(time_budget=TIME_BUDGET)
        return {"checked": len(report.results), "failed": len(report.failed), "in_review": report.in_review}

    return reconcile


def make_catch_up(container: Container) -> Handler:
    """Compares with the providers' records. Returns the number of differences by provider."""

    def catch_up(_event: CloudWatchEvent) -> dict[str, int]:
        use_case = container.resolve(CatchUp)
        return {name: len(use_case(name)) for name in container.resolve(Gateways).names}

    return catch_up


def make_recount(container: Container) -> Handler:
    """Recounts the coupons' uses. Returns how many counters differ."""

    def recount(_event: CloudWatchEvent) -> dict[str, int]:
        return {"coupons": len(container.resolve(RecountCoupons)())}

    return recount
