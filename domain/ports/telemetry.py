"""Telemetry: metrics and log entries for operators."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Signal(StrEnum):
    """What is counted. The values are the names of the metrics, and of the alarms on them."""

    ENROLLED = "Enrolled"
    ENROLLED_BY_RECONCILIATION = "EnrolledByReconciliation"
    CHECKOUT_OPENED = "CheckoutOpened"
    CHECKOUT_RELEASED = "CheckoutReleased"
    PAYMENT_PROCESSING = "PaymentProcessing"
    PAYMENT_DECLINED = "PaymentDeclined"
    PAYMENT_IN_REVIEW = "PaymentInReview"
    PAYMENT_LATE = "PaymentLate"
    PRICE_MISMATCH = "PriceMismatch"
    PROVIDER_REJECTED = "ProviderRejected"
    EVENT_RECEIVED = "EventReceived"
    EVENT_SETTLED = "EventSettled"
    EVENT_IGNORED = "EventIgnored"
    EVENT_QUEUED = "EventQueued"
    EVENT_NOT_KEPT = "EventNotKept"
    EVENT_REFUSED = "EventRefused"
    EVENT_CONTRADICTS = "EventContradicts"
    SIGNATURE_REFUSED = "SignatureRefused"
    PROVIDER_ERROR = "ProviderError"
    SECRETS_STALE = "SecretsStale"
    RECORD_UNREADABLE = "RecordUnreadable"
    REVIEW_RESOLVED = "ReviewResolved"
    RECONCILED = "Reconciled"
    RECONCILE_FAILED = "ReconcileFailed"
    DIFFERENCE_FOUND = "DifferenceFound"
    COUPON_REFUSED = "CouponRefused"
    CHECKOUT_REFUSED = "CheckoutRefused"
    REFUND_REQUESTED = "RefundRequested"
    REFUND_RECORDED = "RefundRecorded"
    REFUND_FAILED = "RefundFailed"
    REFUND_REJECTED = "RefundRejected"
    DISPUTE_OPENED = "DisputeOpened"
    DISPUTE_CLOSED = "DisputeClosed"
    ENROLLMENT_ENDED = "EnrollmentEnded"
    ENROLLMENT_REINSTATED = "EnrollmentReinstated"
    ENROLLMENT_GRANTED = "EnrollmentGranted"
    PAYMENT_REBUILT = "PaymentRebuilt"
    LEDGER_PROVEN = "LedgerProven"
    LEDGER_MISMATCH = "LedgerMismatch"
    MESSAGE_DELIVERED = "MessageDelivered"
    MESSAGE_FAILED = "MessageFailed"
    MESSAGE_LAID_ASIDE = "MessageLaidAside"
    DAY_CLOSED = "DayClosed"
    SEAT_OFFERED = "SeatOffered"
    SEAT_LAPSED = "SeatLapsed"
    SEAT_OVER_CAPACITY = "SeatOverCapacity"
    COMPARISON_FAILED = "ComparisonFailed"


class Gauge(StrEnum):
    """What is measured."""

    OLDEST_UNENROLLED_SECONDS = "OldestUnenrolledSeconds"
    SESSIONS_IN_REVIEW = "SessionsInReview"
    SESSIONS_DUE = "SessionsDue"


class Telemetry(Protocol):
    """Counts and logs. It never fails, and gets ids and reasons only: no names, addresses, secrets or bodies."""

    def emit(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Count the signal once under its reason and provider, and log it with the ids of what it is about."""
        ...

    def measure(self, gauge: Gauge, value: int) -> None:
        """Record the present value of a gauge."""
        ...
