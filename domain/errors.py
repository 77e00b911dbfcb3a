"""Errors of the domain: one class and one sentence for each thing that can go wrong.

``code`` is the stable name a program may branch on; ``retryable`` says whether the same call may succeed a moment
later. The message is a sentence for a person and never holds an e-mail address, a secret or a body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

_MINUTE = 60  # seconds


class DomainError(Exception):
    """Any error that is known by name; every other exception is a mistake in the code."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False
    sentence: ClassVar[str] = "Something went wrong."

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentence)


def reason_of(error: Exception) -> str:
    """The code of an error that we know, or ``unforeseen_`` and the name of one that we do not."""
    return error.code if isinstance(error, DomainError) else f"unforeseen_{type(error).__name__}"


class Unavailable(DomainError):
    """Something we depend on does not answer now. Trying again later helps."""

    code = "unavailable"
    retryable = True
    sentence = "The service is not available right now. Please try again in a moment."
    retry_after_seconds: ClassVar[int] = 2


class Conflict(DomainError):
    """What was to be written contradicts what is stored; ``domain.transactions.conflicts`` has what was found."""


class InvalidValue(DomainError):
    """A value that no object of the domain may have. Trying again does not help."""

    code = "invalid_value"
    sentence = "A value is not valid."


# -- not found ------------- ------------------------------------------------------------------------------------


class NotFound(DomainError):
    """What was asked for does not exist, or is not the caller's."""

    code = "not_found"
    sentence = "Not found."


class CourseNotFound(NotFound):
    """No course has this id."""

    code = "course_not_found"
    sentence = "There is no such course."


class StudentNotFound(NotFound):
    """No student has this id: never seen, or deleted."""

    code = "student_not_found"
    sentence = "There is no such student."


class EnrollmentNotFound(NotFound):
    """The student is not enrolled in the course."""

    code = "enrollment_not_found"
    sentence = "You are not enrolled in this course."


class LessonNotFound(NotFound):
    """The course has no such lesson, or the lesson has no content here."""

    code = "lesson_not_found"
    sentence = "There is nothing to open for this lesson."


class InvitationNotFound(NotFound):
    """The course has no such invitation."""

    code = "invitation_not_found"
    sentence = "There is no such invitation."


class CertificateNotFound(NotFound):
    """No certificate has this number, or it no longer holds."""

    code = "certificate_not_found"
    sentence = "There is no valid certificate with this number."


class ReceiptNotFound(NotFound):
    """There is no receipt of a payment."""

    code = "receipt_not_found"
    sentence = "There is no receipt of this payment."


class PaymentSessionNotFound(NotFound):
    """The caller has no such payment session."""

    code = "payment_session_not_found"
    sentence = "There is no such payment session."


class CouponNotFound(NotFound):
    """No coupon has this code."""

    code = "coupon_not_found"
    sentence = "This coupon code is not known."


class ProviderNotFound(NotFound):
    """No payment provider is registered by this name."""

    code = "provider_not_found"
    sentence = "There is no such payment provider."


class ProviderNotOffered(DomainError):
    """The school does not sell through this payment provider."""

    code = "provider_not_offered"
    sentence = "This way to pay is not available. Please choose another one."


# -- enrolling ----------------------------------------------------------------------------------------------------


class CourseNotOpen(DomainError):
    """The course is announced, but nobody can enroll yet."""

    code = "course_not_open"
    sentence = "This course is not open for enrollment yet."


class SalesClosed(DomainError):
    """The school does not enroll anybody new at the moment, in this course or in any. Trying later helps."""

    code = "sales_closed"
    sentence = "New enrollments are paused at the moment. Please come back later. You have not been charged."


class CourseExists(DomainError):
    """A course by this id exists already; ids are never reused."""

    code = "course_exists"
    sentence = "A course with this id exists already."


class CourseIsOpen(DomainError):
    """Somebody asked to be notified when a course opens, and it is open."""

    code = "course_open"
    sentence = "This course is open: you can enroll in it now."


class CourseNotCompleted(DomainError):
    """A certificate was asked for, and the course is not completed."""

    code = "course_not_completed"
    sentence = "The certificate comes once every lesson is done."


class NameMissing(DomainError):
    """A certificate was asked for, and nobody has said the student's name: it would stay blank for ever."""

    code = "name_missing"
    sentence = "A certificate bears your name: enter it on your account page first."


