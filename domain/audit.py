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

_LONGEST_REASON = 500


class ActorRole(StrEnum):
    """In which role somebody acted: by a group of the office, as an operator on the command line, or nobody at all."""

    ADMIN = "admin"
    SUPPORT = "support"
    FINANCE = "finance"
    OPERATOR = "operator"
    SYSTEM = "system"


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
    COUPON_ISSUED = "coupon_issued"
    COUPON_CHANGED = "coupon_changed"
    COURSE_CREATED = "course_created"
    COURSE_CHANGED = "course_changed"
    COURSE_REPRICED = "course_repriced"
    SALES_CLOSED = "sales_closed"
    SALES_OPENED = "sales_opened"
    EMAIL_EXPORTED = "email_exported"
    STUDENT_EXPORTED = "student_exported"
    STUDENT_DELETED = "student_deleted"
    STUDENT_INVITED = "student_invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    CAPACITY_CHANGED = "capacity_changed"
    SEATS_RECOUNTED = "seats_recounted"
    SEAT_OVER_CAPACITY = "seat_over_capacity"
    SECOND_FACTOR_RESET = "second_factor_reset"


SCHOOL_WIDE = frozenset({AuditAction.SALES_CLOSED, AuditAction.SALES_OPENED, AuditAction.EMAIL_EXPORTED})
"""What may be done about the school as a whole."""


def stripped(text: str) -> str:
    """An attrs converter: the text without white space around it."""
    return text.strip()


def a_reason(_instance: object, _attribute: object, value: str) -> None:
    """An attrs validator: refuse a reason that has not 1 to 500 characters."""
    if not 1 <= len(value) <= _LONGEST_REASON:
        raise InvalidValue(f"reason must have 1 to {_LONGEST_REASON} characters.")


@frozen(kw_only=True)
class AuditSubject:
    """What a record is about: a student, a coupon, a course; the school as a whole where none of them is set."""

    user_id: str | None = field(default=None, validator=optional(an_id))
    coupon_code: str | None = field(default=None, validator=optional(an_id))
    course_id: str | None = field(default=None, validator=optional(an_id))

    def __attrs_post_init__(self) -> None:
        """Refuse several subjects."""
        if sum(subject is not None for subject in (self.user_id, self.coupon_code, self.course_id)) > 1:
            raise InvalidValue("An audit record is about one student, one coupon or one course.")

    @property
    def is_school(self) -> bool:
        """Whether it is the school as a whole."""
        return (self.user_id, self.coupon_code, self.course_id) == (None, None, None)


@frozen(kw_only=True)
class AuditRecord:
    """One change. ``by`` is the id of a person or ``system``; ``reason`` has 1 to 500 characters.

    ``role`` is the role in which they acted, None in records from before roles were kept.

    ``before`` and ``after`` hold the changed fields only, as plain values. The subject is a student, a coupon or a
    course; none of them where the change is about the school as a whole.
    """

    audit_id: str = field(validator=an_id)
    user_id: str | None = field(default=None, validator=optional(an_id))
    coupon_code: str | None = field(default=None, validator=optional(an_id))
    course_id: str | None = field(default=None, validator=optional(an_id))
    action: AuditAction
    by: str = field(validator=[min_len(1), max_len(128)])
    role: ActorRole | None = None
    at: datetime
    reason: str = field(validator=a_reason)
    before: Mapping[str, object] = field(factory=lambda: MappingProxyType({}))
    after: Mapping[str, object] = field(factory=lambda: MappingProxyType({}))

    def __attrs_post_init__(self) -> None:
        """Refuse a record that is about several subjects, or about none where the action needs one."""
        if self.subject.is_school and self.action not in SCHOOL_WIDE:
            raise InvalidValue("An audit record is about a student, a coupon or a course.")

    @property
    def subject(self) -> AuditSubject:
        """What the record is about."""
        return AuditSubject(user_id=self.user_id, coupon_code=self.coupon_code, course_id=self.course_id)


@frozen(kw_only=True)
class Authorship:
    """Who makes a change, in which role, and why: ``by`` is the id of a person, ``reason`` has 1 to 500 characters."""

    by: str = field(validator=[min_len(1), max_len(128)])
    role: ActorRole | None = None
    reason: str = field(converter=stripped, validator=a_reason)

    def record(
        self,
        action: AuditAction,
        subject: AuditSubject,
        *,
        audit_id: str,
        at: datetime,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> AuditRecord:
        """The audit record of the change."""
        return AuditRecord(
            audit_id=audit_id,
            user_id=subject.user_id,
            coupon_code=subject.coupon_code,
            course_id=subject.course_id,
            action=action,
            by=self.by,
            role=self.role,
            at=at,
            reason=self.reason,
            before=before or {},
            after=after or {},
        )
