"""What responses say: one class per JSON object, the source of its serialisation and of its OpenAPI schema.

``| None`` means that the property is left out where there is no value. Descriptions and examples of the document are in
scripts/openapi. These are plain dictionaries at run time, and the views name the classes for type
checking only, so that a Lambda's cold start does not pay for them.
"""

from __future__ import annotations

from adapters.http.response_bodies.audit import AuditRecord
from adapters.http.response_bodies.coupons import Coupon, CouponValidation, ListedCoupon
from adapters.http.response_bodies.courses import (
    OPEN,
    Course,
    CurriculumSection,
    Lesson,
    Sales,
)
from adapters.http.response_bodies.enrolling import Invitation, PlaceInLine, SeatClaim
from adapters.http.response_bodies.enrollments import (
    ActiveEnrollment,
    EndedEnrollment,
    EnrolledStudent,
    Enrollment,
    EnrollmentCheck,
    PendingEnrollment,
    Person,
    Student,
)
from adapters.http.response_bodies.figures import CheckoutFunnel, FailedPayments, FigureRow, Figures
from adapters.http.response_bodies.learning import Certificate, Interest, InterestKept, LessonContent
from adapters.http.response_bodies.meta import Config, Error, Features, Health, SignIn
from adapters.http.response_bodies.payments import (
    AlreadyDecided,
    AtProvider,
    CheckoutState,
    DisputedPayment,
    EmbeddedCheckout,
    HostedCheckout,
    LedgerEntry,
    ListedPayment,
    NotCancellable,
    NothingToPay,
    Payment,
    PaymentHistory,
    PaymentInReview,
    PaymentSession,
    PaymentWithRefunds,
    ProviderReversal,
    Receipt,
    ReceiptLink,
    Refund,
    RefundResult,
    SessionCancelled,
    SessionState,
)
from adapters.http.response_bodies.personal_data import (
    Deletion,
    ExportedDecision,
    ExportedEnding,
    ExportedPayment,
    ExportedReversal,
    StudentExport,
)
from adapters.http.response_bodies.students import CouponUse, StudentHistory

__all__ = [
    "OPEN",
    "ActiveEnrollment",
    "AlreadyDecided",
    "AtProvider",
    "AuditRecord",
    "Certificate",
    "CheckoutFunnel",
    "CheckoutState",
    "Config",
    "Coupon",
    "CouponUse",
    "CouponValidation",
    "Course",
    "CurriculumSection",
    "Deletion",
    "DisputedPayment",
    "EmbeddedCheckout",
    "EndedEnrollment",
    "EnrolledStudent",
    "Enrollment",
    "EnrollmentCheck",
    "Error",
    "ExportedDecision",
    "ExportedEnding",
    "ExportedPayment",
    "ExportedReversal",
    "FailedPayments",
    "Features",
    "FigureRow",
    "Figures",
    "Health",
    "HostedCheckout",
    "Interest",
    "InterestKept",
    "Invitation",
    "LedgerEntry",
    "Lesson",
    "LessonContent",
    "ListedCoupon",
    "ListedPayment",
    "NotCancellable",
    "NothingToPay",
    "Payment",
    "PaymentHistory",
    "PaymentInReview",
    "PaymentSession",
    "PaymentWithRefunds",
    "PendingEnrollment",
    "Person",
    "PlaceInLine",
    "ProviderReversal",
    "Receipt",
    "ReceiptLink",
    "Refund",
    "RefundResult",
    "Sales",
    "SeatClaim",
    "SessionCancelled",
    "SessionState",
    "SignIn",
    "Student",
    "StudentExport",
    "StudentHistory",
]
