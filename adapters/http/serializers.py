"""How things look on the wire. Names are those that existing front ends read; absent values are left out."""

from __future__ import annotations

from adapters.timestamps import iso
from domain.coupons import Coupon
from domain.courses import Course
from domain.enrollment_requests import AwaitingPayment
from domain.enrollments import Enrollment
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, Status
from domain.students import Student
from domain.use_cases.student.show_checkout import CheckoutState
from domain.use_cases.student.validate_coupon import Validation

Json = dict[str, object]

# A checkout in the words of Stripe's session, which existing front ends branch on.
_CHECKOUT = {
    Status.CREATING: ("open", "unpaid"),
    Status.OPEN: ("open", "unpaid"),
    Status.PROCESSING: ("complete", "unpaid"),
    Status.COMPLETED: ("complete", "paid"),
    Status.REVIEW: ("complete", "paid"),
    Status.EXPIRED: ("expired", "unpaid"),
    Status.CANCELLED: ("expired", "unpaid"),
    Status.FAILED: ("expired", "unpaid"),
}


def course_shape(course: Course) -> Json:
    """A course, its price both as the stored decimal and by currency."""
    shape: Json = {
        "courseId": course.course_id,
        "name": course.name,
        "description": course.description,
        "instructor": course.instructor,
        "pricingModel": course.pricing_model,
        "price": course.price.to_decimal() if course.price else None,
        "currency": course.price.currency if course.price else None,
        "imageUrl": course.image_url,
        "learningObjectives": course.learning_objectives,
        "curriculum": course.curriculum,
        "comingSoon": course.coming_soon or None,
        "estimatedDuration": course.estimated_duration,
        "totalLessons": course.total_lessons,
    }
    for provider, price in course.provider_prices.items():
        shape[f"{provider}ProductId"] = price.product_id
        shape[f"{provider}PriceId"] = price.price_id
    return _present(shape)


def student_shape(student: Student) -> Json:
    """The caller's own record. The provider's customer id is nobody's business."""
    return _present(
        {
            "userId": student.user_id,
            "email": student.email,
            "name": student.name,
            "emailVerified": student.email_verified,
            "signUpMethod": student.sign_up_method,
            "createdAt": iso(student.created_at),
            "updatedAt": iso(student.updated_at),
        }
    )


def enrollment_shape(enrollment: Enrollment) -> Json:
    """An enrollment, with what was paid for it in minor units."""
    shape: Json = {
        "userId": enrollment.user_id,
        "courseId": enrollment.course_id,
        "enrollmentType": enrollment.enrollment_type,
        "enrolledAt": iso(enrollment.enrolled_at),
        "paymentStatus": enrollment.payment_status,
        "source": enrollment.source,
        "progress": enrollment.progress,
        "completed": enrollment.completed,
        "completedAt": enrollment.completed_at and iso(enrollment.completed_at),
        "currentLectureId": enrollment.current_lecture_id,
        "completedLectures": enrollment.completed_lectures,
        "totalTimeSpent": enrollment.total_time_spent,
        "lastAccessedAt": enrollment.last_accessed_at and iso(enrollment.last_accessed_at),
    }
    if (paid := enrollment.payment) is not None:
        shape |= {
            "paymentSessionId": paid.payment_session_id,
            f"{paid.provider}SessionId": paid.provider_session_id,
            f"{paid.provider}PaymentIntentId": paid.provider_payment_id,
            "amount": paid.amount.amount if paid.amount else None,
            "currency": paid.amount.currency if paid.amount else None,
            "discountAmount": paid.discount or None,
            "couponCode": paid.coupon_code,
        }
    return _present(shape)


def pending_shape(pending: AwaitingPayment) -> Json:
    """A checkout that waits for the student."""
    session = pending.session
    return _present(
        {
            "status": "pending",
            "provider": session.provider,
            "clientSecret": pending.client_secret,
            "redirectUrl": pending.redirect_url,
            "paymentSessionId": session.payment_session_id,
            "amount": session.quote.list_price.amount,
            "discountAmount": session.quote.discount,
            "finalAmount": session.total.amount,
            "currency": session.total.currency,
            "expiresAt": iso(session.expires_at),
        }
    )


