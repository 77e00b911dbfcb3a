"""What requests about payments say."""

from __future__ import annotations

from attrs import field, frozen

from adapters.http.field_types import OneOf, TextLength
from adapters.http.request_bodies.shared import Limit
from domain.payments.reviews import ResolutionKind


@frozen(kw_only=True)
class RefundRequest:
    """Give money back. ``amount`` is in minor units of the currency received; absent, all that is left."""

    amount: Limit | None = None
    reason: str = field(validator=TextLength(1, 500))


@frozen(kw_only=True)
class ResolveRequest:
    """Record a decision about a payment in review. ``note`` is for whoever reads the record later."""

    resolution: str = field(validator=OneOf(ResolutionKind))
    note: str = field(default="", validator=TextLength(0, 500))
