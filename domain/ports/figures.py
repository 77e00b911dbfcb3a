"""Figures of days that are over, and the history of checkouts that they are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Protocol

from domain.figures import ClosedDay, Funnel
from domain.payments.session import PaymentSession


class FiguresRepo(Protocol):
    """Keeps the figures of closed days. Every method is safe to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def closed(self, *, since: date, until: date) -> Mapping[date, ClosedDay]:
        """The closed days from ``since`` to ``until``, both included, seeing every write that came before."""
        ...

    def close(self, day: ClosedDay) -> None:
        """Keep a day's figures, replacing those kept before. It counts as closed once all of them are stored."""
        ...

    def keep_funnels(self, day: date, funnels: Mapping[str, Funnel]) -> None:
        """Keep a day's funnels by course, replacing those kept before."""
        ...


class CheckoutHistory(Protocol):
    """Reads what became of checkouts. Safe to repeat.

    Raises:
        StorageUnavailable: the database does not answer.
    """

    def created(self, *, since: datetime, until: datetime) -> Iterator[PaymentSession]:
        """Every payment session created in this time, whatever its state, each once; may lag behind the last write."""
        ...
