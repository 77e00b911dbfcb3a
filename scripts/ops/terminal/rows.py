"""Coupons, courses, payment sessions and enrollments as table rows; money as a decimal with its currency."""

from __future__ import annotations

from domain.coupons import Coupon, DiscountType
from domain.courses import Course
from domain.enrollments import Enrollment
from domain.money import Money
from domain.payments.session import PaymentSession

Row = dict[str, object]


def money(amount: Money | None) -> str | None:
    """The amount as a decimal with its currency: 149.99 USD."""
    return f"{amount.to_decimal()} {amount.currency.upper()}" if amount else None


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
        "product": link.product_id,
        "price_id": link.price_id,
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
        "discount": session.quote.discount,
        "coupon": session.coupon.code if session.coupon else None,
        "ui": session.ui_mode,
        "payment": session.provider_payment_id,
        "livemode": session.livemode,
        "created": session.created_at,
        "expires": session.expires_at,
        "completed": session.completed_at,
        "last_checked": session.due_at,
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


def _units(amount: int | None, currency: str) -> str | None:
    return None if amount is None else money(Money(amount, currency))
