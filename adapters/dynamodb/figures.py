"""Figures of closed days as items, and the history of checkouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import cast

from attrs import frozen

from adapters.dynamodb import figures_keys, keys
from adapters.dynamodb.attributes import readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.operations import put
from adapters.dynamodb.payment_sessions import session_from_item
from adapters.dynamodb.table import Table
from domain.figures import SUM_NAMES, ClosedDay, FigureKey, Funnel, Sums
from domain.payments.session import PaymentSession
from domain.ports.figures import CheckoutHistory, FiguresRepo
from domain.ports.telemetry import Telemetry

_ATTRIBUTES = {name: name.split("_")[0] + "".join(map(str.title, name.split("_")[1:])) for name in SUM_NAMES}
"""The sums' attributes: ``couponUses`` of ``coupon_uses``. Sums of zero are not stored."""


@frozen
class DynamoFiguresRepo(FiguresRepo):
    """Keeps the figures of closed days in the table: a partition for each month."""

    table: Table

    def closed(self, *, since: date, until: date) -> Mapping[date, ClosedDay]:
        """The closed days: those that have the mark, which is written last."""
        figures: dict[date, dict[FigureKey, Sums]] = {}
        funnels: dict[date, dict[str, Funnel]] = {}
        closed: set[date] = set()
        for partition in figures_keys.months(since, until):
            for item in self.table.query(partition, ""):
                day, kind, parts = figures_keys.parts_of(str(item["SK"]))
                if not since <= day <= until:
                    continue
                if kind == figures_keys.CLOSED:
                    closed.add(day)
                elif kind == figures_keys.MONEY:
                    figures.setdefault(day, {})[_figure_key(day, parts)] = _sums(item)
                elif kind == figures_keys.FUNNEL:
                    funnels.setdefault(day, {})[parts[0]] = _funnel(item)
        return {
            day: ClosedDay(day=day, figures=figures.get(day, {}), funnels=funnels.get(day, {}))
            for day in sorted(closed)
        }

    def close(self, day: ClosedDay) -> None:
        """Keep a day's figures, one item after the other, and its mark after all of them."""
        for key, sums in day.figures.items():
            values = {_ATTRIBUTES[name]: getattr(sums, name) or None for name in SUM_NAMES}
            self.table.write(put({**figures_keys.figures(key).attributes, **values}))
        self.keep_funnels(day.day, day.funnels)
        self.table.write(put(figures_keys.closed_day(day.day).attributes))

    def keep_funnels(self, day: date, funnels: Mapping[str, Funnel]) -> None:
        """Keep a day's funnels, one item for each course."""
        for course_id, funnel in funnels.items():
            key = figures_keys.funnel(day, course_id)
            failed = dict(funnel.failed) or None
            self.table.write(put({**key.attributes, "opened": funnel.opened, "paid": funnel.paid, "failed": failed}))


@frozen
class DynamoCheckoutHistory(CheckoutHistory):
    """Reads payment sessions by when they were created, wherever the index has them."""

    table: Table
    telemetry: Telemetry

    def created(self, *, since: datetime, until: datetime) -> Iterator[PaymentSession]:
        """Every session created in this time. Those that may still settle are read first: they may only go that way."""
        seen: set[str] = set()
        for session in self._sessions(since, until):
            if since <= session.created_at < until and session.payment_session_id not in seen:
                seen.add(session.payment_session_id)
                yield session

    def _sessions(self, since: datetime, until: datetime) -> Iterator[PaymentSession]:
        for item in self._items(since, until):
            yield from readable([item], session_from_item, self.telemetry)

    def _items(self, since: datetime, until: datetime) -> Iterator[Item]:
        for due in keys.due_everywhere():
            yield from self.table.index_all(due)
        yield from self.table.index_all(keys.every_review())
        for partition, first, last in keys.sessions_between(since, until):
            yield from self.table.index_between(partition, first, last)


def _figure_key(day: date, parts: list[str]) -> FigureKey:
    course_id, provider, currency, *coupon = parts
    return FigureKey(
        day=day,
        course_id=course_id,
        provider=provider,
        currency=currency,
        coupon_code=coupon[0] if coupon else None,
    )


def _sums(item: Item) -> Sums:
    with reading("figures", item) as stored:
        return Sums(**{name: stored.maybe_integer(attribute) or 0 for name, attribute in _ATTRIBUTES.items()})


def _funnel(item: Item) -> Funnel:
    with reading("figures", item) as stored:
        failed = cast("Mapping[str, int]", item.get("failed") or {})
        return Funnel(
            opened=stored.integer("opened"),
            paid=stored.integer("paid"),
            failed={reason: int(count) for reason, count in failed.items()},
        )
