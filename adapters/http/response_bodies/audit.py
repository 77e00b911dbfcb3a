"""Bodies about what the office did."""

from __future__ import annotations

from typing import Annotated, TypedDict

from adapters.http.field_types import Id, NonEmpty, OneOf, StoredCouponCode, Timestamp
from domain.audit import ActorRole, AuditAction


class AuditRecord(TypedDict):
    """Who changed what, in which role, when and why. ``before`` and ``after`` have the changed fields only."""

    auditId: Id
    action: Annotated[str, OneOf(AuditAction)]
    by: NonEmpty
    role: Annotated[str, OneOf(ActorRole)] | None
    at: Timestamp
    reason: NonEmpty
    userId: Id | None
    couponCode: StoredCouponCode | None
    courseId: Id | None
    before: dict[str, object]
    after: dict[str, object]
