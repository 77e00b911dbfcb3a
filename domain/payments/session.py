"""Payment sessions: one attempt of one student to buy one course."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, field, frozen

from domain.coupons import HeldCoupon
from domain.enrollments import Enrollment, Payment
from domain.errors import ContradictoryEvent
from domain.identifiers import an_id
from domain.money import Money
from domain.payments.events import (
    CheckoutApproved,
    CheckoutFree,
    CheckoutPaid,
    EventKind,
    PaymentDeclined,
    PaymentEvent,
)
from domain.payments.lifetimes import CAPTURE_GRACE, MAX_CAPTURES
from domain.payments.reversals import NOTHING_REVERSED, ReversedSums
from domain.payments.reviews import Resolution, ResolutionKind, ReviewReason
from domain.payments.states import LIVE, TRANSITIONS, Status, Transition
from domain.pricing import Quote

_UNPAID = frozenset({EventKind.OPENED, EventKind.APPROVED, EventKind.EXPIRED, EventKind.CANCELLED})


@frozen(kw_only=True)
class PaymentSession:
    """One attempt of one student to pay for one course. Everything that is sent to the provider is fixed here, so that
    a repeated request is the same request.

    ``provider_price_id`` and ``customer_id`` are the provider's ids as sent; ``provider_session_id`` and
    ``provider_payment_id`` are learned from it. ``return_url`` and ``cancel_url`` are already checked. ``expires_at``
    is when the provider is asked to close the checkout. ``due_at`` is set as long as the provider may still have
    something to report: when a live session was last reconciled, when a settled one is to be synced next. The earliest
    comes first.

    ``received`` is what the provider really received, in minor units of ``received_currency`` (its own code, which may
    be one that we never sell in); None before a payment, and on sessions older than this attribute until their next
    sync. ``reversed_sums`` is what of it was given back. ``account`` is the provider's account that opened the
    checkout.
    ``source`` is how the student found the course, ``referral`` whose link they followed.
    ``capture_attempts`` counts the captures that were begun, at providers that move no money before; while a session
    is ``PROCESSING``, the last of them has no outcome yet.
    ``resumes``: the student had an enrollment in this course that ended; its progress is to be given back.
    ``seat``: the course had a capacity when this began, and a seat is held for the student.
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
    referral: str | None = None
    return_url: str
    cancel_url: str | None = None
    provider_price_id: str | None = None
    customer_id: str | None = None
    provider_session_id: str | None = None
    provider_payment_id: str | None = None
    livemode: bool
    account: str | None = None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    completed_at: datetime | None = None
    due_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    decline_code: str | None = None
    capture_attempts: int = 0
    resumes: bool = False
    seat: bool = False
    received: int | None = None
    received_currency: str | None = None
    reversed_sums: ReversedSums = NOTHING_REVERSED
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

    @property
    def is_capturing(self) -> bool:
        """Whether a capture was begun whose outcome is not stored: the money may have moved, or move any moment."""
        return self.status is Status.PROCESSING and self.capture_attempts > 0

    @property
    def reconcile_at(self) -> datetime | None:
        """When it is to be reconciled, if at all: one that awaits a decision only while a refund is under way."""
        return None if self.awaits_decision and self.reversed_sums.refund_requested == 0 else self.due_at

    @property
    def kept(self) -> int:
        """What the school keeps of the payment, in minor units: negative if more went back than was received."""
        return (self.received or 0) - self.reversed_sums.given_back

    @property
    def paid_currency(self) -> str:
        """The currency of everything that was received and goes back; of the price, while nothing was received."""
        return self.received_currency or self.total.currency

    @property
    def refundable(self) -> int:
        """What can still be refunded, in minor units: what is kept and not yet asked back. Never negative."""
        return max(self.kept - self.reversed_sums.refund_requested, 0)

    def entitles(self, *, access_during_dispute: bool) -> bool:
        """Whether this payment, as far as it is still kept, gives access to the course."""
        all_went_back = self.received and self.kept <= 0
        return not all_went_back and (access_during_dispute or self.reversed_sums.disputed == 0)

    def transition_for(self, event: PaymentEvent) -> Transition:
        """What this event does to the session.

        Raises:
            ContradictoryEvent: the provider reports what cannot follow on what it reported before.
        """
        try:
            return TRANSITIONS[self.status, event.kind]
        except KeyError:
            raise ContradictoryEvent from None

    def may_capture(self, at: datetime) -> bool:
        """Whether what the student approved may be captured: they did not cancel, and it is not too late or too often.

        Otherwise the approval lapses: it is never captured, and the student is not charged.
        """
        in_time = at < self.expires_at + CAPTURE_GRACE
        return in_time and self.cancel_requested_at is None and self.capture_attempts < MAX_CAPTURES

    def awaits_capture(self, event: PaymentEvent) -> bool:
        """Whether this event only says that the capture that was begun has not arrived: its outcome is to be asked."""
        return self.is_capturing and event.kind in _UNPAID

    def mismatch(self, event: CheckoutPaid | CheckoutFree | CheckoutApproved) -> ReviewReason | None:
        """Why this payment must not enroll anybody before a person has looked at it; None if it is what was agreed."""
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
        """Whether the event is about another of the provider's checkouts than the one that this session opened.

        As long as its id is not known here, the checkout has to name this session outside of its metadata as well. One
        of another provider is always another.
        """
        if event.provider != self.provider:
            return True
        known, reported = self.provider_session_id, event.provider_session_id
        if known is None:
            return event.reference not in (None, self.payment_session_id)
        return reported is not None and known != reported

    def is_same_payment(self, event: CheckoutPaid | CheckoutFree) -> bool:
        """Whether this is the payment that the session, completed or in review, was paid by; else it is a second one.

        The ids of the payment are equal, or neither side has one and the checkout is the same.
        """
        known, reported = self.provider_payment_id, _payment_id(event)
        return known == reported and (known is not None or not self.is_other_checkout(event))

    def opened(self, provider_session_id: str, at: datetime) -> PaymentSession:
        """Attached to the provider's checkout."""
        return evolve(self, status=Status.OPEN, provider_session_id=provider_session_id, updated_at=at)

    def processing(self, event: PaymentEvent, at: datetime) -> PaymentSession:
        """The student has finished, the money is on its way."""
        return evolve(self, status=Status.PROCESSING, provider_session_id=self._checkout_id(event), updated_at=at)

    def capturing(self, event: CheckoutApproved, at: datetime) -> PaymentSession:
        """About to be captured; due, since whoever captures may be stopped before storing the outcome."""
        return evolve(self.processing(event, at), capture_attempts=self.capture_attempts + 1, due_at=at)

    def reopened(self, event: PaymentDeclined, at: datetime) -> PaymentSession:
        """Open again: the provider declined to capture it, and the student may try another way."""
        return evolve(self.declined(event, at), status=Status.OPEN, due_at=at)

    def declined(self, event: PaymentDeclined, at: datetime) -> PaymentSession:
        """Still live after an attempt to pay that failed."""
        return evolve(self, decline_code=event.decline_code, updated_at=at)

    def completed(self, event: CheckoutPaid | CheckoutFree, at: datetime) -> PaymentSession:
        """Paid as agreed."""
        return evolve(self._paid(Status.COMPLETED, event, at), completed_at=at)

    def released(self, status: Status, at: datetime, event: PaymentEvent | None = None) -> PaymentSession:
        """Over without a payment: expired, cancelled or failed."""
        return self._closed(status, event, at)

    def in_review(self, reason: ReviewReason, event: CheckoutPaid | CheckoutFree, at: datetime) -> PaymentSession:
        """Paid in a way that a person must look at. A payment that belongs to another session was not received here."""
        paid = evolve(self._paid(Status.REVIEW, event, at), review_reason=reason)
        return evolve(paid, received=None, received_currency=None) if reason is ReviewReason.PAYMENT_REUSED else paid

    def checked(self, at: datetime) -> PaymentSession:
        """Reconciled without a change; it comes after all others that are due."""
        return evolve(self, due_at=at)

    def with_cancel_request(self, at: datetime) -> PaymentSession:
        """Still live, with the student's request on record that nobody can pay it any more; due to be closed."""
        return evolve(self, cancel_requested_at=at, due_at=at, updated_at=at)

    def should_close(self, at: datetime) -> bool:
        """Whether the checkout should be closed: the student asked for it, or its time is over."""
        return self.cancel_requested_at is not None or at >= self.expires_at

    def second(self, event: CheckoutPaid | CheckoutFree, at: datetime) -> PaymentSession:
        """The session that stands for a second payment of this one, in review; always the same for the same payment."""
        elsewhere = event.provider != self.provider
        suffix = "".join(filter(str.isalnum, _payment_id(event) or event.provider_session_id or event.event_id))[-12:]
        second = evolve(
            self,
            payment_session_id=f"{self.payment_session_id[:48]}-2-{suffix}",
            coupon=None,
            provider=event.provider,
            account=None if elsewhere else self.account,
            provider_price_id=None if elsewhere else self.provider_price_id,
            customer_id=None if elsewhere else self.customer_id,
            provider_session_id=event.provider_session_id,
            created_at=at,
            completed_at=None,
            cancel_requested_at=None,
            decline_code=None,
            capture_attempts=0,
            resumes=False,
            received=None,
            received_currency=None,
            reversed_sums=NOTHING_REVERSED,
            resolution=None,
        )
        return second.in_review(ReviewReason.SECOND_PAYMENT, event, at)

    def resolved(self, resolution: Resolution) -> PaymentSession:
        """Decided by a person: completed if they enrolled the student, else still in review, with the decision."""
        decided = evolve(self, resolution=resolution, updated_at=resolution.at)
        if resolution.kind is not ResolutionKind.ENROLLED:
            return decided
        return evolve(decided, status=Status.COMPLETED, completed_at=resolution.at)

    def enrollment(self, ended: Enrollment | None = None) -> Enrollment:
        """The enrollment that this completed session pays for, with the progress of the one that had ended."""
        payment = Payment(
            provider=self.provider,
            payment_session_id=self.payment_session_id,
            provider_session_id=self.provider_session_id,
            provider_payment_id=self.provider_payment_id,
            amount=self.total,
            discount=self.quote.discount,
            coupon_code=self.coupon.code if self.coupon else None,
        )
        bought = Enrollment.bought(
            user_id=self.user_id, course_id=self.course_id, payment=payment, source=self.source, at=self.updated_at
        )
        return evolve(bought.with_progress_of(ended) if ended else bought, seat=self.seat)

    def _paid(self, status: Status, event: CheckoutPaid | CheckoutFree, at: datetime) -> PaymentSession:
        received, currency = event.came_in if isinstance(event, CheckoutPaid) else (0, self.total.currency)
        return evolve(
            self._closed(status, event, at),
            provider_payment_id=_payment_id(event),
            received=received,
            received_currency=currency,
        )

    def _closed(self, status: Status, event: PaymentEvent | None, at: datetime) -> PaymentSession:
        return evolve(self, status=status, provider_session_id=self._checkout_id(event), updated_at=at, due_at=None)

    def _checkout_id(self, event: PaymentEvent | None) -> str | None:
        return self.provider_session_id or (event.provider_session_id if event else None)


def _payment_id(event: CheckoutPaid | CheckoutFree) -> str | None:
    return event.provider_payment_id if isinstance(event, CheckoutPaid) else None