def session_shape(session: PaymentSession) -> Json:
    """A payment session; the student sees one waiting state where we know two."""
    status = "pending" if session.status in LIVE - {Status.PROCESSING} else session.status.value
    return _present(
        {
            "id": session.payment_session_id,
            "courseId": session.course_id,
            "courseName": session.course_name,
            "userId": session.user_id,
            "provider": session.provider,
            "status": status,
            "paymentStatus": payment_status(session),
            "amount": session.quote.list_price.amount,
            "discountAmount": session.quote.discount,
            "finalAmount": session.total.amount,
            "currency": session.total.currency,
            "couponCode": session.coupon.code if session.coupon else None,
            "uiMode": session.ui_mode,
            f"{session.provider}SessionId": session.provider_session_id,
            f"{session.provider}PaymentIntentId": session.provider_payment_id,
            "createdAt": iso(session.created_at),
            "updatedAt": iso(session.updated_at),
            "expiresAt": iso(session.expires_at),
        }
    )


def review_shape(session: PaymentSession) -> Json:
    """A payment that waits for a person, with why and since when; once decided, what was decided."""
    decided = session.resolution
    return session_shape(session) | _present(
        {
            "reviewReason": session.review_reason and session.review_reason.value,
            "reviewSince": None if decided else iso(session.updated_at),
            "resolution": decided and decided.kind.value,
            "resolvedBy": decided and decided.by,
            "resolvedAt": decided and iso(decided.at),
            "resolutionNote": decided and (decided.note or None),
        }
    )


def session_state_shape(session: PaymentSession) -> Json:
    """What anybody may know of a checkout."""
    return {
        "status": _CHECKOUT[session.status][0],
        "paymentStatus": payment_status(session),
        "courseId": session.course_id,
    }


def coupon_shape(coupon: Coupon) -> Json:
    """A coupon; a percentage is a number of percents, a fixed discount minor units."""
    return _present(
        {
            "code": coupon.code,
            "name": coupon.name,
            "description": coupon.description,
            "discountType": coupon.discount_type.value,
            "discountValue": coupon.discount_value,
            "currency": coupon.currency,
            "maxUses": coupon.max_uses,
            "currentUses": coupon.current_uses,
            "isActive": coupon.active,
            "listed": coupon.listed,
            "validFrom": coupon.valid_from and iso(coupon.valid_from),
            "validUntil": coupon.valid_until and iso(coupon.valid_until),
            "minimumAmount": coupon.minimum_amount,
            "maximumDiscount": coupon.maximum_discount,
            "applicableCourses": sorted(coupon.course_ids),
        }
    )


def validation_shape(validation: Validation) -> Json:
    """What a coupon does; the same shape whether it applies or not."""
    quote = validation.quote
    return _present(
        {
            "isValid": quote is not None,
            "reason": validation.refusal.code if validation.refusal else None,
            "message": str(validation.refusal) if validation.refusal else None,
            "discountAmount": quote.discount if quote else 0,
            "finalAmount": (quote.total if quote else validation.list_price).amount,
            "currency": validation.list_price.currency,
        }
    )


def checkout_shape(state: CheckoutState) -> Json:
    """What the return page asks for."""
    return {
        "status": _CHECKOUT[state.session.status][0],
        "paymentStatus": payment_status(state.session),
        "courseId": state.session.course_id,
        "enrolled": state.enrolled,
    }


def payment_status(session: PaymentSession) -> str:
    """Whether money came, in Stripe's words: paid, unpaid, or no_payment_required."""
    if session.status is Status.COMPLETED and session.total.is_zero:
        return "no_payment_required"
    return _CHECKOUT[session.status][1]


def _present(shape: Json) -> Json:
    return {name: value for name, value in shape.items() if value is not None}
