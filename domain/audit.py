"""Audit records: who changed what, when and why, stored with the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from attrs import field, frozen
from attrs.validators import max_len, min_len, optional

from domain.errors import InvalidValue
from domain.identifiers import an_id


class AuditAction(StrEnum):
    """What was done."""

    REFUND_REQUESTED = "refund_requested"
    REFUND_REJECTED = "refund_rejected"
    REPAYMENT_RECORDED = "repayment_recorded"
    REVIEW_RESOLVED = "review_resolved"
    ENROLLMENT_GRANTED = "enrollment_granted"
    ENROLLMENT_REVOKED = "enrollment_revoked"
    ENROLLMENT_REINSTATED = "enrollment_reinstated"
    BAR_LIFTED = "bar_lifted"
    PAYMENT_REBUILT = "payment_rebuilt"
    COUPON_RECOUNTED = "coupon_recounted"


@frozen(kw_only=True)
class AuditRecord:
    """One change. ``by`` is the id of a person or ``system``; ``reason`` has 1 to 500 characters.

    ``before`` and ``after`` hold the changed fields only, as plain values. The subject is a student, or the coupon of
    ``coupon_code``, where ``user_id`` is None.
    """

    audit_id: str = field(validator=an_id)
    user_id: str | None = field(default=None, validator=optional(an_id))
    coupon_code: str | None = field(default=None, validator=optional(an_id))
    action: AuditAction
    by: str = field(validator=[min_len(1), max_len(128)])
    at: datetime
    reason: str = field(validator=[min_len(1), max_len(500)])
    before: Mapping[str, object] = field(factory=lambda: MappingProxyType({}))
    after: Mapping[str, object] = field(factory=lambda: MappingProxyType({}))

    def __attrs_post_init__(self) -> None:
        """Refuse a record that is about nothing, or about two things."""
        if (self.user_id is None) == (self.coupon_code is None):
            raise InvalidValue("An audit record is about a student or about a coupon.")
