"""What requests say: one class per body, each field checked for what can be checked without asking anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from attrs import Attribute, field, frozen

from domain.coupons import DiscountType
from domain.enrollment_requests import UI_MODES
from domain.enrollments import SOURCES
from domain.errors import InvalidValue
from domain.payments.reviews import ResolutionKind

Check = Callable[[object, "Attribute[Any]", str | None], None]


def _one_of(names: Iterable[str]) -> Check:
    known = tuple(names)

    def check(_body: object, attribute: Attribute[Any], value: str | None) -> None:
        if value not in known:
            raise InvalidValue(f"{attribute.alias} is one of: {', '.join(known)}.")

    return check


def _text(least: int, most: int) -> Check:
    def check(_body: object, attribute: Attribute[Any], value: str | None) -> None:
        if value is not None and not least <= len(value.strip()) <= len(value) <= most:
            raise InvalidValue(f"{attribute.alias} has {least} to {most} characters.")

    return check


@frozen(kw_only=True)
class EnrollBody:
    """POST /api/enrollments."""

    course_id: str = field(alias="courseId")
    coupon_code: str | None = field(default=None, alias="couponCode")
    source: str = field(default="direct", validator=_one_of(SOURCES))


@frozen(kw_only=True)
class RenameBody:
    """PATCH /api/students/me."""

    name: str = field(validator=_text(1, 200))


@frozen(kw_only=True)
class ProgressBody:
    """PATCH /api/enrollments/{courseId}."""

    progress: int | None = None
    current_lecture_id: str | None = field(default=None, alias="currentLectureId", validator=_text(0, 200))
    completed_lectures: int | None = field(default=None, alias="completedLectures")
    time_spent_seconds: int | None = field(default=None, alias="timeSpentSeconds")


@frozen(kw_only=True)
class SessionBody:
    """POST /api/payments/sessions."""

    course_id: str = field(alias="courseId")
    coupon_code: str | None = field(default=None, alias="couponCode")
    ui_mode: str = field(default="embedded", alias="uiMode", validator=_one_of(UI_MODES))
    return_url: str | None = field(default=None, alias="returnUrl")
    cancel_url: str | None = field(default=None, alias="cancelUrl")


@frozen(kw_only=True)
class ValidateBody:
    """POST /api/payments/coupons/validate. ``amount`` is what older front ends send; the course's price counts."""

    code: str
    course_id: str = field(alias="courseId")
    amount: int | None = None


@frozen(kw_only=True)
class CouponBody:
    """POST /api/admin/coupons. ``discountValue`` is a number of percents, or minor units."""

    code: str
    name: str = field(default="", validator=_text(0, 200))
    description: str | None = field(default=None, validator=_text(0, 5000))
    discount_type: str = field(alias="discountType", validator=_one_of(DiscountType))
    discount_value: Decimal = field(alias="discountValue")
    currency: str | None = None
    max_uses: int | None = field(default=None, alias="maxUses")
    is_active: bool = field(default=True, alias="isActive")
    listed: bool = False
    valid_from: str | None = field(default=None, alias="validFrom")
    valid_until: str | None = field(default=None, alias="validUntil")
    minimum_amount: int | None = field(default=None, alias="minimumAmount")
    maximum_discount: int | None = field(default=None, alias="maximumDiscount")
    applicable_courses: list[str] = field(factory=list, alias="applicableCourses")


@frozen(kw_only=True)
class CouponTermsBody:
    """PATCH /api/admin/coupons/{code}; what is absent stays."""

    name: str | None = field(default=None, validator=_text(0, 200))
    description: str | None = field(default=None, validator=_text(0, 5000))
    max_uses: int | None = field(default=None, alias="maxUses")
    is_active: bool | None = field(default=None, alias="isActive")
    listed: bool | None = None
    valid_until: str | None = field(default=None, alias="validUntil")


@frozen(kw_only=True)
class ResolveBody:
    """POST /api/admin/payments/{id}/resolve. ``note`` is for whoever reads the record later."""

    resolution: str = field(validator=_one_of(ResolutionKind))
    note: str = field(default="", validator=_text(0, 500))
