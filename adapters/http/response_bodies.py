"""What responses say: one class per JSON object, the source of its serialisation and of its OpenAPI schema.

``| None`` means that the property is left out where there is no value. Descriptions and examples of the document are in
scripts/openapi. TypedDicts, since a Lambda's cold start pays for every class: these are plain dictionaries at run time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, TypedDict

from adapters.http.field_types import (
    Count,
    Currency,
    ErrorCode,
    ForeignId,
    Id,
    Keywords,
    MinorUnits,
    NonEmpty,
    OneOf,
    StoredCouponCode,
    TextLength,
    Timestamp,
    Url,
)
from domain.coupons import DiscountType
from domain.enrollment_requests import UI_MODES
from domain.enrollments import COMPLETE, SOURCES
from domain.payments.reviews import ResolutionKind, ReviewReason
from domain.payments.states import Status

WAITING = "pending"
"""What a student sees for a session that is being created or open."""

CANCELLING = "cancelling"
"""What a student sees for a session that is live and whose cancellation is requested."""

_ENDED_OR_PAID = [status for status in Status if status not in (Status.CREATING, Status.OPEN)]

PaymentStatus = Annotated[str, OneOf(("paid", "unpaid", "no_payment_required"))]
CheckoutStatus = Annotated[str, OneOf(("open", "complete", "expired"))]
SessionStatus = Annotated[str, OneOf((WAITING, CANCELLING, *_ENDED_OR_PAID))]
UiMode = Annotated[str, OneOf(UI_MODES)]
Percent = Annotated[int, Keywords(minimum=0, maximum=COMPLETE)]


class Error(TypedDict):
    """Every error, whatever its status."""

    error: NonEmpty
    code: ErrorCode
    requestId: NonEmpty


class Health(TypedDict):
    """That the code runs, and which code it is."""

    status: Literal["ok"]
    version: NonEmpty
    commit: NonEmpty


class Features(TypedDict):
    """What a front end may offer."""

    coupons: bool
    bookings: bool


class SignIn(TypedDict):
    """Where students sign in: a Cognito user pool."""

    region: str
    userPoolId: str
    userPoolClientId: str
    endpoint: Url


class Config(TypedDict):
    """What a front end needs before anybody signs in."""

    stripePublishableKey: str
    stripeJsUrl: Url
    currency: Currency
    features: Features
    auth: SignIn


class Lesson(TypedDict):
    """One lesson of a section."""

    title: str
    lessonId: str | None
    minutes: Annotated[Decimal, Keywords(minimum=0)] | None


class CurriculumSection(TypedDict):
    """One section of a course. What else the editors keep is passed on as it is stored."""

    title: str
    lessons: list[Lesson]


OPEN = (Lesson, CurriculumSection)
"""What may have further properties, as editors stored them."""


class Course(TypedDict):
    """A course of the catalogue."""

    courseId: Id
    name: str
    description: str
    instructor: str
    pricingModel: str
    price: Annotated[Decimal, Keywords(minimum=0)] | None
    currency: Currency | None
    imageUrl: str
    learningObjectives: list[str]
    curriculum: list[CurriculumSection]
    comingSoon: Literal[True] | None
    estimatedDuration: str | None
    totalLessons: Count | None
    stripeProductId: str | None
    stripePriceId: str | None


class Student(TypedDict):
    """The caller's own record."""

    userId: Id
    email: str
    name: str
    emailVerified: bool
    signUpMethod: str | None
    createdAt: Timestamp
    updatedAt: Timestamp


class Enrollment(TypedDict):
    """A student's place in a course."""

    userId: Id
    courseId: Id
    enrollmentType: Annotated[str, OneOf(("free", "paid", "bundle"))]
    enrolledAt: Timestamp
    paymentStatus: Annotated[str, OneOf(("free", "pending", "completed"))]
    source: Annotated[str, OneOf(SOURCES)]
    progress: Percent
    completed: bool
    completedAt: Timestamp | None
    currentLectureId: str | None
    completedLectures: Count | None
    totalTimeSpent: Count | None
    lastAccessedAt: Timestamp | None
    paymentSessionId: Id | None
    stripeSessionId: ForeignId | None
    stripePaymentIntentId: ForeignId | None
    amount: MinorUnits | None
    currency: Currency | None
    discountAmount: MinorUnits | None
    couponCode: StoredCouponCode | None


