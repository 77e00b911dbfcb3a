"""The handlers of the schedules: reconciliation, the nightly comparison and closing of days, the recount of coupons.

Each imports its use case when it first runs: every function loads this module, and runs one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from chalice.app import CloudWatchEvent
from punq import Container

from adapters import deadline

TIME_BUDGET = timedelta(seconds=200)
"""How long a run starts new reconciliations: the function times out after 240 seconds, one may take half a minute."""

DELIVERY_BUDGET = timedelta(seconds=50)
"""How long a run starts new deliveries: the next run begins a minute after this one."""

Handler = Callable[[CloudWatchEvent], dict[str, int]]


def make_reconcile(container: Container) -> Handler:
    """Reconciles live sessions, then gives lapsed seats back and offers free ones.

    Returns how many sessions were checked, how many failed and how many are in review; and how many seats were offered,
    where any were.
    """

    def reconcile(_event: CloudWatchEvent) -> dict[str, int]:
        from domain.use_cases.schedule.offer_seats import OfferSeats
        from domain.use_cases.schedule.reconcile import Reconcile

        report = container.resolve(Reconcile)(time_budget=TIME_BUDGET)
        seats = container.resolve(OfferSeats)()
        counts = {"checked": len(report.results), "failed": len(report.failed), "in_review": report.in_review}
        return counts | ({"seats_offered": seats.offered} if seats.offered else {})

    return reconcile


def make_catch_up(container: Container) -> Handler:
    """Catches up with every provider's records, then proves the ledger by every provider's own list of movements, and
    closes the days that are over.

    Returns the number of differences of each: ``stripe`` for catching up, ``stripe_ledger`` for the proof; as
    ``days_closed`` how many days were closed, and as ``failed`` how many of these could not be done. Each has an equal
    share of the time that is left; one that fails is recorded and stops no other.
    """

    def differences(provider: str) -> int:
        from domain.use_cases.schedule.catch_up import CatchUp

        return len(container.resolve(CatchUp)(provider))

    def ledger_differences(provider: str) -> int:
        from domain.use_cases.schedule.prove_ledger import ProveLedger

        return len(container.resolve(ProveLedger)(provider).differences)

    def close_days(_provider: str) -> int:
        from domain.use_cases.schedule.close_days import CloseDays

        return len(container.resolve(CloseDays)())

    def catch_up(event: CloudWatchEvent) -> dict[str, int]:
        from domain.errors import reason_of
        from domain.ports.payment_gateway import Gateways
        from domain.ports.telemetry import Signal, Telemetry

        names = container.resolve(Gateways).names
        comparisons = [
            *((name, name, differences) for name in names),
            *((f"{name}_ledger", name, ledger_differences) for name in names),
            ("days_closed", "", close_days),
        ]
        counts = {"failed": 0}
        with deadline.of_invocation(event.context):
            for done, (key, provider, compare) in enumerate(comparisons):
                with deadline.within(deadline.remaining() / (len(comparisons) - done)):
                    try:
                        counts[key] = compare(provider)
                    except Exception as error:  # noqa: BLE001 - one comparison must not stop the others
                        counts["failed"] += 1
                        container.resolve(Telemetry).emit(
                            Signal.COMPARISON_FAILED, reason=f"{key}_{reason_of(error)}", provider=provider
                        )
        return counts

    return catch_up


def make_deliver_messages(container: Container) -> Handler:
    """Delivers the messages that are due. Returns how many were delivered, postponed and laid aside."""

    def deliver_messages(_event: CloudWatchEvent) -> dict[str, int]:
        from domain.use_cases.schedule.deliver_messages import DeliverMessages

        done = container.resolve(DeliverMessages)(time_budget=DELIVERY_BUDGET)
        return {"delivered": done.delivered, "postponed": done.postponed, "laid_aside": done.laid_aside}

    return deliver_messages


def make_recount(container: Container) -> Handler:
    """Recounts the coupons' uses. Returns how many counters differ."""

    def recount(_event: CloudWatchEvent) -> dict[str, int]:
        from domain.use_cases.schedule.recount_coupons import RecountCoupons

        return {"coupons": len(container.resolve(RecountCoupons)())}

    return recount
