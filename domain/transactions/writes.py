"""Writes: plain values, each with its own condition and the conflict that a failed condition means.

The writes of a use case go to ``UnitOfWork.commit`` together and happen together or not at all. As values they can be
chosen by pure functions, and read by tests.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen
from attrs.validators import ge

from domain.audit import AuditRecord
from domain.coupons import Coupon, HeldCoupon
from domain.courses import Course
from domain.enrollments import EndedEnrollment, Enrollment
from domain.invitations import Invitation
from domain.ledger import LedgerEntry
from domain.messages import Message
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.school import School
from domain.seats import SeatClaim


@frozen
class AddEnrollment:
    """Enroll, if the student is not enrolled in the course. Else ``AlreadyEnrolled`` with the enrollment found.

    A stored enrollment whose payment is still ``pending``, as other back ends leave them, is no enrollment: it is
    replaced.
    """

    enrollment: Enrollment


@frozen
class RequireNotEnrolled:
    """Write nothing; hold only if the student is not enrolled in the course, or their enrollment is ``pending``.

    Else ``AlreadyEnrolled``.
    """

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
class EndEnrollment:
    """Move an enrollment away from the course to the ended ones, if its progress is as read.

    ``previous`` is the student's latest ended enrollment in the course as read, which is kept under its own date.
    Else ``EnrollmentConflict`` with the enrollment found.
    """

    ended: EndedEnrollment
    previous: EndedEnrollment | None = None


@frozen
class RequireNoEnrollmentOf:
    """Write nothing; hold only if the student has no enrollment in the course that this payment session paid for.

    Else ``EnrollmentConflict``.
    """

    user_id: str
    course_id: str
    payment_session_id: str


@frozen
class ChangeEnded:
    """Store another cause, or lift or set the bar, of the student's latest ended enrollment, if it is as read.

    Else ``EnrollmentConflict``.
    """

    before: EndedEnrollment
    after: EndedEnrollment


@frozen
class ReinstateEnrollment:
    """Move the latest ended enrollment back, if it is as read and the student is not enrolled in the course.

    Else ``EnrollmentConflict`` or ``AlreadyEnrolled``.
    """

    ended: EndedEnrollment


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
class ChangeCapture:
    """Store that a capture begins, or that it was declined.

    Holds if price, course, mode and checkout are the same, status and number of captures are as ``before`` had them,
    and the student has not cancelled. Else ``SessionConflict`` with the session found. No other write changes the
    number of captures.
    """

    before: PaymentSession
    after: PaymentSession


@frozen
class ResolveSession:
    """Record what a person decided, if the session is in review, nobody has decided before, and its reversed sums are
    as read.

    Else ``SessionConflict`` with the session found.
    """

    session: PaymentSession


@frozen
class ChangeReversedSums:
    """Store what came in and went back of a payment, with the status and decision that follow from it.

    Holds if the session's status, all of its reversed sums, the decision about it and the time of its last change are
    as ``before`` had them: sums that went and came back are not as read. Else ``SessionConflict`` with the session
    found.
    """

    before: PaymentSession
    after: PaymentSession


@frozen
class RequireSumsUnchanged:
    """Write nothing; hold only if the session's status, all of its reversed sums, the decision about it and the time of
    its last change are as read. Else ``SessionConflict``.
    """

    session: PaymentSession


@frozen
class SaveReversal:
    """Store a reversal: a new one if ``before`` is None and its id is unused, else if it was written since by nobody.

    Else ``ReversalConflict`` with the one found.
    """

    reversal: Reversal
    before: Reversal | None = None


@frozen
class AddLedgerEntry:
    """Store a ledger entry under a key never used before. Else ``EntryExists`` with the one found."""

    entry: LedgerEntry


@frozen
class AddAuditRecord:
    """Store who did what and why. Written without a condition."""

    record: AuditRecord


@frozen
class AddMessage:
    """Store a message to be delivered. Written without a condition: its id is made of what the other writes do once."""

    message: Message


@frozen
class AddProviderReference:
    """Let the session be found by the provider's id for its checkout, by whoever knows that id.

    Written without a condition.
    """

    session: PaymentSession


@frozen
class AcquireCheckoutLock:
    """Let this payment session be the only live one of its student and course. Else ``CheckoutInProgress``.

    ``replaces`` is a payment session that is over or missing, whose lock was left behind and may be taken over.
    """

    session: PaymentSession
    replaces: str | None = None


@frozen
class ReleaseCheckoutLock:
    """Delete the checkout lock, if it is this session's or does not exist. Else ``CheckoutReplaced``."""

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
    """Store those terms of the coupon in which ``after`` differs from ``before``, if they are stored as ``before`` has
    them and no counter is above its new limit.

    Else ``ChangedMeanwhile``, ``CouponLimitTooLow`` or ``CouponNotFound``. Code, discount, currency and shards never
    change, and counters are left alone.
    """

    before: Coupon
    after: Coupon


@frozen
class AddCourse:
    """Put a course into the catalogue under an id never used before. Else ``CourseExists``."""

    course: Course


@frozen
class ChangeCourse:
    """Store those fields of the course in which ``after`` differs from ``before``, if they are stored as ``before`` has
    them. Else ``ChangedMeanwhile`` or ``CourseNotFound``.

    A price, its currency and the providers' names for it change together. The id never changes.
    """

    before: Course
    after: Course


@frozen
class SaveInvitation:
    """Store an invitation: a new one if ``before`` is None and there is none for this person, else the next state of
    the one that was read. Else ``ChangedMeanwhile``.
    """

    invitation: Invitation
    before: Invitation | None = None


