"""What requests say that need nothing but a reason."""

from __future__ import annotations

from attrs import field, frozen

from adapters.http.field_types import TextLength


@frozen(kw_only=True)
class ReasonRequest:
    """Say why."""

    reason: str = field(validator=TextLength(1, 500))