class CourseIsFree(DomainError):
    """A checkout was asked for, and the course is free. Enroll in it directly."""

    code = "course_free"
    sentence = "This course is free: enroll in it without paying."


class PricingModelUnknown(DomainError):
    """No enrollment strategy is registered for the course's pricing model."""

    code = "pricing_model_unknown"
    sentence = "This course cannot be enrolled in here."


class CourseNotForSale(DomainError):
    """The course is paid but carries no price."""

    code = "course_not_for_sale"
    sentence = "This course has no price yet and cannot be bought."


class EnrollmentBusy(DomainError):
    """The enrollment kept changing while we worked on it. Trying again helps."""

    code = "enrollment_busy"
    retryable = True
    sentence = "This enrollment is being changed at the moment. Please try again."


class NotEntitled(DomainError):
    """The payment for an ended enrollment went back, so the enrollment cannot simply be reinstated."""

    code = "not_entitled"
    sentence = "The payment for this enrollment was given back. Grant the student an enrollment instead."


class NotInvited(DomainError):
    """The course is by invitation, and the caller has none that is good: never had, used, expired or withdrawn."""

    code = "not_invited"
    sentence = (
        "This course is by invitation. If you were invited, please sign in with the e-mail address that the school"
        " wrote to, or ask the school for a new invitation."
    )


class NotByInvitation(DomainError):
    """Somebody was to be invited to a course that everybody may enroll in."""

    code = "not_by_invitation"
    sentence = "This course is not by invitation: everybody can enroll in it."


class CourseFull(DomainError):
    """Every seat of the course is taken or held, or others wait for one."""

    code = "course_full"
    sentence = "This course is full. You can join the waiting list: we write to you as soon as a seat is free."


class SeatLapsed(DomainError):
    """No seat of the course is held for the student any more."""

    code = "seat_lapsed"
    sentence = "Your seat was held for a while and has been given to the next in line. You can join the list again."


class SeatBeingPaid(DomainError):
    """A student wants to give a seat back while a checkout of theirs for the course is open."""

    code = "seat_being_paid"
    sentence = "You are paying for this seat at the moment. Please cancel the checkout first, under Purchases."


class SeatsFree(DomainError):
    """Somebody wants to wait for a course that has seats for everybody who asks."""

    code = "seats_free"
    sentence = "There is a free seat in this course: you can enroll now."


class WaitlistFull(DomainError):
    """As many wait for the course as may."""

    code = "waitlist_full"
    sentence = "The waiting list of this course is full. Please come back later."


class CapacityTooLow(DomainError):
    """More seats are taken or held, or people in line, than the new capacity would allow; ``least`` is possible."""

    code = "capacity_too_low"
    sentence = "More seats than that are taken already."

    def __init__(self, least: int | None = None) -> None:
        super().__init__(None if least is None else f"{least} seats are taken already: choose {least} or more.")
        self.least = least


class EnrollmentBarred(DomainError):
    """The student's earlier payment for this course was charged back; an administrator can lift the bar."""

    code = "enrollment_barred"
    sentence = "You cannot enroll in this course at the moment. Please contact the school."


# -- paying -------------------------------------------------------------------------------------------------------


class CheckoutInProgress(DomainError):
    """Another checkout for this student and course is open; ``payment_session_id`` names it."""

    code = "checkout_in_progress"
    retryable = True
    sentence = "A checkout for this course is already open."

    def __init__(self, payment_session_id: str) -> None:
        super().__init__()
        self.payment_session_id = payment_session_id


class PaymentProcessing(DomainError):
    """The student has paid by a slow method and the bank has not answered. Waiting helps, paying again does not."""

    code = "payment_processing"
    sentence = "Your bank is still confirming your payment for this course. We enroll you as soon as it does."


class PaymentInReview(DomainError):
    """Money for this course arrived that did not match; a person looks at it. Paying again would be wrong."""

    code = "payment_in_review"
    sentence = "We received a payment for this course that a person has to check. Please do not pay again."


class CheckoutReplaced(DomainError):
    """The checkout lock belongs to another payment session now."""

    code = "checkout_replaced"
    retryable = True
    sentence = "Another checkout took this one's place."


class CheckoutOver(DomainError):
    """A checkout that was asked for again can no longer be paid: it was paid, cancelled, or its time is over."""

    code = "checkout_over"
    sentence = "This checkout is over. If you are not enrolled yet, please start again."


