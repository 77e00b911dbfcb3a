"""What requests to enroll, or to open a checkout, say."""

from __future__ import annotations

from attrs import field, frozen

from adapters.http.field_types import AnyCaseCouponCode, Id, OneOf, OwnUrl
from domain.enrollment_requests import UI_MODES
from domain.enrollments import SOURCES


@frozen(kw_only=True)
class EnrollRequest:
    """Enroll in a course."""

    course_id: Id = field(alias="courseId")
    coupon_code: AnyCaseCouponCode | None = field(default=None, alias="couponCode")
    referral: Id | None = None
    source: str = field(default="direct", validator=OneOf(SOURCES))
    provider: Id | None = None
    ui_mode: str = field(default="embedded", alias="uiMode", validator=OneOf(UI_MODES))


@frozen(kw_only=True)
class SessionRequest:
    """Open a checkout. Without ``ui_mode`` it is embedded, or hosted where there is a ``cancel_url``: only a hosted
    checkout leads there.
    """

    course_id: Id = field(alias="courseId")
    coupon_code: AnyCaseCouponCode | None = field(default=None, alias="couponCode")
    ui_mode: str | None = field(default=None, alias="uiMode", validator=OneOf(UI_MODES))
    return_url: OwnUrl | None = field(default=None, alias="returnUrl")
    cancel_url: OwnUrl | None = field(default=None, alias="cancelUrl")
    referral: Id | None = None
    source: str = field(default="direct", validator=OneOf(SOURCES))
    provider: Id | None = None
