"""A student enrolls in a course."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from domain.enrollment_requests import CheckoutOptions, Enrolled, EnrollmentRequest, EnrollmentResult
from domain.errors import PricingModelUnknown
from domain.ports.enrollments import EnrollmentRepo
from domain.services.enrollment_strategies import EnrollmentStrategy
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.students import Identity


@frozen(kw_only=True)
class Strategies:
    """The enrollment strategies by pricing model. Another kind of course is another entry."""

    by_pricing_model: Mapping[str, EnrollmentStrategy] = field()

    def of(self, pricing_model: str) -> EnrollmentStrategy:
        """How a course of this pricing model is enrolled in.

        Raises:
            PricingModelUnknown: no strategy is registered for it.
        """
        try:
            return self.by_pricing_model[pricing_model]
        except KeyError:
            raise PricingModelUnknown from None


@frozen(kw_only=True)
class Enroll:
    """Enrolls the student, or opens a checkout. Repeating it gives the same enrollment or the same checkout."""

    enrollments: EnrollmentRepo
    get_or_create_student: GetOrCreateStudent
    strategies: Strategies

    def __call__(self, identity: Identity, course_id: str, options: CheckoutOptions) -> EnrollmentResult:
        """Enroll the caller in the course.

        Raises:
            CourseNotFound, CourseNotOpen, CourseNotForSale, PricingModelUnknown: the course cannot be enrolled in.
            CouponNotFound, CouponRefused, AmountTooSmall: not with this coupon.
            PaymentProcessing, PaymentInReview: a payment for it is under way already.
            ProviderRejected, PriceMismatch: the provider does not sell it; nothing is held.
            Unavailable: something does not answer; repeating leads to the same result.
        """
        context = self.enrollments.context(identity.user_id, course_id, options.coupon_code)
        if context.enrollment is not None:
            return Enrolled(context.enrollment, is_new=False)
        course = context.require_course()
        course.require_open()
        strategy = self.strategies.of(course.enrollment_kind)
        student = self.get_or_create_student(identity, context.student)
        return strategy(EnrollmentRequest(student=student, course=course, context=context, options=options))
