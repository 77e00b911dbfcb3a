"""From what the domain knows to the bodies of responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from adapters.http.curriculum import sections
from adapters.http.field_types import CANCELLING, CHARGED_BACK, CLOSED, REFUNDED, WAITING
from adapters.timestamps import iso
from domain.payments.reviews import ResolutionKind
from domain.payments.states import PAYABLE, Status

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies
    from domain.coupons import Coupon
    from domain.courses import Course
    from domain.enrollment_requests import AwaitingPayment, Enrolled
    from domain.enrollments import Enrollment
    from domain.payments.session import PaymentSession
    from domain.students import Student
    from domain.use_cases.student.show_checkout import CheckoutState
    from domain.use_cases.student.validate_coupon import Validation

STRIPE = "stripe"
"""The provider whose ids have properties of their own, which existing front ends read."""

# A checkout in the words of Stripe's session, which existing front ends branch on.
_CHECKOUT = {
    Status.CREATING: ("open", "unpaid"),
    Status.OPEN: ("open", "unpaid"),
    Status.PROCESSING: ("complete", "unpaid"),
    Status.COMPLETED: ("complete", "paid"),
    Status.REVIEW: ("complete", "paid"),
    Status.REVERSED: ("complete", "paid"),
    Status.EXPIRED: ("expired", "unpaid"),
    Status.CANCELLED: ("expired", "unpaid"),
    Status.FAILED: ("expired", "unpaid"),
}

BodyT = TypeVar("BodyT", bound=Mapping[str, object])


def course_body(course: Course, *, school_closed: bool = False) -> bodies.Course:
    """A course, its price both as the stored decimal and by currency.

    ``school_closed``: nobody new can enroll in any course of the school.
    """
    stripe = course.price_at(STRIPE)
    body: bodies.Course = {
        "courseId": course.course_id,
        "name": course.name,
        "description": course.description,
        "instructor": course.instructor,
        "pricingModel": course.pricing_model,
        "price": course.price.to_decimal() if course.price else None,
        "currency": course.price.currency if course.price else None,
        "imageUrl": course.image_url,
        "learningObjectives": list(course.learning_objectives),
        "curriculum": sections(course.curriculum),
        "comingSoon": course.coming_soon or None,
        "salesClosed": course.sales_closed or school_closed or None,
        "estimatedDuration": course.estimated_duration,
        "totalLessons": course.total_lessons,
        "capacity": course.capacity,
        "seatsLeft": course.seats_left,
        "stripeProductId": stripe.product_id,
        "stripePriceId": stripe.price_id,
    }
    return present(body)


def student_body(student: Student) -> bodies.Student:
    """The caller's own record, without the provider's customer id."""
    body: bodies.Student = {
        "userId": student.user_id,
        "email": student.email,
        "name": student.name,
        "emailVerified": student.email_verified,
        "signUpMethod": student.sign_up_method,
        "createdAt": iso(student.created_at),
        "updatedAt": iso(student.updated_at),
    }
    return present(body)


def enrollment_body(enrollment: Enrollment) -> bodies.Enrollment:
    """An enrollment, with what was paid for it in minor units."""
    paid = enrollment.payment
    by_stripe = paid if paid and paid.provider == STRIPE else None
    body: bodies.Enrollment = {
        "userId": enrollment.user_id,
        "courseId": enrollment.course_id,
        "enrollmentType": enrollment.enrollment_type,
        "enrolledAt": iso(enrollment.enrolled_at),
        "paymentStatus": enrollment.payment_status,
        "source": enrollment.source,
        "progress": enrollment.progress,
        "completed": enrollment.completed,
        "completedAt": iso(enrollment.completed_at) if enrollment.completed_at else None,
        "currentLectureId": enrollment.current_lecture_id,
        "completedLectures": enrollment.completed_lectures,
        "completedLectureIds": list(enrollment.completed_lecture_ids) or None,
        "totalTimeSpent": enrollment.total_time_spent,
        "lastAccessedAt": iso(enrollment.last_accessed_at) if enrollment.last_accessed_at else None,
        "paymentSessionId": enrollment.payment_session_id,
        "stripeSessionId": by_stripe.provider_session_id if by_stripe else None,
        "stripePaymentIntentId": by_stripe.provider_payment_id if by_stripe else None,
        "amount": paid.amount.amount if paid and paid.amount else None,
        "currency": paid.amount.currency if paid and paid.amount else None,
        "discountAmount": (paid.discount or None) if paid else None,
        "couponCode": paid.coupon_code if paid else None,
    }
    return present(body)


def enrolled_student_body(enrollment: Enrollment, student: Student | None) -> bodies.EnrolledStudent:
    """An enrollment with the student's name and address, where there is one."""
    body: bodies.EnrolledStudent = {**enrollment_body(enrollment), **person_body(student)}
    return present(body)


