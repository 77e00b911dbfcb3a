"""Bodies about coupons."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, TypedDict

from adapters.http.field_types import (
    Count,
    Currency,
    Id,
    Keywords,
    MinorUnits,
    OneOf,
    StoredCouponCode,
    Timestamp,
    Word,
)
from domain.coupons import DiscountType


class ListedCoupon(TypedDict):
    """A coupon that is shown to everybody."""

    code: StoredCouponCode
    name: str
    description: str | None
    discountType: Annotated[str, OneOf(DiscountType)]
    discountValue: Annotated[Decimal, Keywords(exclusiveMinimum=0)]
    currency: Currency
    isActive: bool
    listed: bool
    validFrom: Timestamp | None
    validUntil: Timestamp | None
    minimumAmount: MinorUnits | None
    maximumDiscount: Annotated[int, Keywords(minimum=1)] | None
    applicableCourses: list[Id]


class Coupon(ListedCoupon):
    """A coupon as the school issued it, with its limit and its uses."""

    maxUses: Annotated[int, Keywords(minimum=1)] | None
    currentUses: Count


class CouponValidation(TypedDict):
    """What a coupon does to a price; the same whether it applies or not."""

    isValid: bool
    reason: Word | None
    message: str | None
    discountAmount: MinorUnits
    finalAmount: MinorUnits
    currency: Currency
