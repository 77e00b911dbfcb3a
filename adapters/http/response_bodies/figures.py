"""Bodies about figures."""

from __future__ import annotations

from typing import Annotated, TypedDict

from adapters.http.field_types import Count, Currency, Date, Id, Keywords, StoredCouponCode
from adapters.http.response_bodies.payments import SignedMinorUnits

Month = Annotated[str, Keywords(pattern=r"^[0-9]{4}-[0-9]{2}$")]


class FigureRow(TypedDict):
    """Sums of the ledger, grouped by currency and by those of day, month, courseId, couponCode and provider that were
    asked for. A row without couponCode is about what was sold without a coupon.
    """

    day: Date | None
    month: Month | None
    courseId: Id | None
    couponCode: StoredCouponCode | None
    provider: Id | None
    currency: Currency
    sales: Count
    gross: SignedMinorUnits
    discounts: SignedMinorUnits
    refunds: SignedMinorUnits
    disputes: SignedMinorUnits
    fees: SignedMinorUnits
    net: SignedMinorUnits
    enrollments: Count
    ended: Count
    couponUses: Count


class FailedPayments(TypedDict):
    """How many attempts to pay failed for one reason."""

    reason: str
    count: Count


class CheckoutFunnel(TypedDict):
    """The checkouts of one course: each student counts once for each day."""

    courseId: Id
    opened: Count
    paid: Count
    failed: list[FailedPayments]


class Figures(TypedDict):
    """What came in and went back, who came and who left, by the school's days."""

    since: Date
    until: Date
    closedUntil: Date | None
    rows: list[FigureRow]
    totals: list[FigureRow]
    checkouts: list[CheckoutFunnel]