def person_body(student: Student | None) -> bodies.Person:
    """Name and address, as far as they are known."""
    if student is None:
        return {"name": None, "email": None}
    return {"name": student.name or None, "email": student.email or None}


def active_enrollment_body(enrolled: Enrolled) -> bodies.ActiveEnrollment:
    """An enrollment as the answer to enrolling."""
    return {"enrollment": enrollment_body(enrolled.enrollment), "status": "active"}


def pending_enrollment_body(pending: AwaitingPayment) -> bodies.PendingEnrollment:
    """A checkout that waits for the student, as the answer to enrolling."""
    session = pending.session
    body: bodies.PendingEnrollment = {
        "status": "pending",
        "provider": session.provider,
        "clientSecret": pending.client_secret,
        "redirectUrl": pending.redirect_url,
        "paymentSessionId": session.payment_session_id,
        "providerSessionId": session.provider_session_id,
        "amount": session.quote.list_price.amount,
        "discountAmount": session.quote.discount,
        "finalAmount": session.total.amount,
        "currency": session.total.currency,
        "expiresAt": iso(session.expires_at),
    }
    return present(body)


def session_body(session: PaymentSession) -> bodies.PaymentSession:
    """A payment session; students see one waiting state where there are two."""
    by_stripe = session.provider == STRIPE
    body: bodies.PaymentSession = {
        "id": session.payment_session_id,
        "courseId": session.course_id,
        "courseName": session.course_name,
        "userId": session.user_id,
        "provider": session.provider,
        "status": session_status(session),
        "paymentStatus": payment_status(session),
        "amount": session.quote.list_price.amount,
        "discountAmount": session.quote.discount,
        "finalAmount": session.total.amount,
        "currency": session.total.currency,
        "givenBack": session.reversed_sums.given_back or None,
        "couponCode": session.coupon.code if session.coupon else None,
        "uiMode": session.ui_mode,
        "providerSessionId": session.provider_session_id,
        "providerPaymentId": session.provider_payment_id,
        "stripeSessionId": session.provider_session_id if by_stripe else None,
        "stripePaymentIntentId": session.provider_payment_id if by_stripe else None,
        "createdAt": iso(session.created_at),
        "updatedAt": iso(session.updated_at),
        "expiresAt": iso(session.expires_at),
    }
    return present(body)


def cancelling_body(session: PaymentSession) -> bodies.PaymentSession:
    """A live payment session whose cancellation is requested."""
    return {**session_body(session), "status": CANCELLING}


def checkout_body(result: AwaitingPayment) -> bodies.EmbeddedCheckout | bodies.HostedCheckout:
    """An open checkout, by where it is shown."""
    session = session_body(result.session)
    if result.redirect_url:
        return {"success": True, "session": session, "redirectUrl": result.redirect_url}
    return {"success": True, "session": session, "clientSecret": cast("str", result.client_secret)}