@frozen
class JoinWaitlist:
    """Put a student at the end of the line for a course that is full.

    Else ``ChangedMeanwhile`` where they have a claim, ``SeatsFree`` where there is nothing to wait for, or
    ``WaitlistFull``.
    """

    claim: SeatClaim


@frozen
class HoldSeat:
    """Hold a seat of the course, if one is free: for a student without a claim, and only while nobody waits unless
    ``ahead``; or for the one whose waiting claim is ``before``.

    Else ``CourseFull``, or ``ChangedMeanwhile`` where the claim is not as read. ``course_name`` is for the message.
    """

    claim: SeatClaim
    before: SeatClaim | None = None
    ahead: bool = False
    course_name: str = ""


@frozen
class DropClaim:
    """Take a student out of the line, or give back the seat that is held for them, if the claim is as read and, for a
    seat, no checkout of theirs for the course is open. Else ``ChangedMeanwhile`` or ``CheckoutInProgress``.
    """

    claim: SeatClaim


@frozen
class RequireSeatHeld:
    """Write nothing; hold only if a seat of the course is held for the student. Else ``SeatLapsed``."""

    user_id: str
    course_id: str


@frozen
class OccupyHeldSeat:
    """The seat that is held for the student is theirs from now on: the claim ends, and the seat stays taken.

    Else ``SeatLapsed``.
    """

    user_id: str
    course_id: str


@frozen
class TakeSeat:
    """Count one more seat as taken for the student: if one is free, else ``CourseFull``; or in any case, where
    ``over_capacity``.

    ``ChangedMeanwhile`` where one is held for them: that one is theirs. A course that is gone is ``CourseNotFound``.
    """

    user_id: str
    course_id: str
    over_capacity: bool = False


@frozen
class FreeSeat:
    """Count one seat less as taken; the counter never falls below zero. Else ``ChangedMeanwhile``."""

    course_id: str


@frozen
class ChangeCapacity:
    """Store the course's new capacity, if the present one is as read, and no more seats are taken than that.

    Else ``ChangedMeanwhile``, ``CapacityTooLow`` or ``CourseNotFound``. Where it had none before, the counters begin
    with those of ``after``, if they are as ``before`` had them.
    """

    before: Course
    after: Course


@frozen
class CorrectSeats:
    """Set the counters of the course to what was counted, if they have not moved since. Else ``ChangedMeanwhile``."""

    before: Course
    after: Course


@frozen
class ChangeSchool:
    """Open or close the school's or a provider's sales, if they are as in ``before``. Else ``ChangedMeanwhile``."""

    before: School
    after: School


@frozen(kw_only=True)
class CorrectCouponCounter:
    """Set one counter of a coupon to the uses that were counted, if it is as read. Else ``ChangedMeanwhile``."""

    code: str
    shard: int
    sharded: bool
    before: int
    after: int


@frozen
class IncrementRateLimit:
    """Count one attempt of the subject at the action, if fewer than ``limit`` are counted in the window of ``at``.

    ``window`` is in seconds, whole minutes of them; windows begin at multiples of it since 1970.

    Attempts with the same ``value`` count once: whoever repeats a request learns nothing new. Else ``RateLimited``.
    """

    subject: str
    action: str
    limit: int = field(validator=ge(1))
    at: datetime
    value: str
    window: int = 60

    @property
    def minute(self) -> int:
        """The minute in which its window begins, counted from 1970."""
        return int(self.at.timestamp()) // self.window * self.window // 60


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
    """Delete the use that this session holds, or has redeemed where ``redeemed``. Else ``CouponUseChanged``."""

    session: PaymentSession
    coupon: HeldCoupon
    redeemed: bool = False


@frozen
class SaveCustomerId:
    """Only go on if the student exists; keep the provider's customer id if the student has none.

    Else ``StudentNotFound``.
    """

    user_id: str
    provider: str
    customer_id: str | None


@frozen
class ForgetCustomer:
    """Remove the provider's customer id from the student, if it is this one. Else ``StudentNotFound``."""

    user_id: str
    provider: str
    customer_id: str


@frozen
class RequireStudent:
    """Only go on if the student exists. Else ``StudentNotFound``."""

    user_id: str


@frozen
class DeleteStudent:
    """Delete the student's record, with their name, address and customer ids. Else ``StudentNotFound``."""

    user_id: str


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
    | RequireStudent
    | AdvanceEnrollment
    | EndEnrollment
    | RequireNoEnrollmentOf
    | ChangeEnded
    | ReinstateEnrollment
    | AddSession
    | ChangeSession
    | ChangeCapture
    | ResolveSession
    | ChangeReversedSums
    | RequireSumsUnchanged
    | SaveReversal
    | AddLedgerEntry
    | AddAuditRecord
    | AddMessage
    | AddProviderReference
    | AcquireCheckoutLock
    | ReleaseCheckoutLock
    | ReserveCoupon
    | AddCoupon
    | ChangeCoupon
    | AddCourse
    | ChangeCourse
    | ChangeSchool
    | SaveInvitation
    | JoinWaitlist
    | HoldSeat
    | DropClaim
    | RequireSeatHeld
    | OccupyHeldSeat
    | TakeSeat
    | FreeSeat
    | ChangeCapacity
    | CorrectSeats
    | CorrectCouponCounter
    | IncrementRateLimit
    | ReleaseCoupon
    | HoldCouponUse
    | RedeemCouponUse
    | ReleaseCouponUse
    | SaveCustomerId
    | ForgetCustomer
    | DeleteStudent
    | RecordEvent
)
"""Any write."""