class ActiveEnrollment(TypedDict):
    """The student is in the course."""

    status: Literal["active"]
    enrollment: Enrollment


class PendingEnrollment(TypedDict):
    """A checkout waits for the student."""

    status: Literal["pending"]
    provider: Id
    clientSecret: str | None
    redirectUrl: Url | None
    paymentSessionId: Id
    amount: MinorUnits
    discountAmount: MinorUnits
    finalAmount: MinorUnits
    currency: Currency
    expiresAt: Timestamp


class EnrollmentCheck(TypedDict):
    """Whether the caller is in the course."""

    enrolled: bool


class PaymentSession(TypedDict):
    """One attempt to buy one course."""

    id: Id
    courseId: Id
    courseName: str
    userId: Id
    provider: Id
    status: SessionStatus
    paymentStatus: PaymentStatus
    amount: MinorUnits
    discountAmount: MinorUnits
    finalAmount: MinorUnits
    currency: Currency
    couponCode: StoredCouponCode | None
    uiMode: UiMode
    stripeSessionId: ForeignId | None
    stripePaymentIntentId: ForeignId | None
    createdAt: Timestamp
    updatedAt: Timestamp
    expiresAt: Timestamp


class PaymentInReview(PaymentSession):
    """A payment that needs a person's decision, or the record of what was decided."""

    reviewReason: Annotated[str, OneOf(ReviewReason)] | None
    reviewSince: Timestamp | None
    resolution: Annotated[str, OneOf(ResolutionKind)] | None
    resolvedBy: Id | None
    resolvedAt: Timestamp | None
    resolutionNote: Annotated[str, TextLength(0, 500)] | None


class EmbeddedCheckout(TypedDict):
    """A checkout to be shown in the front end's own page."""

    success: Literal[True]
    session: PaymentSession
    clientSecret: str


class HostedCheckout(TypedDict):
    """A checkout on the provider's own page."""

    success: Literal[True]
    session: PaymentSession
    redirectUrl: Url


class NothingToPay(TypedDict):
    """The student is in the course, by a coupon or from before."""

    success: Literal[True]
    status: Literal["active"]
    enrollment: Enrollment
    session: PaymentSession | None


class SessionCancelled(TypedDict):
    """The session is cancelled, or its cancellation is requested."""

    success: Literal[True]
    session: PaymentSession


class NotCancellable(Error):
    """The payment was faster than the cancellation; ``session`` is its true state."""

    session: PaymentSession


class SessionState(TypedDict):
    """A checkout in the words of Stripe's session; nothing about the person."""

    status: CheckoutStatus
    paymentStatus: PaymentStatus
    courseId: Id


class CheckoutState(SessionState):
    """A checkout of the caller's, and whether they are in the course."""

    enrolled: bool


class Coupon(TypedDict):
    """A coupon as the school issued it."""

    code: StoredCouponCode
    name: str
    description: str | None
    discountType: Annotated[str, OneOf(DiscountType)]
    discountValue: Annotated[Decimal, Keywords(exclusiveMinimum=0)]
    currency: Currency
    maxUses: Annotated[int, Keywords(minimum=1)] | None
    currentUses: Count
    isActive: bool
    listed: bool
    validFrom: Timestamp | None
    validUntil: Timestamp | None
    minimumAmount: MinorUnits | None
    maximumDiscount: Annotated[int, Keywords(minimum=1)] | None
    applicableCourses: list[Id]


class CouponValidation(TypedDict):
    """What a coupon does to a price; the same whether it applies or not."""

    isValid: bool
    reason: ErrorCode | None
    message: str | None
    discountAmount: MinorUnits
    finalAmount: MinorUnits
    currency: Currency


class Receipt(TypedDict):
    """A provider's event was received; ``queued`` where it is settled later."""

    received: Literal[True]
    queued: Literal[True] | None
