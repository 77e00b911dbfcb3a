"""Enrollments as items: active ones, and those that ended."""

from __future__ import annotations

from decimal import Decimal
from math import floor
from types import MappingProxyType

from attrs import evolve

from adapters.dynamodb import keys
from adapters.dynamodb.attributes import Attributes, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.expressions import Condition
from adapters.timestamps import from_record, iso
from domain.enrollments import PENDING, EndCause, EndedEnrollment, Enrollment, Payment
from domain.money import Money

NOT_PENDING = "#paymentStatus <> :pending"
_SESSION = "SessionId"
_ENDED = frozenset({"endedAt", "cause", "endedBy", "endReason", "barred"})


def enrollment_item(enrollment: Enrollment) -> Item:
    """The item of an enrollment."""
    return {
        **keys.enrollment(enrollment.user_id, enrollment.course_id).attributes,
        **keys.enrollment_index(enrollment.user_id, enrollment.course_id),
        "userId": enrollment.user_id,
        "courseId": enrollment.course_id,
        "enrollmentType": enrollment.enrollment_type,
        "enrolledAt": iso(enrollment.enrolled_at),
        "paymentStatus": enrollment.payment_status,
        "source": enrollment.source,
        "grantedBy": enrollment.granted_by,
        "grantReason": enrollment.grant_reason,
        "seat": enrollment.seat or None,
        **(_payment_attributes(enrollment.payment) if enrollment.payment else {}),
        **progress_attributes(enrollment),
    }


def progress_attributes(enrollment: Enrollment) -> Item:
    """What learning changes."""
    return {
        "progress": enrollment.progress,
        "completed": enrollment.completed,
        "completedAt": iso(enrollment.completed_at) if enrollment.completed_at else None,
        "currentLectureId": enrollment.current_lecture_id,
        "completedLectures": enrollment.completed_lectures,
        "completedLectureIds": list(enrollment.completed_lecture_ids) or None,
        "totalTimeSpent": enrollment.total_time_spent,
        "lastAccessedAt": iso(enrollment.last_accessed_at) if enrollment.last_accessed_at else None,
    }


def as_stored(enrollment: Enrollment) -> Item:
    """The item that this enrollment was read from: what we would write, and what others have written otherwise."""
    ours = enrollment_item(enrollment)
    return ours | {name: value for name, value in enrollment.unknown.items() if _says_the_same(value, ours.get(name))}


def as_read(enrollment: Enrollment) -> Condition:
    """That a stored enrollment is the one that was read, with the progress that it had then."""
    stored = as_stored(enrollment)
    names = ("enrolledAt", "paymentSessionId", "completedLectureIds", "totalTimeSpent", "lastAccessedAt")
    condition = Condition().also(NOT_PENDING, {":pending": PENDING}).same("progress", stored["progress"], absent=0)
    for name in names:
        condition.same(name, stored.get(name))
    return condition


def enrolled(item: Item | None) -> Enrollment | None:
    """The enrollment in an item; None where there is none, or where its payment is pending.

    Raises:
        RecordUnreadable: it is no enrollment.
    """
    return enrollment_from_item(item) if item and not is_pending(item) else None


def is_pending(item: Item) -> bool:
    """Whether the item waits for a payment, as other back ends store it: nobody is enrolled by it."""
    return item.get("paymentStatus") == PENDING


def enrollment_from_item(item: Item) -> Enrollment:
    """The enrollment in an item; those older than payment sessions have none of the attributes that came with them.

    Raises:
        RecordUnreadable: it is no enrollment.
    """
    with reading("enrollment", item) as stored:
        enrollment = Enrollment(
            user_id=stored.text("userId"),
            course_id=stored.text("courseId"),
            enrollment_type=stored.text("enrollmentType"),
            payment_status=stored.text("paymentStatus"),
            enrolled_at=stored.timestamp("enrolledAt"),
            payment=_payment(stored),
            source=stored.maybe_text("source") or "direct",
            progress=stored.maybe_floored("progress") or 0,
            completed=stored.boolean("completed"),
            completed_at=stored.maybe_timestamp("completedAt"),
            current_lecture_id=stored.maybe_text("currentLectureId"),
            completed_lectures=stored.maybe_integer("completedLectures"),
            completed_lecture_ids=stored.texts("completedLectureIds"),
            total_time_spent=stored.maybe_floored("totalTimeSpent"),
            last_accessed_at=stored.maybe_timestamp("lastAccessedAt"),
            granted_by=stored.maybe_text("grantedBy"),
            grant_reason=stored.maybe_text("grantReason"),
            seat=stored.boolean("seat"),
        )
        ours = enrollment_item(enrollment)
        others = {name: value for name, value in item.items() if value != ours.get(name)}
        unknown = {name: value for name, value in others.items() if name not in keys.KEY_ATTRIBUTES}
        return evolve(enrollment, unknown=MappingProxyType(unknown))