def secrets_of(pending: AwaitingPayment) -> dict[str, str]:
    """What shows an open checkout to the student, and is not kept with an answer."""
    given = {"clientSecret": pending.client_secret, "redirectUrl": pending.redirect_url}
    return {name: value for name, value in given.items() if value}


def nothing_to_pay_body(enrolled: Enrolled) -> bodies.NothingToPay:
    """An enrollment as the answer to opening a checkout."""
    body: bodies.NothingToPay = {
        "success": True,
        "status": "active",
        "enrollment": enrollment_body(enrolled.enrollment),
        "session": session_body(enrolled.session) if enrolled.session else None,
    }
    return present(body)


def session_state_body(session: PaymentSession) -> bodies.SessionState:
    """What anybody may know of a checkout."""
    return {
        "status": _CHECKOUT[session.status][0],
        "paymentStatus": payment_status(session),
        "courseId": session.course_id,
    }


def checkout_state_body(state: CheckoutState) -> bodies.CheckoutState:
    """What the return page asks for."""
    return {**session_state_body(state.session), "enrolled": state.enrolled}


def coupon_body(coupon: Coupon) -> bodies.Coupon:
    """A coupon as the office sees it, with its limit and its uses."""
    body: bodies.Coupon = {
        **listed_coupon_body(coupon),
        "maxUses": coupon.max_uses,
        "currentUses": coupon.current_uses,
    }
    return present(body)


def listed_coupon_body(coupon: Coupon) -> bodies.ListedCoupon:
    """A coupon; its discount is a number of percents or minor units, by its type."""
    body: bodies.ListedCoupon = {
        "code": coupon.code,
        "name": coupon.name,
        "description": coupon.description,
        "discountType": coupon.discount_type.value,
        "discountValue": coupon.discount_value,
        "currency": coupon.currency,
        "isActive": coupon.active,
        "listed": coupon.listed,
        "validFrom": iso(coupon.valid_from) if coupon.valid_from else None,
        "validUntil": iso(coupon.valid_until) if coupon.valid_until else None,
        "minimumAmount": coupon.minimum_amount,
        "maximumDiscount": coupon.maximum_discount,
        "applicableCourses": sorted(coupon.course_ids),
    }
    return present(body)


def validation_body(validation: Validation) -> bodies.CouponValidation:
    """What a coupon does to a course's price, or why it does nothing."""
    quote = validation.quote
    body: bodies.CouponValidation = {
        "isValid": quote is not None,
        "reason": validation.refusal.code if validation.refusal else None,
        "message": str(validation.refusal) if validation.refusal else None,
        "discountAmount": quote.discount if quote else 0,
        "finalAmount": (quote.total if quote else validation.list_price).amount,
        "currency": validation.list_price.currency,
    }
    return present(body)


def session_status(session: PaymentSession) -> str:
    """Where the payment is, for the student: one waiting state instead of two, and what became of money that came.

    ``refunded`` and ``charged_back``: nothing of it is kept. ``closed``: a person decided that nothing more happens.
    """
    if session.status in PAYABLE:
        return WAITING
    if session.status is Status.REVERSED:
        return CHARGED_BACK if session.reversed_sums.charged_back else REFUNDED
    if session.status is Status.REVIEW and session.resolution is not None:
        refunded = session.resolution.kind is ResolutionKind.REFUNDED
        return REFUNDED if refunded else CLOSED
    return session.status.value


def payment_status(session: PaymentSession) -> str:
    """Whether money came, in Stripe's words: paid, unpaid, or no_payment_required; and what of it went back."""
    sums = session.reversed_sums
    if session.status is Status.COMPLETED and sums.disputed:
        return "disputed"
    if session.status is Status.COMPLETED and sums.given_back:
        return "partially_refunded"
    if session.status is Status.COMPLETED and session.total.is_zero:
        return "no_payment_required"
    return _CHECKOUT[session.status][1]


def present(body: BodyT) -> BodyT:
    """The body without the properties that have no value."""
    return cast("BodyT", {name: value for name, value in body.items() if value is not None})
