"""What requests about coupons say."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from attrs import field, frozen

from adapters.http.field_types import (
    MOST_ENTRIES,
    AnyCaseCouponCode,
    Currency,
    Id,
    Keywords,
    MinorUnits,
    OneOf,
    TextLength,
    Timestamp,
)
from adapters.http.request_bodies.shared import STAYS, Limit
from domain.coupons import DiscountType

Discount = Annotated[Decimal, Keywords(exclusiveMinimum=0)]
CourseIds = Annotated[list[Id], Keywords(maxItems=MOST_ENTRIES)]


@frozen(kw_only=True)
class ValidateCouponRequest:
    """Check a coupon. ``amount`` is sent by older front ends and ignored: the price is the course's."""

    code: AnyCaseCouponCode
    course_id: Id = field(alias="courseId")
    amount: int | None = None


@frozen(kw_only=True)
class CouponRequest:
    """Issue a coupon. ``discount_value`` is a number of percents, or minor units."""

    code: AnyCaseCouponCode
    name: str = field(default="", validator=TextLength(0, 200))
    description: str | None = field(default=None, validator=TextLength(0, 5000))
    discount_type: str = field(alias="discountType", validator=OneOf(DiscountType))
    discount_value: Discount = field(alias="discountValue")
    currency: Currency | None = None
    max_uses: Limit | None = field(default=None, alias="maxUses")
    is_active: bool = field(default=True, alias="isActive")
    listed: bool = False
    valid_from: Timestamp | None = field(default=None, alias="validFrom")
    valid_until: Timestamp | None = field(default=None, alias="validUntil")
    minimum_amount: MinorUnits | None = field(default=None, alias="minimumAmount")
    maximum_discount: Limit | None = field(default=None, alias="maximumDiscount")
    applicable_courses: CourseIds = field(factory=list, alias="applicableCourses")
    reason: str = field(default="Issued without a reason.", validator=TextLength(1, 500))


@frozen(kw_only=True)
class CouponTerms:
    """Terms of a coupon. What is absent stays as it is; null removes what is there."""

    name: str | None = field(default=STAYS, validator=TextLength(0, 200))
    description: str | None = field(default=STAYS, validator=TextLength(0, 5000))
    max_uses: Limit | None = field(default=STAYS, alias="maxUses")
    is_active: bool = field(default=STAYS, alias="isActive")
    listed: bool = STAYS
    valid_from: Timestamp | None = field(default=STAYS, alias="validFrom")
    valid_until: Timestamp | None = field(default=STAYS, alias="validUntil")
    minimum_amount: MinorUnits | None = field(default=STAYS, alias="minimumAmount")
    maximum_discount: Limit | None = field(default=STAYS, alias="maximumDiscount")
    applicable_courses: CourseIds | None = field(default=STAYS, alias="applicableCourses")


@frozen(kw_only=True)
class CouponTermsRequest(CouponTerms):
    """Change a coupon. What is absent stays as it is; null removes what is there. ``before`` has terms as the caller
    saw them: if one of them is different by now, nothing is changed.
    """

    before: CouponTerms | None = None
    reason: str = field(default="Changed without a reason.", validator=TextLength(1, 500))
