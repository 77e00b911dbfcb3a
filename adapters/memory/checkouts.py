"""A checkout as the provider in memory keeps it, and what it says."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from attrs import frozen

from domain.money import Money
from domain.payments.events import (
    CheckoutApproved,
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutFree,
    CheckoutOpened,
    CheckoutPaid,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
)
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import Checkout, RebuildableCheckout


class _Told(TypedDict):
    provider: str
    event_id: str
    event_type: str
    user_id: str
    course_id: str
    payment_session_id: str
    provider_session_id: str
    reference: str
    livemode: bool


class Stage(StrEnum):
    """Where a checkout is at the provider."""

    OPEN = "open"
    APPROVED = "approved"
    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    CLOSED = "closed"


class Funding(StrEnum):
    """What a capture leads to: the money, a decline, or money that is on its way."""

    OK = "ok"
    DECLINED = "declined"
    PENDING = "pending"


_PLAIN = {
    Stage.OPEN: CheckoutOpened,
    Stage.PENDING: PaymentPending,
    Stage.FAILED: PaymentFailed,
    Stage.EXPIRED: CheckoutExpired,
    Stage.CLOSED: CheckoutCancelled,
}


@frozen(kw_only=True)
class KeptCheckout:
    """One checkout. ``opened_for`` is the payment session as it was sent; ``number`` makes the ids.

    ``funding`` is what the next capture of an approved one leads to.
    """

    number: int
    provider: str
    opened_for: PaymentSession
    amount: Money
    livemode: bool
    stage: Stage = Stage.OPEN
    customer_id: str | None = None
    email: str | None = None
    funding: Funding = Funding.OK

    @property
    def provider_session_id(self) -> str:
        """The provider's id of this checkout."""
        return f"cs_{self.number:06d}"

    @property
    def payment_id(self) -> str:
        """The provider's id of the payment that this checkout leads to."""
        return f"pi_{self.number:06d}"

    def is_for(self, session: PaymentSession) -> bool:
        """Whether a request for this session is the same request again."""
        return _request(self.opened_for) == _request(session)

    def event(self, event_type: str) -> PaymentEvent:
        """What the checkout says in an event of this type."""
        emitted = _Told(
            provider=self.provider,
            event_id=f"{event_type}:{self.provider_session_id}:{self.stage}",
            event_type=event_type,
            user_id=self.opened_for.user_id,
            course_id=self.opened_for.course_id,
            payment_session_id=self.opened_for.payment_session_id,
            provider_session_id=self.provider_session_id,
            reference=self.opened_for.payment_session_id,
            livemode=self.livemode,
        )
        if self.stage is Stage.APPROVED:
            return CheckoutApproved(**emitted, amount=self.amount)
        if self.stage is not Stage.PAID:
            return _PLAIN[self.stage](**emitted)
        if self.amount.is_zero:
            return CheckoutFree(**emitted, customer_id=self.customer_id)
        return CheckoutPaid(
            **emitted, amount=self.amount, provider_payment_id=self.payment_id, customer_id=self.customer_id
        )

    def rebuildable(self, stage: str | None, paid_at: datetime | None) -> RebuildableCheckout:
        """The completed checkout with what its metadata say; they name no stage in version 1."""
        session = self.opened_for
        is_current = stage is not None
        return RebuildableCheckout(
            event=self.event("rebuild"),
            version=2 if is_current else 1,
            stage=stage,
            course_name=session.course_name if is_current else None,
            list_amount=session.quote.list_price.amount,
            discount=session.quote.discount,
            currency=session.total.currency,
            coupon=session.coupon if is_current else None,
            source=session.source if is_current else None,
            ui_mode=session.ui_mode if is_current else None,
            provider_price_id=session.provider_price_id if is_current else None,
            email=self.email,
            created_at=session.created_at,
            expires_at=session.expires_at,
            paid_at=paid_at,
        )

    def shown(self) -> Checkout:
        """The checkout as it stands; only an open one can be shown to a student."""
        is_open = self.stage in (Stage.OPEN, Stage.APPROVED)
        hosted = self.opened_for.ui_mode == "hosted"
        return Checkout(
            provider_session_id=self.provider_session_id,
            event=self.event("lookup"),
            amount=self.amount,
            expires_at=self.opened_for.expires_at,
            client_secret=f"{self.provider_session_id}_secret" if is_open and not hosted else None,
            redirect_url=f"https://pay.example/{self.provider_session_id}" if is_open and hosted else None,
        )


def _request(session: PaymentSession) -> tuple[object, ...]:
    return (
        session.user_id,
        session.course_id,
        session.total,
        session.ui_mode,
        session.return_url,
        session.cancel_url,
        session.provider_price_id,
        session.customer_id,
        session.expires_at,
    )
