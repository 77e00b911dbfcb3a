"""Every figure of two months is, to the cent, a plain sum over the ledger, which is what happened at the provider."""

from __future__ import annotations

import os
from collections import Counter
from datetime import date, timedelta

import pytest

from domain.figures import Dimension, FigureRow
from domain.ledger import EntryKind, LedgerEntry
from domain.use_cases.office.show_figures import FiguresReport
from tests.figures.replay import BEGIN, DAYS, Replay

PAYMENTS = int(os.environ.get("REPLAYED_PAYMENTS", "4000"))
FIRST = BEGIN.date()
LAST = FIRST + timedelta(days=DAYS + 2)

BY = [(), *((one,) for one in Dimension), (Dimension.MONTH, Dimension.COURSE), tuple(Dimension)]
Plain = Counter[tuple[str, ...]]

NAMES = {
    EntryKind.SALE: "gross",
    EntryKind.REFUND: "refunds",
    EntryKind.REFUND_FAILED: "refunds",
    EntryKind.DISPUTE: "disputes",
    EntryKind.DISPUTE_RETURNED: "disputes",
    EntryKind.FEE: "fees",
}


def groups(entry: LedgerEntry, by: tuple[Dimension, ...]) -> tuple[str, ...]:
    """What an entry belongs to."""
    named = {
        Dimension.DAY: str(entry.booked_on),
        Dimension.MONTH: f"{entry.booked_on.year}-{entry.booked_on.month:02d}",
        Dimension.COURSE: entry.course_id,
        Dimension.COUPON: entry.coupon_code or "",
        Dimension.PROVIDER: entry.provider,
        Dimension.CURRENCY: entry.currency,
    }
    return (*(named[one] for one in by), entry.currency)


def plain(entries: list[LedgerEntry], by: tuple[Dimension, ...]) -> Plain:
    """One loop over the ledger, with nothing of the product's own sums."""
    found: Plain = Counter()
    for entry in entries:
        group = groups(entry, by)
        if entry.kind in NAMES:
            sign = 1 if entry.kind is EntryKind.SALE else -1
            found[*group, NAMES[entry.kind]] += sign * entry.amount
        found[*group, "net"] += entry.amount
        if entry.kind is EntryKind.SALE:
            found[*group, "sales"] += 1
            found[*group, "discounts"] += entry.discount_amount or 0
            found[*group, "coupon_uses"] += 1 if entry.coupon_code else 0
        if entry.seat:
            found[*group, "enrollments" if entry.seat > 0 else "ended"] += 1
    return Counter({name: amount for name, amount in found.items() if amount})


def reported(report: FiguresReport, by: tuple[Dimension, ...]) -> Plain:
    """The same of a report."""
    words = ("gross", "refunds", "disputes", "fees", "net", "sales", "discounts", "coupon_uses", "enrollments", "ended")
    found: Plain = Counter()
    for row in report.rows:
        for word in words:
            if amount := getattr(row.sums, word):
                found[*(row.group[one] or "" for one in by), row.currency, word] = amount
    return found


@pytest.fixture(scope="module")
def replay() -> Replay:
    """Two months, closed night by night. What a closed day said is kept, and held to what it says at the end."""
    made = Replay(PAYMENTS)
    said: dict[date, tuple[FigureRow, ...]] = {}

    def each_night(today: date) -> None:
        yesterday = today - timedelta(days=1)
        for day in (yesterday, yesterday - timedelta(days=9)):
            shown = made.show()(since=day, until=day, by=(Dimension.COURSE,)).rows
            assert said.setdefault(day, shown) == shown, f"{day} is closed, and its figures changed"

    made.run(each_night)
    for day, shown in said.items():
        assert made.show()(since=day, until=day, by=(Dimension.COURSE,)).rows == shown
    return made


def test_the_replay_has_everything_in_it(replay: Replay) -> None:
    """Duplicates, crashes, and every kind of entry that moves money."""
    kinds = Counter(entry.kind for entry in replay.store.ledger.values())
    assert set(NAMES) <= set(kinds)
    assert min(kinds[kind] for kind in NAMES) > PAYMENTS // 1000
    assert min(replay.crashes, replay.duplicates) > PAYMENTS // 100


@pytest.mark.parametrize("by", BY)
def test_every_figure_is_a_plain_sum_over_the_ledger(replay: Replay, by: tuple[Dimension, ...]) -> None:
    """By each dimension, by two and by all of them; to the cent."""
    entries = list(replay.store.ledger.values())
    report = replay.show()(since=FIRST, until=LAST, by=by)
    assert report.closed_until is not None
    expected = plain(entries, by)
    assert expected
    assert reported(report, by) == expected


def test_the_ledger_is_what_happened_at_the_provider(replay: Replay) -> None:
    """However often a report came, or came days late: each payment, refund, dispute and fee counts once."""
    totals = replay.show()(since=FIRST, until=LAST, by=()).totals
    found: Counter[tuple[str, str]] = Counter()
    for currency, sums in totals.items():
        found[currency, "received"] = sums.gross
        found[currency, "refunded"] = sums.refunds
        found[currency, "disputed"] = sums.disputes
        found[currency, "fees"] = sums.fees
    assert found == replay.provider


def test_the_conversion_is_what_was_paid(replay: Replay) -> None:
    """Every checkout of the replay is paid at last."""
    funnels = replay.show()(since=FIRST, until=LAST, by=()).funnels
    assert sum(funnel.opened for funnel in funnels.values()) == len(replay.states)
    assert sum(funnel.paid for funnel in funnels.values()) == len(replay.states)


def test_seats_are_enrollments(replay: Replay) -> None:
    """Of each course."""
    seats = Counter({course: 0 for _, course in replay.store.enrollments})
    for entry in replay.store.ledger.values():
        seats[entry.course_id] += entry.seat
    assert seats == Counter(course for _, course in replay.store.enrollments)
