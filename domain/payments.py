"""Payment sessions: one attempt of one student to buy one course, and the table of its states.

Only the provider closes a checkout: a session leaves the live states when the provider says paid, failed or expired,
never because our own clock says so. ``MOVES`` holds every (status, fact) pair; a pair that is missing is a
contradiction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import evolve, field, frozen
from attrs.validators import max_len, min_len

from domain.coupons import HeldCoupon
from domain.enrollments import Enrollment, Payment
from domain.errors import ContradictoryNews
from domain.events import CheckoutFree, CheckoutPaid, Fact, News
from domain.identifiers import an_id
from domain.money import Money
from domain.pricing import Quote

REPEATABLE = timedelta(minutes=10)
"""For so long an unanswered request can be repeated; then its checkout would live too short for the provider."""

CHECKOUT_LIFETIME = timedelta(minutes=30) + REPEATABLE
"""How long a checkout stays open: the provider's minimum, at the last moment at which it can be opened."""

STALE_REQUEST = timedelta(hours=23)
"""Until this age a session's request can be repeated under its key; providers forget keys after a day."""


class Status(StrEnum):
    """Where a payment session is."""

    CREATING = "creating"
    OPEN = "open"
    PROCESSING = "processing"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REVIEW = "review"


LIVE = frozenset({Status.CREATING, Status.OPEN, Status.PROCESSING})
RELEASED = frozenset({Status.EXPIRED, Status.CANCELLED, Status.FAILED})


class Move(StrEnum):
    """What a fact does to a session."""

    STAY = "stay"
    OPEN = "open"
    PROCESS = "process"
    COMPLETE = "complete"
    EXPIRE = "expire"
    CANCEL = "cancel"
    FAIL = "fail"
    LATE = "late"
    REVIEW = "review"


_BEFORE_PAYMENT = {
    Fact.OPENED: Move.OPEN,
    Fact.PAID: Move.COMPLETE,
    Fact.PENDING: Move.PROCESS,
    Fact.FAILED: Move.FAIL,
    Fact.EXPIRED: Move.EXPIRE,
    Fact.CANCELLED: Move.CANCEL,
}
_AFTER_RELEASE = {**dict.fromkeys(Fact, Move.STAY), Fact.PAID: Move.LATE}

