"""Figures of closed days, and the history of checkouts, in dictionaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from attrs import evolve, frozen

from adapters.memory.store import Store
from domain.figures import ClosedDay, Funnel
from domain.payments.session import PaymentSession
from domain.ports.figures import CheckoutHistory, FiguresRepo


@frozen
class MemoryFiguresRepo(FiguresRepo):
    """Keeps the figures of closed days in the store."""

    store: Store

    def closed(self, *, since: date, until: date) -> Mapping[date, ClosedDay]:
        """The closed days."""
        with self.store.lock:
            return {day: kept for day, kept in sorted(self.store.closed_days.items()) if since <= day <= until}

    def close(self, day: ClosedDay) -> None:
        """Keep a day's figures."""
        with self.store.lock:
            self.store.closed_days[day.day] = day

    def keep_funnels(self, day: date, funnels: Mapping[str, Funnel]) -> None:
        """Keep a day's funnels; those of a day that is not closed are nowhere to be asked for."""
        with self.store.lock:
            kept = self.store.closed_days.get(day)
            if kept is not None:
                self.store.closed_days[day] = evolve(kept, funnels={**kept.funnels, **funnels})


@frozen
class MemoryCheckoutHistory(CheckoutHistory):
    """Reads payment sessions from the store."""

    store: Store

    def created(self, *, since: datetime, until: datetime) -> Iterator[PaymentSession]:
        """Every session created in this time."""
        with self.store.lock:
            found = [one for one in self.store.sessions.values() if since <= one.created_at < until]
        return iter(found)
