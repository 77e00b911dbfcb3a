"""What requests say: one class per JSON object, the source of its parsing and of its OpenAPI schema.

Descriptions and examples of the document are in scripts/openapi.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from attrs import field, frozen

from adapters.http.field_types import (
    MOST_ENTRIES,
    AnyCaseCouponCode,
    Currency,
    Email,
    Id,
    Keywords,
    LectureId,
    MinorUnits,
    OneOf,
    OwnUrl,
    Seats,
    TextLength,
    Timestamp,
)
from domain.changes import UNCHANGED
from domain.coupons import DiscountType
from domain.courses import PRICING_MODELS
from domain.enrollment_requests import UI_MODES
from domain.enrollments import MOST_LECTURES, SOURCES
from domain.payments.reviews import ResolutionKind

STAYS: Any = UNCHANGED
"""The value of a property that the request does not have."""

Limit = Annotated[int, Keywords(minimum=1)]
Percent = Annotated[int, Keywords(minimum=0, maximum=100)]
Lectures = Annotated[int, Keywords(minimum=0, maximum=100_000)]
SecondsOfADay = Annotated[int, Keywords(minimum=0, maximum=86_400)]
Discount = Annotated[Decimal, Keywords(exclusiveMinimum=0)]
CourseIds = Annotated[list[Id], Keywords(maxItems=MOST_ENTRIES)]
Texts = Annotated[list[str], Keywords(maxItems=MOST_ENTRIES)]
LectureIds = Annotated[list[LectureId], Keywords(maxItems=MOST_LECTURES)]


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
class RenameRequest:
    """Change the caller's name."""

    name: str = field(validator=TextLength(1, 200))


@frozen(kw_only=True)
class DeletionRequest:
    """Delete the caller and what is stored about them. ``confirm`` is the word that says that they mean it."""

    confirm: str = field(validator=OneOf(("delete",)))


@frozen(kw_only=True)
class ProgressRequest:
    """Record progress in a course."""

    progress: Percent | None = None
    current_lecture_id: str | None = field(default=None, alias="currentLectureId", validator=TextLength(0, 200))
    completed_lectures: Lectures | None = field(default=None, alias="completedLectures")
    completed_lecture_ids: LectureIds = field(factory=list, alias="completedLectureIds")
    time_spent_seconds: SecondsOfADay | None = field(default=None, alias="timeSpentSeconds")


@frozen(kw_only=True)
class InterestRequest:
    """An e-mail address of somebody who wants to be notified when a course opens."""

    email: Email


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


@frozen(kw_only=True)
class CourseTerms:
    """Fields of a course. What is absent stays as it is; null removes what is there."""

    name: str = field(default=STAYS, validator=TextLength(1, 200))
    description: str | None = STAYS
    instructor: str | None = field(default=STAYS, validator=TextLength(0, 200))
    pricing_model: str = field(default=STAYS, alias="pricingModel", validator=OneOf(PRICING_MODELS))
    image_url: str | None = field(default=STAYS, alias="imageUrl", validator=TextLength(0, 2000))
    learning_objectives: Texts | None = field(default=STAYS, alias="learningObjectives")
    coming_soon: bool = field(default=STAYS, alias="comingSoon")
    estimated_duration: str | None = field(default=STAYS, alias="estimatedDuration", validator=TextLength(0, 200))
    total_lessons: Lectures | None = field(default=STAYS, alias="totalLessons")


@frozen(kw_only=True)
class CourseTermsRequest(CourseTerms):
    """Change a course. What is absent stays as it is; null removes what is there. ``before`` has fields as the caller
    saw them: if one of them is different by now, nothing is changed.
    """

    before: CourseTerms | None = None
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class CourseRequest:
    """Create a course. ``price`` is in minor units."""

    course_id: Id = field(alias="courseId")
    name: str = field(validator=TextLength(1, 200))
    description: str = ""
    instructor: str = field(default="", validator=TextLength(0, 200))
    pricing_model: str = field(alias="pricingModel", validator=OneOf(PRICING_MODELS))
    price: Limit | None = None
    currency: Currency | None = None
    image_url: str = field(default="", alias="imageUrl", validator=TextLength(0, 2000))
    learning_objectives: Texts = field(factory=list, alias="learningObjectives")
    coming_soon: bool = field(default=True, alias="comingSoon")
    estimated_duration: str | None = field(default=None, alias="estimatedDuration", validator=TextLength(0, 200))
    total_lessons: Lectures | None = field(default=None, alias="totalLessons")
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class PriceRequest:
    """Change the price of a course. ``price`` is in minor units of ``currency``."""

    price: Limit
    currency: Currency
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class InvitationRequest:
    """Invite an e-mail address or a student: exactly one of the two. Without ``expiresAt`` it stays open."""

    email: Email | None = None
    user_id: Id | None = field(default=None, alias="userId")
    expires_at: Timestamp | None = field(default=None, alias="expiresAt")
    reason: str = field(default="Invited without a reason.", validator=TextLength(1, 500))


@frozen(kw_only=True)
class CapacityRequest:
    """Change how many seats a course has; null: everybody who asks gets in."""

    capacity: Seats | None
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class SalesRequest:
    """Close or open sales."""

    closed: bool
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class RefundRequest:
    """Give money back. ``amount`` is in minor units of the currency received; absent, all that is left."""

    amount: Limit | None = None
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class ReasonRequest:
    """Say why."""

    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class RevokeRequest:
    """End an enrollment. ``bar`` keeps the student from enrolling in the course again."""

    reason: str = field(validator=TextLength(1, 500))
    bar: bool = False


@frozen(kw_only=True)
class ResolveRequest:
    """Record a decision about a payment in review. ``note`` is for whoever reads the record later."""

    resolution: str = field(validator=OneOf(ResolutionKind))
    note: str = field(default="", validator=TextLength(0, 500))
