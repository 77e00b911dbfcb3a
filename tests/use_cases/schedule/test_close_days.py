"""Days that are over are closed once; the office sees the same figures before and after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from adapters.memory.ledger import MemoryLedgerRepo
from domain.errors import InvalidValue, StorageUnavailable
from domain.figures import Dimension, Sums
from domain.ledger import LedgerEntry
from domain.ports.telemetry import Signal
from domain.use_cases.office.show_figures import MOST_DAYS
from domain.use_cases.schedule.close_days import LOOK_BACK, CloseDays
from tests.support.factories import NOW, a_coupon
from tests.support.memory.school import KIM, School

DAY = NOW.date()
ONE, TWO = "ps_000001", "ps_000002"


class Silent(MemoryLedgerRepo):
    """A ledger that does not answer."""

    def booked(self, *, since: date, until: date) -> Iterator[LedgerEntry]:
        """Nothing comes."""
        raise StorageUnavailable


@pytest.fixture
def school() -> School:
    """Sam has paid, Kim has opened a checkout."""
    made = School()
    made.start()
    made.settle(made.provider.pay(ONE))
    made.start(KIM)
    return made


def test_a_day_is_closed_once_it_has_been_over_for_an_hour(school: School) -> None:
    """With every day before it that nobody has closed."""
    until_midnight = timedelta(days=1) - timedelta(hours=NOW.hour, minutes=NOW.minute, seconds=NOW.second)
    school.clock.advance(until_midnight + timedelta(minutes=59))
    assert DAY not in school.close_days()
    school.wait(minutes=1)
    assert school.close_days() == (DAY,)
    assert school.close_days() == ()
    assert DAY.isoformat() in school.signals(Signal.DAY_CLOSED)


def test_figures_are_the_same_before_and_after_the_day_is_closed(school: School) -> None:
    """Computed from the ledger at once, then read."""
    school.wait(days=2)
    before = school.figures(DAY, DAY, Dimension.COURSE)
    school.close_days()
    after = school.figures(DAY, DAY, Dimension.COURSE)
    assert (before.closed_until, after.closed_until) == (None, DAY)
    assert (before.rows, before.totals, before.funnels) == (after.rows, after.totals, after.funnels)
    assert after.totals == {"usd": Sums(sales=1, gross=14_999, enrollments=1)}
    assert (after.funnels["course-1"].opened, after.funnels["course-1"].paid) == (2, 1)


def test_late_money_is_booked_late(school: School) -> None:
    """A refund three days later belongs to its own day; the closed one does not change."""
    school.wait(days=3)
    school.close_days()
    closed = school.figures(DAY, DAY)
    school.refund(ONE, amount=5_000)
    school.close_days()
    assert school.figures(DAY, DAY) == closed
    later = DAY + timedelta(days=3)
    assert school.figures(later, later).totals["usd"] == Sums(refunds=5_000)
    assert school.figures(DAY, later).totals["usd"].net == 9_999


def test_a_slow_payment_reaches_the_funnel_of_the_day_when_it_was_opened(school: School) -> None:
    """Its money is booked on the day when it came."""
    school.settle(school.provider.promise(TWO))
    school.wait(days=5)
    school.close_days()
    assert school.figures(DAY, DAY).funnels["course-1"].paid == 1
    school.settle(school.provider.pay(TWO))
    school.close_days()
    assert school.figures(DAY, DAY).funnels["course-1"].paid == 2
    assert school.figures(DAY, DAY).totals["usd"].gross == 14_999


def test_missed_nights_are_caught_up(school: School) -> None:
    """As far back as it looks, and no further."""
    school.wait(days=40)
    closed = school.close_days()
    assert len(closed) == LOOK_BACK.days
    assert closed[-1] == DAY + timedelta(days=39)
    assert school.figures(DAY, DAY).totals["usd"].gross == 14_999  # never closed, and right all the same


def test_a_crash_while_closing_leaves_the_day_open(school: School) -> None:
    """What was written before is written again by the next run."""
    school.wait(days=2)
    school.ledger = Silent(school.store)
    with pytest.raises(StorageUnavailable):
        school.close_days()
    assert DAY not in school.store.closed_days
    rival = school.rival()
    assert DAY in rival.close_days()


def test_rebuilding_a_month_folds_it_again(school: School) -> None:
    """After a restore or a backfill; days that are not over are left open."""
    school.wait(days=2)
    school.close_days()
    right = school.store.closed_days[DAY]
    school.store.closed_days.clear()
    days = [DAY + timedelta(days=n) for n in range(5)]
    assert school.use_case(CloseDays).rebuild(days) == tuple(days[:2])
    assert school.store.closed_days[DAY] == right


@pytest.mark.parametrize(("since", "until"), [(DAY, DAY - timedelta(days=1)), (DAY, DAY + timedelta(days=MOST_DAYS))])
def test_days_in_the_wrong_order_or_too_many_are_refused(school: School, since: date, until: date) -> None:
    """A report is bounded."""
    with pytest.raises(InvalidValue):
        school.figures(since, until)


def test_days_to_come_have_no_figures(school: School) -> None:
    """They are asked for nowhere."""
    report = school.figures(DAY + timedelta(days=1), DAY + timedelta(days=9))
    assert (report.rows, report.totals, report.funnels, report.closed_until) == ((), {}, {}, None)


def test_a_coupon_keeps_its_name_when_money_goes_back(school: School) -> None:
    """Refunds and fees count against the coupon that the sale was made with."""
    school.issue(a_coupon())
    school.cancel(TWO, KIM)
    school.start(KIM, coupon_code="SPRING")
    school.settle(school.provider.pay("ps_000003"))
    school.refund("ps_000003", KIM, amount=1_000)
    rows = {row.group[Dimension.COUPON]: row.sums for row in school.figures(DAY, DAY, Dimension.COUPON).rows}
    assert (rows["SPRING"].gross, rows["SPRING"].discounts, rows["SPRING"].refunds) == (13_499, 1_500, 1_000)
    assert rows[None] == Sums(sales=1, gross=14_999, enrollments=1)
