"""Every night: close the days that are over, by keeping their figures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from attrs import frozen

from domain.figures import ClosedDay, Funnel, fold_entries, is_over
from domain.payment_sync import SyncPolicy
from domain.ports.clock import Clock
from domain.ports.figures import CheckoutHistory, FiguresRepo
from domain.ports.ledger import LedgerRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.services.funnels import funnels_of

LOOK_BACK = timedelta(days=35)
"""How far back days are closed that were not: so many nights may be missed."""

SLOW_PAYMENTS = timedelta(days=14)
"""How long a checkout may take to be paid: for so long the funnels of a day are folded again."""

LAG = timedelta(hours=1)
"""How long after its end a day is left open: what was booked in its last second must have reached the index."""


@frozen(kw_only=True)
class CloseDays:
    """Folds the ledger of each day that is over, and the checkouts of the last two weeks. Safe to repeat."""

    ledger: LedgerRepo
    history: CheckoutHistory
    figures: FiguresRepo
    clock: Clock
    telemetry: Telemetry
    policy: SyncPolicy

    def __call__(self) -> tuple[date, ...]:
        """The days that were closed now, the earliest first. A day that is closed is not folded again.

        Raises:
            StorageUnavailable: ledger or figures cannot be read or written; what is done stays done.
        """
        today = self.policy.calendar.date_of(self.clock.now() - LAG)
        days = [today - timedelta(days=ago) for ago in range(LOOK_BACK.days, 0, -1)]
        closed = self.figures.closed(since=days[0], until=days[-1])
        missing = tuple(day for day in days if day not in closed)
        recent = [day for day in days if day >= today - SLOW_PAYMENTS]
        funnels = funnels_of(self.history, self.policy.calendar, {*recent, *missing})
        self._close(missing, funnels)
        for day in recent:
            if day not in missing:
                self.figures.keep_funnels(day, funnels.get(day, {}))
        return missing

    def rebuild(self, days: Iterable[date]) -> tuple[date, ...]:
        """Fold these days again, as far as they are over: after a restore, or after entries were backfilled."""
        over = tuple(day for day in days if is_over(day, self.clock.now() - LAG, self.policy.calendar))
        self._close(over, funnels_of(self.history, self.policy.calendar, set(over)))
        return over

    def _close(self, days: tuple[date, ...], funnels: dict[date, dict[str, Funnel]]) -> None:
        for day in days:
            figures = fold_entries(self.ledger.booked(since=day, until=day))
            self.figures.close(ClosedDay(day=day, figures=figures, funnels=funnels.get(day, {})))
            self.telemetry.emit(Signal.DAY_CLOSED, reason=day.isoformat())