class CheckoutBusy(Unavailable):
    """The student's checkout for this course kept changing under us, as with many clicks at once. Try again."""

    code = "checkout_busy"
    sentence = "Your checkout is being prepared. Please try again in a moment."


class PaymentNotCancellable(DomainError):
    """The payment was made, or is being made, before it could be cancelled."""

    code = "payment_not_cancellable"
    sentence = "This payment can no longer be cancelled."


class AlreadyResolved(DomainError):
    """The session is not in review, or somebody has decided about it already."""

    code = "already_resolved"
    sentence = "This payment does not wait for a decision."


class TooManyCheckouts(DomainError):
    """The student has as many checkouts open as one may have. Finishing or cancelling one helps."""

    code = "too_many_checkouts"
    sentence = "You have too many checkouts open. Please finish or cancel one of them first."


class NothingToRefund(DomainError):
    """Nothing of this payment is left that could be refunded, or it is not settled yet."""

    code = "nothing_to_refund"
    sentence = "There is nothing left to refund of this payment."


class RefundTooLarge(DomainError):
    """More was asked for than is left of the payment."""

    code = "refund_too_large"
    sentence = "This refund is larger than what is left of the payment."

    @classmethod
    def than(cls, left: str) -> RefundTooLarge:
        """The error that says how much is left, as people write it: 149.99 USD."""
        return cls(f"This refund is larger than what is left of the payment: {left}.")


class MoneyUnderWay(DomainError):
    """A student is to be deleted while a payment, refund or dispute of theirs is undecided."""

    code = "money_under_way"
    sentence = (
        "Money is still on its way: a payment, a refund or a dispute has not been settled. Please try again once it "
        "is; the school can tell you how it stands."
    )


class PaymentDisputed(DomainError):
    """The payer's bank has withdrawn the money for a dispute: until it is decided, it must not go back another way."""

    code = "payment_disputed"
    sentence = "This payment is disputed. Until the dispute is decided, its money cannot be given back."


class RefundConflict(DomainError):
    """A refund with this id was requested before, with another amount or reason."""

    code = "refund_differs"
    sentence = "A refund with this id was requested before with another amount or reason."


class PaymentBusy(DomainError):
    """The payment kept changing while we worked on it. Trying again helps."""

    code = "payment_busy"
    retryable = True
    sentence = "This payment is being changed at the moment. Please try again."


class PriceMismatch(DomainError):
    """The provider would charge another amount than ours, so nothing was offered to the student. An alarm follows."""

    code = "price_mismatch"
    sentence = "The price of this course could not be confirmed. You have not been charged."


class AmountTooSmall(DomainError):
    """The total is above zero and below what the provider can charge in this currency."""

    code = "amount_too_small"
    sentence = "The price after the discount is too small to be paid by card."


class ContradictoryEvent(DomainError):
    """The provider reports what cannot follow on what it reported before. A person must look into it."""

    code = "contradictory_news"
    sentence = "The payment provider contradicts itself."


# -- coupons ------------------------------------------------------------------------------------------------------


class CouponRefused(DomainError):
    """The coupon exists but does not apply here. The reason is the subclass."""

    code = "coupon_refused"
    sentence = "This coupon cannot be used here."


class CouponInactive(CouponRefused):
    """The school switched the coupon off."""

    code = "coupon_inactive"
    sentence = "This coupon is no longer active."


class CouponNotYetValid(CouponRefused):
    """The coupon's time has not come."""

    code = "coupon_not_yet_valid"
    sentence = "This coupon is not valid yet."


class CouponExpired(CouponRefused):
    """The coupon's time is over."""

    code = "coupon_expired"
    sentence = "This coupon has expired."


class CouponExhausted(CouponRefused):
    """Every use of the coupon is held or redeemed."""

    code = "coupon_exhausted"
    sentence = "This coupon has been used up."


class CouponAlreadyUsed(CouponRefused):
    """This student holds or has redeemed the coupon."""

    code = "coupon_already_used"
    sentence = "You have already used this coupon."


class CouponNotApplicable(CouponRefused):
    """The coupon is for other courses or another currency."""

    code = "coupon_not_applicable"
    sentence = "This coupon does not apply to this course."


class MinimumAmountNotReached(CouponRefused):
    """The course costs less than the coupon asks for."""

    code = "minimum_amount_not_reached"
    sentence = "This course costs less than the coupon requires."


