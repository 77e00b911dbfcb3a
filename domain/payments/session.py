"""Payment sessions: one attempt of one student to buy one course."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import evolve, field, frozen

from domain.coupons import HeldCoupon
from domain.enrollments import Enrollment, Payment
from domain.errors import ContradictoryEvent
from domain.identifiers import an_id
from domain.money import Money
from domain.payments.events import CheckoutFree, CheckoutPaid, PaymentEvent
from domain.payments.reviews import Resolution, ResolutionKind, ReviewReason
from domain.payments.states import LIVE, TRANSITIONS, Status, Transition
from domain.pricing import ProviderLimits, Quote

REPEATABLE = timedelta(minutes=10)
"""How long an unanswered request can be repeated; later its checkout would be open for too short a time."""

KEY_MARGIN = timedelta(hours=1)
"""How long before the provider forgets an idempotency key we stop relying on it."""


def checkout_lifetime(limits: ProviderLimits) -> timedelta:
    """How long a checkout stays open: the provider's minimum, even if it is opened at the last moment possible."""
    return limits.shortest_checkout + REPEATABLE


def repeatable_for(limits: ProviderLimits) -> timedelta:
    """Up to which age of a session its request can be repeated under its idempotency key."""
    return limits.keys_kept - KEY_MARGIN