def _says_the_same(others: object, ours: object) -> bool:
    """Whether what others wrote reads as what we would write: a fraction of a percent, a timestamp in another form."""
    if ours is None:
        return True
    if isinstance(others, Decimal):
        return floor(others) == ours
    try:
        return isinstance(others, str) and iso(from_record(others)) == ours
    except ValueError:
        return False


def ended_item(ended: EndedEnrollment) -> Item:
    """The item of a student's latest enrollment in a course that ended: the enrollment as it was stored, and why."""
    enrollment = ended.enrollment
    return {
        **as_stored(enrollment),
        **keys.ended_enrollment(enrollment.user_id, enrollment.course_id).attributes,
        **ending_attributes(ended),
    }


def earlier_ended_item(ended: EndedEnrollment) -> Item:
    """The same of an earlier one, which is in no index."""
    enrollment = ended.enrollment
    key = keys.earlier_ended_enrollment(enrollment.user_id, enrollment.course_id, enrollment.enrolled_at)
    kept = {name: value for name, value in ended_item(ended).items() if name not in keys.KEY_ATTRIBUTES}
    return {**kept, **key.attributes}


def ending_attributes(ended: EndedEnrollment) -> Item:
    """What an enrollment gains when it ends."""
    enrollment = ended.enrollment
    return {
        **keys.ended_index(enrollment.user_id, enrollment.course_id, ended.ended_at),
        "endedAt": iso(ended.ended_at),
        "cause": ended.cause.value,
        "endedBy": ended.ended_by,
        "endReason": ended.reason or None,
        "barred": ended.barred,
    }


def ended_as_read(ended: EndedEnrollment) -> Condition:
    """That a stored enrollment that ended is the one that was read."""
    condition = Condition().same("enrolledAt", as_stored(ended.enrollment)["enrolledAt"])
    for name in ("endedAt", "cause", "barred"):
        condition.same(name, ending_attributes(ended)[name])
    return condition


def ended_from_item(item: Item) -> EndedEnrollment:
    """The enrollment that ended in an item.

    Raises:
        RecordUnreadable: it is none.
    """
    enrollment = enrollment_from_item({name: value for name, value in item.items() if name not in _ENDED})
    with reading("ended enrollment", item) as stored:
        return EndedEnrollment(
            enrollment=enrollment,
            ended_at=stored.timestamp("endedAt"),
            cause=EndCause(stored.text("cause")),
            ended_by=stored.text("endedBy"),
            reason=stored.maybe_text("endReason") or "",
            barred=stored.boolean("barred"),
        )


def _payment_attributes(payment: Payment) -> Item:
    return {
        "provider": payment.provider,
        "paymentSessionId": payment.payment_session_id,
        f"{payment.provider}SessionId": payment.provider_session_id,
        f"{payment.provider}PaymentIntentId": payment.provider_payment_id,
        "amount": payment.amount.amount if payment.amount else None,
        "currency": payment.amount.currency if payment.amount else None,
        "discountAmount": payment.discount,
        "couponCode": payment.coupon_code,
    }


def _payment(stored: Attributes) -> Payment | None:
    provider = stored.maybe_text("provider") or _older_provider(stored)
    if provider is None:
        return None
    amount, currency = stored.maybe_integer("amount"), stored.maybe_text("currency")
    return Payment(
        provider=provider,
        payment_session_id=stored.maybe_text("paymentSessionId"),
        provider_session_id=stored.maybe_text(f"{provider}SessionId"),
        provider_payment_id=stored.maybe_text(f"{provider}PaymentIntentId"),
        amount=None if amount is None or currency is None else Money(amount, currency),
        discount=stored.maybe_integer("discountAmount") or 0,
        coupon_code=stored.maybe_text("couponCode"),
    )


def _older_provider(stored: Attributes) -> str | None:
    """The provider of an enrollment older than payment sessions: whose session it names."""
    named = [name.removesuffix(_SESSION) for name in stored.item if name.endswith(_SESSION)]
    return next((provider for provider in named if provider != "payment"), None)