MOVES: dict[tuple[Status, Fact], Move] = {
    **{(Status.CREATING, fact): move for fact, move in _BEFORE_PAYMENT.items()},
    **{(Status.OPEN, fact): move for fact, move in {**_BEFORE_PAYMENT, Fact.OPENED: Move.STAY}.items()},
    # A completed checkout waits for its slow payment: it can be paid or fail, and can no longer expire or be cancelled.
    (Status.PROCESSING, Fact.OPENED): Move.STAY,
    (Status.PROCESSING, Fact.PENDING): Move.STAY,
    (Status.PROCESSING, Fact.PAID): Move.COMPLETE,
    (Status.PROCESSING, Fact.FAILED): Move.FAIL,
    # Paid is final: late and repeated news change nothing. That a paid checkout was cancelled at our word cannot be.
    **{(Status.COMPLETED, fact): Move.STAY for fact in Fact if fact is not Fact.CANCELLED},
    # Money after the release should be impossible, and is still never dropped.
    **{(status, fact): move for status in RELEASED for fact, move in _AFTER_RELEASE.items()},
    # A person decides about a session in review; news no longer do.
    **{(Status.REVIEW, fact): Move.STAY for fact in Fact},
}


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

    def move_on(self, news: News) -> Move:
        """What this news does here.

        Raises:
            ContradictoryNews: the provider reports what cannot follow on what it reported before.
        """
        try:
            return MOVES[self.status, news.fact]
        except KeyError:
            raise ContradictoryNews from None

    def doubt(self, news: CheckoutPaid | CheckoutFree) -> ReviewReason | None:
        """Why this payment must not enroll anybody without a person's look; None when it is exactly what was agreed."""
        if news.livemode != self.livemode:
            return ReviewReason.OTHER_MODE
        if news.course_id != self.course_id or news.reference not in (None, self.payment_session_id):
            return ReviewReason.METADATA_MISMATCH
        if self.is_other_checkout(news):
            return ReviewReason.OTHER_CHECKOUT
        if isinstance(news, CheckoutFree):
            return None if self.total.is_zero else ReviewReason.UNEXPECTED_FREE
        return None if news.amount == self.total else ReviewReason.AMOUNT_MISMATCH

    def is_other_checkout(self, news: News) -> bool:
        """Whether the news are about another of the provider's checkouts than the one this session opened."""
        known, told = self.provider_session_id, news.provider_session_id
        return known is not None and told is not None and known != told

    def stands_for(self, news: CheckoutPaid | CheckoutFree) -> bool:
        """Whether this is the payment that the session, completed or in review, was paid by; else it is a second one.

        The payment's own id decides: a session in review for another checkout's money names its own checkout.
        """
        known, told = self.provider_payment_id, _payment_id(news)
        if known is not None and told is not None:
            return known == told
        return self.review_reason is ReviewReason.OTHER_CHECKOUT or not self.is_other_checkout(news)

    def opened(self, provider_session_id: str, at: datetime) -> PaymentSession:
        """Attached to the provider's checkout."""
        return evolve(self, status=Status.OPEN, provider_session_id=provider_session_id, updated_at=at)

    def processing(self, news: News, at: datetime) -> PaymentSession:
        """Finished by the student, the money still on its way."""
        return evolve(self, status=Status.PROCESSING, provider_session_id=self._told(news), updated_at=at)

    def completed(self, news: CheckoutPaid | CheckoutFree, at: datetime) -> PaymentSession:
        """Paid."""
        return evolve(self._closed(Status.COMPLETED, news, at), provider_payment_id=_payment_id(news), completed_at=at)

    def released(self, status: Status, at: datetime, news: News | None = None) -> PaymentSession:
        """Over without a payment: expired, cancelled or failed."""
        return self._closed(status, news, at)

    def in_review(self, reason: ReviewReason, news: CheckoutPaid | CheckoutFree, at: datetime) -> PaymentSession:
        """Paid in a way that a person must look at."""
        return evolve(
            self._closed(Status.REVIEW, news, at), provider_payment_id=_payment_id(news), review_reason=reason
        )

    def looked_at(self, at: datetime) -> PaymentSession:
        """Still live; to be looked at again after all others."""
        return evolve(self, due_at=at)

    def wished_over(self, at: datetime) -> PaymentSession:
        """Still live, with the student's wish on record that nobody pays it any more; due to be looked at."""
        return evolve(self, cancel_requested_at=at, due_at=at, updated_at=at)

    def wants_closing(self, at: datetime) -> bool:
        """Whether the checkout should be over: the student wished so, or its time has passed."""
        return self.cancel_requested_at is not None or at >= self.expires_at

    def second(self, news: CheckoutPaid | CheckoutFree, at: datetime) -> PaymentSession:
        """The session that stands for a second payment of this one, in review; always the same for the same payment."""
        told = "".join(filter(str.isalnum, _payment_id(news) or news.provider_session_id or news.event_id))[-12:]
        return evolve(
            self,
            payment_session_id=f"{self.payment_session_id[:48]}-2-{told}",
            status=Status.REVIEW,
            coupon=None,
            provider_session_id=news.provider_session_id,
            provider_payment_id=_payment_id(news),
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

    def _closed(self, status: Status, news: News | None, at: datetime) -> PaymentSession:
        return evolve(self, status=status, provider_session_id=self._told(news), updated_at=at, due_at=None)

    def _told(self, news: News | None) -> str | None:
        return self.provider_session_id or (news.provider_session_id if news else None)


def _payment_id(news: CheckoutPaid | CheckoutFree) -> str | None:
    return news.provider_payment_id if isinstance(news, CheckoutPaid) else None