class CouponExists(DomainError):
    """A coupon by this code was issued before; codes are never reused."""

    code = "coupon_exists"
    sentence = "A coupon with this code exists already."


class ChangedMeanwhile(DomainError):
    """Somebody else changed the same fields of a coupon, a course or the school. Read it again and decide anew."""

    code = "changed_meanwhile"
    sentence = "Somebody else changed this in the meantime. Please look at it again before you change it."


class CouponLimitTooLow(DomainError):
    """The new limit is below the uses that are already held or redeemed."""

    code = "coupon_limit_too_low"
    sentence = "More uses of this coupon are taken already than the new limit allows."

    def __init__(self, least: int = 0, counters: int = 1) -> None:
        """``least`` is the lowest limit that leaves each of the coupon's ``counters`` what it has counted."""
        spread = f", because its uses are taken unevenly from {counters} counters"
        sentence = f"The limit of this coupon cannot be below {least} now{spread if counters > 1 else ''}."
        super().__init__(sentence if least else None)
        self.least = least

    @classmethod
    def for_counters(cls, counts: Mapping[int, int], counters: int) -> CouponLimitTooLow:
        """The error where some of so many counters have counted more than their share of the new limit.

        ``counts`` has those by their numbers; the others may be left out. The first counters take the remainder of a
        limit that cannot be dealt out evenly.
        """
        return cls(max((count - 1) * counters + number + 1 for number, count in counts.items()), counters)


class CouponUseChanged(DomainError):
    """The student's use of the coupon is not held by this payment session."""

    code = "coupon_use_changed"
    retryable = True
    sentence = "The coupon changed meanwhile."


class RateLimited(DomainError):
    """Too many attempts in this window of time, which has so many seconds."""

    code = "rate_limited"
    retryable = True
    sentence = "Too many attempts. Please wait a minute."

    def __init__(self, window: int = _MINUTE) -> None:
        super().__init__(self.sentence if window <= _MINUTE else "Too many attempts. Please try again in an hour.")
        self.retry_after_seconds = window


# -- what a provider sends ----------------------------------------------------------------------------------------


class InvalidSignature(DomainError):
    """The message was not signed by the provider, or too long ago, or in the future. Never act on it."""

    code = "signature_invalid"
    sentence = "The signature is not valid."


class MalformedEvent(DomainError):
    """A signed message that is not an event as the provider documents them."""

    code = "malformed_event"
    sentence = "The event cannot be read."


class PaymentSessionUnknown(DomainError):
    """An event names a payment session that is not stored (yet). Trying again may help: a restore, another stage."""

    code = "payment_session_unknown"
    retryable = True
    sentence = "The event belongs to no payment session known here."


# -- what we depend on --------------------------------------------------------------------------------------------


class ProviderUnavailable(Unavailable):
    """The payment provider does not answer, or its answer was lost; the outcome is unknown. Repeat the same call."""

    code = "provider_unavailable"
    sentence = "The payment provider is not available right now. Please try again in a moment; you will not pay twice."


class ProviderRejected(DomainError):
    """The payment provider refused our request for good. Trying again does not help; an alarm follows."""

    code = "payment_provider_rejected"
    sentence = "The payment could not be started. You have not been charged."


class RefundRejected(ProviderRejected):
    """The payment provider refused a refund for good; ``reason`` is its code."""

    code = "refund_rejected"
    sentence = "The payment provider refused this refund."

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class StorageUnavailable(Unavailable):
    """The database does not answer; a write's outcome may be unknown. Repeat the same call."""

    code = "storage_unavailable"


class RecordUnreadable(DomainError):
    """What is stored is not what it should be, such as a price of three decimals. A person must repair it."""

    code = "record_unreadable"
    sentence = "A stored record cannot be read."


class QueueUnavailable(Unavailable):
    """The queue does not take the message."""

    code = "queue_unavailable"


class NotifierUnavailable(Unavailable):
    """A message cannot be delivered now."""

    code = "notifier_unavailable"


class RecipientRefused(DomainError):
    """A message can never be delivered to this address."""

    code = "recipient_refused"
    sentence = "The message cannot be delivered to this address."


class SignInsUnavailable(Unavailable):
    """An account that somebody signs in with cannot be deleted now. Repeat the same call."""

    code = "sign_ins_unavailable"


class SecretsUnavailable(Unavailable):
    """A secret cannot be read and none is cached."""

    code = "secrets_unavailable"
