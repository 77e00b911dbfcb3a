"""Payments that need a decision by a person: why, and what was decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen
from attrs.validators import max_len, min_len


class ReviewReason(StrEnum):
    """Why money needs a person."""

    AMOUNT_MISMATCH = "amount_mismatch"
    METADATA_MISMATCH = "metadata_mismatch"
    OTHER_CHECKOUT = "other_checkout"
    OTHER_MODE = "other_mode"
    UNEXPECTED_FREE = "unexpected_free"
    ALREADY_ENROLLED = "already_enrolled"
    STUDENT_DELETED = "student_deleted"
    SECOND_PAYMENT = "second_payment"
    PAYMENT_REUSED = "payment_reused"
    REFUND_FAILED = "refund_failed"
    REBUILT = "rebuilt"
    OTHER_ACCOUNT = "other_account"


RECEIVED_ELSEWHERE = frozenset({ReviewReason.PAYMENT_REUSED, ReviewReason.OTHER_ACCOUNT})
"""Nothing of such a payment was received by its own session, as far as anybody can know: nothing is booked of it."""


class ResolutionKind(StrEnum):
    """What a person did about money in review."""

    REFUNDED = "refunded"
    ENROLLED = "enrolled"
    DISMISSED = "dismissed"


@frozen(kw_only=True)
class Resolution:
    """The record of it: who, when and why. ``by`` is an id, ``note`` at most 500 characters."""

    kind: ResolutionKind
    by: str = field(validator=[min_len(1), max_len(128)])
    at: datetime
    note: str = field(default="", validator=max_len(500))
