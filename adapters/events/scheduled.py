"""What the clock sets off: the look at every live session, the daily catch-up, the nightly recount."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from chalice.app import CloudWatchEvent
from punq import Container

from domain.ports.payment_gateway import Gateways
from domain.use_cases.schedule.catch_up import CatchUp
from domain.use_cases.schedule.reconcile import Reconcile
from domain.use_cases.schedule.recount_coupons import RecountCoupons

PATIENCE = timedelta(seconds=200)
"""How long a run begins new results: the function ends at 240 seconds, and one look may take half a minute."""

Handler = Callable[[CloudWatchEvent], dict[str, int]]


def make_reconcile(container: Container) -> Handler:
    """The handler of every few minutes. It returns how many sessions it looked at, and how many failed."""

    def reconcile(_event: CloudWatchEvent) -> dict[str, int]:
        report = container.resolve(Reconcile)(time_budget=PATIENCE)
        return {"checked": len(report.results), "failed": len(report.failed), "in_review": report.in_review}

    return reconcile


def make_catch_up(container: Container) -> Handler:
    """The handler of every day. It returns how many differences it found at each provider."""

    def catch_up(_event: CloudWatchEvent) -> dict[str, int]:
        use_case = container.resolve(CatchUp)
        return {name: len(use_case(name)) for name in container.resolve(Gateways).names}

    return catch_up


def make_recount(container: Container) -> Handler:
    """The handler of every night. It returns how many coupon counters differ."""

    def recount(_event: CloudWatchEvent) -> dict[str, int]:
        return {"coupons": len(container.resolve(RecountCoupons)())}

    return recount
