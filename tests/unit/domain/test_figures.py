"""Figures are plain sums of ledger entries and sessions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.figures import (
    UNNAMED,
    Dimension,
    FigureKey,
    Funnel,
    Sums,
    fold_entries,
    fold_sessions,
    funnels_by_course,
    grouped,
    is_over,
    total,
)
from domain.ledger import EntryKind, SchoolCalendar
from domain.payments.states import Status
from tests.support.factories import NOW, a_session
from tests.support.reversal_factories import an_entry

DAY = NOW.date()
KEY = FigureKey(day=DAY, course_id="course-1", coupon_code=None, provider="stripe", currency="usd")

KINDS = {
    EntryKind.SALE: Sums(sales=1, gross=700),
    EntryKind.REFUND: Sums(refunds=-700),
    EntryKind.REFUND_FAILED: Sums(refunds=-700),
    EntryKind.MANUAL_REFUND: Sums(refunds=-700),
    EntryKind.DISPUTE: Sums(disputes=-700),
    EntryKind.DISPUTE_RETURNED: Sums(disputes=-700),
    EntryKind.FEE: Sums(fees=-700),
    EntryKind.SEAT: Sums(),
}


@pytest.mark.parametrize("kind", EntryKind)
def test_every_kind_of_entry_has_its_sum(kind: EntryKind) -> None:
    """Amounts are signed: what goes out is negative in the ledger and positive in its sum."""
    (sums,) = fold_entries([an_entry(kind=kind, amount=700, seat=0)]).values()
    assert sums == KINDS[kind]


def test_net_is_what_is_left() -> None:
    """Of what was received, after discounts: less refunds, disputes and fees."""
    assert Sums(gross=10_000, discounts=900, refunds=1_000, disputes=2_000, fees=320).net == 6_680


def test_a_sale_of_nothing_is_no_sale_and_a_use_of_its_coupon() -> None:
    """It lets a student in all the same."""
    entry = an_entry(amount=0, discount_amount=14_999, coupon_code="SPRING")
    assert list(fold_entries([entry]).values()) == [Sums(discounts=14_999, enrollments=1, coupon_uses=1)]


def test_entries_are_kept_apart_by_day_course_coupon_provider_and_currency() -> None:
    """And added up within."""
    others = [
        an_entry(booked_on=DAY + timedelta(days=1)),
        an_entry(course_id="course-2"),
        an_entry(coupon_code="SPRING"),
        an_entry(provider="paypal"),
        an_entry(currency="eur"),
    ]
    found = fold_entries([an_entry(), an_entry(), *others])
    assert len(found) == 1 + len(others)
    assert found[KEY] == Sums(sales=2, gross=2 * 14_999, enrollments=2)


def test_rows_add_up_to_the_totals() -> None:
    """Whatever they are grouped by; amounts of two currencies are never added."""
    found = fold_entries([an_entry(), an_entry(course_id="course-2"), an_entry(currency="eur", coupon_code="SPRING")])
    for by in ((), (Dimension.DAY,), (Dimension.COURSE, Dimension.COUPON), tuple(Dimension)):
        sums = total(grouped(found.items(), by))
        assert {currency: one.gross for currency, one in sums.items()} == {"usd": 2 * 14_999, "eur": 14_999}
    names = [(row.group[Dimension.COUPON], row.currency) for row in grouped(found.items(), (Dimension.COUPON,))]
    assert names == [(None, "usd"), ("SPRING", "eur")]


def test_a_student_counts_once_per_course_and_day_however_often_they_try() -> None:
    """Replaced checkouts do not spoil the conversion; one that the provider never opened does not count."""
    sessions = [
        a_session(payment_session_id="ps_1", provider_session_id="cs_1", status=Status.EXPIRED, decline_code="funds"),
        a_session(payment_session_id="ps_2", provider_session_id="cs_2", status=Status.COMPLETED),
        a_session(payment_session_id="ps_3", provider_session_id="cs_3", user_id="user-2", status=Status.FAILED),
        a_session(payment_session_id="ps_4", user_id="user-3", status=Status.EXPIRED),
    ]
    found = fold_sessions([*sessions, sessions[0]], SchoolCalendar())
    assert found == {(DAY, "course-1"): Funnel(opened=2, paid=1, failed={"funds": 1, UNNAMED: 1})}


def test_funnels_of_days_are_added_up() -> None:
    """By course."""
    one, two = Funnel(opened=2, paid=1, failed={"x": 1}), Funnel(opened=3, paid=3, failed={"x": 1, "y": 2})
    assert funnels_by_course([("c", one), ("c", two), ("b", one)]) == {
        "b": one,
        "c": Funnel(opened=5, paid=4, failed={"x": 2, "y": 2}),
    }


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("Europe/Berlin", datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
        ("Europe/Berlin", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Berlin", datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Berlin", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        ("Pacific/Kiritimati", datetime(2026, 1, 1, 10, 0, tzinfo=UTC), date(2026, 1, 2)),
        ("Pacific/Pago_Pago", datetime(2026, 1, 1, 10, 59, tzinfo=UTC), date(2025, 12, 31)),
    ],
)
def test_days_end_where_the_school_is(zone: str, at: datetime, day: date) -> None:
    """Also on the day when the clocks change, which has 23 hours."""
    calendar = SchoolCalendar(ZoneInfo(zone))
    assert calendar.date_of(at) == day
    assert is_over(day, at + timedelta(days=1), calendar)
    assert not is_over(day, at, calendar)
