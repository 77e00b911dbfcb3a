"""The writes a story may make. Each carries its own condition, and the refusal that its failure means.

A story's writes go to ``UnitOfWork.commit`` together and happen together or not at all. They are plain values, so the
rules can choose them without touching a database, and a test can read them.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen
from attrs.validators import ge

from domain.coupons import Coupon, HeldCoupon
from domain.enrollments import Enrollment
from domain.payments.session import PaymentSession
from domain.payments.states import Status


@frozen
class AddEnrollment:
    """Enroll, if the student is not in the course. Else ``AlreadyEnrolled`` with the enrollment found."""

    enrollment: Enrollment


@frozen
class RequireNotEnrolled:
    """Write nothing, but only go on if the student is not in the course. Else ``AlreadyEnrolled``."""

    user_id: str
    course_id: str


@frozen
class AdvanceEnrollment:
    """Keep a student's progress, if progress and time spent are stored as ``before`` had them.

    Else ``EnrollmentConflict`` with the enrollment found.
    """

    before: Enrollment
    after: Enrollment


@frozen
class AddSession:
    """Store a new payment session under an id never used before. Else ``SessionConflict`` with the one found."""

    session: PaymentSession


@frozen
class ChangeSession:
    """Store the session's next state, if it is in one of ``expected`` and its price, course, mode and checkout are the
    same.

    Else ``SessionConflict`` with the session found. ``expected`` may name the next state itself, which makes repeating
    harmless.
    """

    expected: frozenset[Status]
    session: PaymentSession


@frozen
class ResolveSession:
    """Record what a person decided, if the session is in review and nobody has decided before.

    Else ``SessionConflict``.
    """

    session: PaymentSession


@frozen
class AddProviderReference:
    """Let the session be found by the provider's id for its checkout, by whoever knows that id.

    Written without a condition.
    """

    session: PaymentSession


@frozen
class AcquireCheckoutLock:
    """Let this payment session be the only live one of its student and course. Else ``CheckoutInProgress``."""

    session: PaymentSession


@frozen
class ReleaseCheckoutLock:
    """Take the guard away, if it is this session's or gone. Else ``CheckoutReplaced``."""

    session: PaymentSession


@frozen
class ReserveCoupon:
    """Count one use, if the coupon is active and valid at ``at`` and has a use left (in ``coupon.shard``).

    Of a sharded coupon only the use is asked for: its terms were read a moment ago, and to ask again would make the one
    item that holds them as hot as the shards are there to avoid.

    ``limit`` is how many uses that counter may reach. Else ``CouponExhausted``, ``CouponInactive``,
    ``CouponNotYetValid``,
    ``CouponExpired`` or ``CouponNotFound``.
    """

    coupon: HeldCoupon
    limit: int
    at: datetime


@frozen
class AddCoupon:
    """Issue a coupon under a code never used before, with its counters at zero. Else ``CouponExists``."""

    coupon: Coupon


@frozen
class ChangeCoupon:
    """Store the coupon's new terms, if no counter is above its new limit. Else ``CouponLimitTooLow`` or
    ``CouponNotFound``.

    Code, discount, currency and shards never change, and counters are left alone.
    """

    coupon: Coupon


@frozen
class IncrementRateLimit:
    """Count one attempt of the subject at the action, if fewer than ``limit`` are counted in the minute of ``at``.

    Else ``RateLimited``.
    """

    subject: str
    action: str
    limit: int = field(validator=ge(1))
    at: datetime

    @property
    def minute(self) -> int:
        """The minute it falls into, counted from 1970."""
        return int(self.at.timestamp()) // 60


@frozen
class ReleaseCoupon:
    """Give one counted use back; a counter never falls below zero. Else ``CouponUseChanged``."""

    coupon: HeldCoupon


@frozen
class HoldCouponUse:
    """Note that this session holds the student's one use of the coupon. Else ``CouponAlreadyUsed``."""

    session: PaymentSession
    coupon: HeldCoupon
    redeemed: bool = False


@frozen
class RedeemCouponUse:
    """Turn the use that this session holds into a redeemed one. Else ``CouponUseChanged``."""

    session: PaymentSession
    coupon: HeldCoupon


@frozen
class ReleaseCouponUse:
    """Forget the use that this session holds. Else ``CouponUseChanged``."""

    session: PaymentSession
    coupon: HeldCoupon


@frozen
class SaveCustomerId:
    """Only go on if the student exists; keep the provider's customer id if the student has none.

    Else ``StudentNotFound``.
    """

    user_id: str
    provider: str
    customer_id: str | None


@frozen(kw_only=True)
class RecordEvent:
    """Keep a record of a provider's event and what it led to. A record, not a gate: written without a condition."""

    provider: str
    event_id: str
    event_type: str
    payment_session_id: str
    outcome: str
    at: datetime


Write = (
    AddEnrollment
    | RequireNotEnrolled
    | AdvanceEnrollment
    | AddSession
    | ChangeSession
    | ResolveSession
    | AddProviderReference
    | AcquireCheckoutLock
    | ReleaseCheckoutLock
    | ReserveCoupon
    | AddCoupon
    | ChangeCoupon
    | IncrementRateLimit
    | ReleaseCoupon
    | HoldCouponUse
    | RedeemCouponUse
    | ReleaseCouponUse
    | SaveCustomerId
    | RecordEvent
)
"""Any write."""
