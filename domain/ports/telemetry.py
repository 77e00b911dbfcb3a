"""Telling operations what happens."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Signal(StrEnum):
    """What is worth counting. The values are the names of the metrics, and of the alarms on them."""

    ENROLLED = "Enrolled"
    CHECKOUT_OPENED = "CheckoutOpened"
    CHECKOUT_RELEASED = "CheckoutReleased"
    PAYMENT_PROCESSING = "PaymentProcessing"
    PAYMENT_IN_REVIEW = "PaymentInReview"
    PAYMENT_LATE = "PaymentLate"
    PRICE_MISMATCH = "PriceMismatch"
    PROVIDER_REJECTED = "ProviderRejected"
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


class Gauge(StrEnum):
    """What is worth measuring now and then."""

    OLDEST_UNENROLLED_SECONDS = "OldestUnenrolledSeconds"
    SESSIONS_IN_REVIEW = "SessionsInReview"
    SESSIONS_DUE = "SessionsDue"


class Telemetry(Protocol):
    """Counts and logs. It never fails, and it is told ids and reasons only: no names, addresses, secrets or bodies."""

    def emit(self, signal: Signal, *, reason: str = "", provider: str = "", **ids: str) -> None:
        """Count the signal once under its reason and provider, and log it with the ids that say what it was about."""
        ...

    def measure(self, gauge: Gauge, value: int) -> None:
        """Report a gauge's present value."""
        ...
