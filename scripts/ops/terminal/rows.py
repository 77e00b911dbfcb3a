"""Coupons, courses, payment sessions and enrollments as table rows; money as a decimal with its currency."""

from __future__ import annotations

from domain.audit import AuditRecord
from domain.coupons import Coupon, DiscountType
from domain.courses import Course
from domain.enrollments import EndedEnrollment, Enrollment
from domain.ledger import LedgerEntry
from domain.money import Money, written
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession

Row = dict[str, object]


def money(amount: Money | None) -> str | None:
    """The amount as a decimal with its currency: 149.99 USD."""
    return f"{amount.to_decimal()} {amount.currency.upper()}" if amount else None


def units(amount: int | None, currency: str | None) -> str | None:
    """The same of signed minor units in any currency; one that the school never sells in is left in minor units."""
    if amount is None or currency is None:
        return None
    return written(amount, currency)


def shortened(text: str, most: int) -> str:
    """The text, or its beginning with three dots where it has more than so many characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def actor(record: AuditRecord) -> str:
    """In which role somebody acted, and the part of their id that tells people apart: the end of an AWS identity, the
    beginning of a user's id.
    """
    who = record.by.rpartition("/")[2][:12] if record.by.startswith("cli:") else record.by[:8]
    return f"{record.role.value} {who}" if record.role and record.role != record.by else who


def coupon_row(coupon: Coupon) -> Row:
    """A coupon in one line; its uses as used/limit."""
    percent = coupon.discount_type is DiscountType.PERCENTAGE
    discount = f"{coupon.discount_value}%" if percent else money(Money(int(coupon.discount_value), coupon.currency))
    return {
        "code": coupon.code,
        "discount": discount,
        "uses": f"{coupon.current_uses}/{coupon.max_uses}" if coupon.is_counted else "not counted",
        "active": coupon.active,
        "listed": coupon.listed,
        "valid_from": coupon.valid_from,
        "valid_until": coupon.valid_until,
        "minimum": _units(coupon.minimum_amount, coupon.currency),
        "at_most": _units(coupon.maximum_discount, coupon.currency),
        "courses": coupon.course_ids or "all",
        "shards": coupon.shards,
        "name": coupon.name,
    }


def course_row(course: Course, provider: str) -> Row:
    """A course in one line, with its product and price ids at the provider."""
    link = course.price_at(provider)
    return {
        "course": course.course_id,
        "name": course.name,
        "model": course.pricing_model,
        "price": money(course.price),
        "state": "coming soon" if course.coming_soon else "closed" if course.sales_closed else "open",
        "product": link.product_id,
        "price_id": link.price_id,
    }


def course_details(course: Course, provider: str) -> Row:
    """Every field of a course but its curriculum."""
    return {
        **course_row(course, provider),
        "description": course.description,
        "instructor": course.instructor,
        "image_url": course.image_url,
        "learning_objectives": course.learning_objectives,
        "sections": len(course.curriculum),
        "estimated_duration": course.estimated_duration,
        "total_lessons": course.total_lessons,
        "coming_soon": course.coming_soon,
        "sales_closed": course.sales_closed,
    }


def payment_row(session: PaymentSession) -> Row:
    """A payment in one line of a list."""
    return {
        "session": session.payment_session_id,
        "status": session.status,
        "total": money(session.total),
        "course": session.course_id[:16],
        "created": f"{session.created_at:%Y-%m-%d %H:%M}",
    }


def review_row(session: PaymentSession) -> Row:
    """A payment in review in one line: what was agreed, and what came."""
    return {
        "session": session.payment_session_id,
        "since": f"{session.updated_at:%Y-%m-%d %H:%M}",
        "total": money(session.total),
        "received": units(session.received, session.received_currency),
        "reason": session.review_reason,
    }


def session_row(session: PaymentSession) -> Row:
    """A payment session in one line."""
    return {
        "session": session.payment_session_id,
        "user": session.user_id,
        "course": session.course_id,
        "status": session.status,
        "total": money(session.total),
        "checkout": session.provider_session_id,
        "updated": session.updated_at,
    }


def session_details(session: PaymentSession) -> Row:
    """Every field of a payment session that an operator may need."""
    resolution = session.resolution
    return {
        **session_row(session),
        "list_price": money(session.quote.list_price),
        "discount": units(session.quote.discount, session.quote.list_price.currency),
        "coupon": session.coupon.code if session.coupon else None,
        "ui": session.ui_mode,
        "payment": session.provider_payment_id,
        "livemode": session.livemode,
        "created": session.created_at,
        "expires": session.expires_at,
        "completed": session.completed_at,
        "last_checked": session.due_at if session.is_live else None,
        "next_sync": None if session.is_live else session.due_at,
        "cancel_requested": session.cancel_requested_at,
        "review_reason": session.review_reason,
        "resolution": f"{resolution.kind.value} by {resolution.by}: {resolution.note}" if resolution else None,
    }


def enrollment_details(enrollment: Enrollment | None) -> Row:
    """An enrollment and the payment behind it; empty for None."""
    if enrollment is None:
        return {}
    paid = enrollment.payment
    return {
        "course": enrollment.course_id,
        "type": enrollment.enrollment_type,
        "enrolled_at": enrollment.enrolled_at,
        "status": enrollment.payment_status,
        "session": paid.payment_session_id if paid else None,
        "checkout": paid.provider_session_id if paid else None,
        "payment": paid.provider_payment_id if paid else None,
        "amount": money(paid.amount) if paid else None,
        "coupon": paid.coupon_code if paid else None,
    }


def ended_details(ended: EndedEnrollment | None) -> Row:
    """An enrollment that ended, and why; empty for None."""
    if ended is None:
        return {}
    return {
        "course": ended.enrollment.course_id,
        "enrolled_at": ended.enrollment.enrolled_at,
        "ended_at": ended.ended_at,
        "cause": ended.cause,
        "barred": ended.barred,
        "ended_by": ended.ended_by,
        "reason": ended.reason,
        "session": ended.payment_session_id,
    }


def progress_details(enrollment: Enrollment) -> Row:
    """What a student did in a course, and when. The first access is not recorded, so it is not among it."""
    return {
        "progress": f"{enrollment.progress}%",
        "completed": enrollment.completed_at,
        "lectures_completed": enrollment.completed_lectures,
        "current_lecture": enrollment.current_lecture_id,
        "seconds_spent": enrollment.total_time_spent,
        "last_access": enrollment.last_accessed_at,
    }


def money_details(session: PaymentSession) -> Row:
    """What was received, what went back, and what is kept."""
    currency, sums = session.paid_currency, session.reversed_sums
    return {
        "received": units(session.received, currency),
        "kept": units(session.kept, currency) if session.received is not None else None,
        "refunded": units(sums.refunded, currency),
        "repaid": units(sums.repaid, currency),
        "refund_requested": units(sums.refund_requested, currency),
        "disputed": units(sums.disputed, currency),
        "charged_back": units(sums.charged_back, currency),
    }


def reversal_row(reversal: Reversal) -> Row:
    """A refund, dispute or repayment in one line."""
    return {
        "id": reversal.reversal_id,
        "kind": reversal.kind,
        "status": reversal.status,
        "amount": units(reversal.amount, reversal.currency),
        "counted": units(reversal.counted, reversal.currency),
        "at_provider": reversal.provider_reversal_id,
        "reason": reversal.reason,
        "note": reversal.note,
        "requested_by": reversal.requested_by,
        "answer_by": reversal.respond_by,
        "updated": reversal.updated_at,
    }


def entry_row(entry: LedgerEntry) -> Row:
    """A ledger entry in one line."""
    return {
        "entry": entry.entry_id,
        "kind": entry.kind,
        "amount": units(entry.amount, entry.currency),
        "seat": entry.seat,
        "booked_on": entry.booked_on.isoformat(),
        "recorded": entry.recorded_at,
        "outcome": entry.outcome,
        "by": entry.by,
    }


def _units(amount: int | None, currency: str) -> str | None:
    return None if amount is None else money(Money(amount, currency))
