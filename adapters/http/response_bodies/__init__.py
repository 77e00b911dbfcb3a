"""What responses say: one class per JSON object, the source of its serialisation and of its OpenAPI schema.

``| None`` means that the property is left out where there is no value. Descriptions and examples of the document are in
scripts/openapi. These are plain dictionaries at run time, and the views name the classes for type
checking only, so that a Lambda's cold start does not pay for them.
"""

from __future__ import annotations

from adapters.http.response_bodies.coupons import Coupon, CouponValidation
from adapters.http.response_bodies.courses import OPEN, Course, CurriculumSection, Lesson
from adapters.http.response_bodies.enrollments import (
    ActiveEnrollment,
    EndedEnrollment,
    Enrollment,
    EnrollmentCheck,
    PendingEnrollment,
    Student,
)
from adapters.http.response_bodies.figures import CheckoutFunnel, FailedPayments, FigureRow, Figures
from adapters.http.response_bodies.learning import Certificate, Interest, InterestKept, LessonContent
from adapters.http.response_bodies.meta import Config, Error, Features, Health, SignIn
from adapters.http.response_bodies.payments import (
    CheckoutState,
    EmbeddedCheckout,
    HostedCheckout,
    NotCancellable,
    NothingToPay,
    Payment,
    PaymentInReview,
    PaymentSession,
    Receipt,
    Refund,
    RefundResult,
    SessionCancelled,
    SessionState,
)

__all__ = [
    "OPEN",
    "ActiveEnrollment",
    "Certificate",
    "CheckoutFunnel",
    "CheckoutState",
    "Config",
    "Coupon",
    "CouponValidation",
    "Course",
    "CurriculumSection",
    "EmbeddedCheckout",
    "EndedEnrollment",
    "Enrollment",
    "EnrollmentCheck",
    "Error",
    "FailedPayments",
    "Features",
    "FigureRow",
    "Figures",
    "Health",
    "HostedCheckout",
    "Interest",
    "InterestKept",
    "Lesson",
    "LessonContent",
    "NotCancellable",
    "NothingToPay",
    "Payment",
    "PaymentInReview",
    "PaymentSession",
    "PendingEnrollment",
    "Receipt",
    "Refund",
    "RefundResult",
    "SessionCancelled",
    "SessionState",
    "SignIn",
    "Student",
]