@frozen(kw_only=True)
class PaymentSession:
    """One attempt to pay. Everything that is sent to the provider is locked here, so that a repeated request is the
    same request.

    ``provider_price_id`` and ``customer_id`` are the provider's names as sent; ``provider_session_id`` and
    ``provider_payment_id`` are learned from it. ``return_url`` and ``cancel_url`` are already checked. ``due_at`` is
    when a live session was last looked at; the longest ago comes first. ``expires_at`` is when the provider is asked to
    close the checkout.
    """

    payment_session_id: str = field(validator=an_id)
    user_id: str = field(validator=an_id)
    course_id: str = field(validator=an_id)
    course_name: str
    provider: str
    status: Status
    quote: Quote
    coupon: HeldCoupon | None = None
    ui_mode: str = "embedded"
    source: str = "direct"
    return_url: str
    cancel_url: str | None = None
    provider_price_id: str | None = None
    customer_id: str | None = None
    provider_session_id: str | None = None
    provider_payment_id: str | None = None
    livemode: bool
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    completed_at: datetime | None = None
    due_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    review_reason: ReviewReason | None = None
    resolution: Resolution | None = None

    @property
    def total(self) -> Money:
        """What the provider is to charge."""
        return self.quote.total

    @property
    def awaits_decision(self) -> bool:
        """Whether a person has to decide about the money."""
        return self.status is Status.REVIEW and self.resolution is None

    @property
    def is_live(self) -> bool:
        """Whether the student may still pay, or the money may still arrive."""
        return self.status in LIVE

    def transition_for(self, event: PaymentEvent) -> Transition:
        """What this news does here.

        Raises:
            ContradictoryEvent: the provider reports what cannot follow on what it reported before.
        """
        try:
            return TRANSITIONS[self.status, event.kind]
        except KeyError:
            raise ContradictoryEvent from None

    def mismatch(self, event: CheckoutPaid | CheckoutFree) -> ReviewReason | None:
        """Why this payment must not enroll anybody without a person's look; None when it is exactly what was agreed."""
        if event.livemode != self.livemode:
            return ReviewReason.OTHER_MODE
        if event.course_id != self.course_id or event.reference not in (None, self.payment_session_id):
            return ReviewReason.METADATA_MISMATCH
        if self.is_other_checkout(event):
            return ReviewReason.OTHER_CHECKOUT
        if isinstance(event, CheckoutFree):
            return None if self.total.is_zero else ReviewReason.UNEXPECTED_FREE
        return None if event.amount == self.total else ReviewReason.AMOUNT_MISMATCH

    def is_other_checkout(self, event: PaymentEvent) -> bool:
        """Whether the news are about another of the provider's checkouts than the one this session opened."""
        known, reported = self.provider_session_id, event.provider_session_id
        return known is not None and reported is not None and known != reported

    def is_same_payment(self, event: CheckoutPaid | CheckoutFree) -> bool:
        """Whether this is the payment that the session, completed or in review, was paid by; else it is a second one.

        The payment's own id decides: a session in review for another checkout's money names its own checkout.
        """
        known, reported = self.provider_payment_id, _payment_id(event)
        if known is not None and reported is not None:
            return known == reported
        return self.review_reason is ReviewReason.OTHER_CHECKOUT or not self.is_other_checkout(event)

    def opened(self, provider_session_id: str, at: datetime) -> PaymentSession:
        """Attached to the provider's checkout."""
        return evolve(self, status=Status.OPEN, provider_session_id=provider_session_id, updated_at=at)

    def processing(self, event: PaymentEvent, at: datetime) -> PaymentSession:
        """Finished by the student, the money still on its way."""
        return evolve(self, status=Status.PROCESSING, provider_session_id=self._known_checkout(event), updated_at=at)

    def completed(self, event: CheckoutPaid | CheckoutFree, at: datetime) -> PaymentSession:
        """Paid."""
        return evolve(
            self._closed(Status.COMPLETED, event, at), provider_payment_id=_payment_id(event), completed_at=at
        )

    def released(self, status: Status, at: datetime, event: PaymentEvent | None = None) -> PaymentSession:
        """Over without a payment: expired, cancelled or failed."""
        return self._closed(status, event, at)

    def in_review(self, reason: ReviewReason, event: CheckoutPaid | CheckoutFree, at: datetime) -> PaymentSession:
        """Paid in a way that a person must look at."""
        return evolve(
            self._closed(Status.REVIEW, event, at), provider_payment_id=_payment_id(event), review_reason=reason
        )

    def checked(self, at: datetime) -> PaymentSession:
        """Still live; to be looked at again after all others."""
        return evolve(self, due_at=at)

    def with_cancel_request(self, at: datetime) -> PaymentSession:
        """Still live, with the student's wish on record that nobody pays it any more; due to be looked at."""
        return evolve(self, cancel_requested_at=at, due_at=at, updated_at=at)

    def should_close(self, at: datetime) -> bool:
        """Whether the checkout should be over: the student wished so, or its time has passed."""
        return self.cancel_requested_at is not None or at >= self.expires_at

    def second(self, event: CheckoutPaid | CheckoutFree, at: datetime) -> PaymentSession:
        """The session that stands for a second payment of this one, in review; always the same for the same payment."""
        suffix = "".join(filter(str.isalnum, _payment_id(event) or event.provider_session_id or event.event_id))[-12:]
        return evolve(
            self,
            payment_session_id=f"{self.payment_session_id[:48]}-2-{suffix}",
            status=Status.REVIEW,
            coupon=None,
            provider_session_id=event.provider_session_id,
            provider_payment_id=_payment_id(event),
            created_at=at,
            updated_at=at,
            completed_at=None,
            cancel_requested_at=None,
            review_reason=ReviewReason.SECOND_PAYMENT,
            resolution=None,
        )

    def resolved(self, resolution: Resolution) -> PaymentSession:
        """Decided by a person: completed if they enrolled the student, else still in review, with the record."""
        done = evolve(self, resolution=resolution, updated_at=resolution.at)
        if resolution.kind is not ResolutionKind.ENROLLED:
            return done
        return evolve(done, status=Status.COMPLETED, completed_at=resolution.at)

    def enrollment(self) -> Enrollment:
        """The enrollment that this completed session paid for."""
        payment = Payment(
            provider=self.provider,
            payment_session_id=self.payment_session_id,
            provider_session_id=self.provider_session_id,
            provider_payment_id=self.provider_payment_id,
            amount=self.total,
            discount=self.quote.discount,
            coupon_code=self.coupon.code if self.coupon else None,
        )
        return Enrollment.bought(
            user_id=self.user_id, course_id=self.course_id, payment=payment, source=self.source, at=self.updated_at
        )

    def _closed(self, status: Status, event: PaymentEvent | None, at: datetime) -> PaymentSession:
        return evolve(self, status=status, provider_session_id=self._known_checkout(event), updated_at=at, due_at=None)

    def _known_checkout(self, event: PaymentEvent | None) -> str | None:
        return self.provider_session_id or (event.provider_session_id if event else None)


def _payment_id(event: CheckoutPaid | CheckoutFree) -> str | None:
    return event.provider_payment_id if isinstance(event, CheckoutPaid) else None
