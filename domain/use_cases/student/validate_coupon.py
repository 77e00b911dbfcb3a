"""A student asks what a coupon is worth before buying."""

from __future__ import annotations

from attrs import frozen

from domain.coupons import coupon_code
from domain.errors import AmountTooSmall, CouponNotFound, CouponRefused, DomainError
from domain.money import Money
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.telemetry import Signal, Telemetry
from domain.pricing import Quote
from domain.services.rate_limiter import RateLimiter
from domain.transactions import rate_limits

_NO_SUCH_CODE = "no-such-code"  # in lower case, so that none can be issued under it


@frozen(kw_only=True)
class Validation:
    """What a coupon does to a course's price. ``refusal`` says why it does nothing, None when it applies."""

    list_price: Money
    quote: Quote | None
    refusal: DomainError | None


@frozen(kw_only=True)
class ValidateCoupon:
    """Answers without reserving anything.

    Guessing is slow: attempts are counted, and every answer costs the same work.
    """

    enrollments: EnrollmentRepo
    rate_limiter: RateLimiter
    gateways: Gateways
    clock: Clock
    telemetry: Telemetry

    def __call__(self, user_id: str, address: str, course_id: str, code: str) -> Validation:
        """What the coupon does for this course. The price is the course's own.

        Raises:
            RateLimited: too many attempts of this student, or from this address, in this minute.
            CourseNotFound, CourseNotForSale: there is nothing to buy.
        """
        now = self.clock.now()
        try:
            stored = coupon_code(code)
        except CouponNotFound:
            stored = _NO_SUCH_CODE  # looked up all the same: a code that cannot exist takes no less time
        self.rate_limiter(rate_limits.by_student(user_id, stored, now))
        self.rate_limiter(rate_limits.by_address(address, stored, now))
        context = self.enrollments.context(user_id, course_id, stored)
        price = context.require_course().list_price()
        try:
            quote = context.quote(stored, self.gateways.chosen().limits, now)
        except (CouponNotFound, CouponRefused, AmountTooSmall) as refusal:
            self.telemetry.emit(Signal.COUPON_REFUSED, reason=refusal.code, user_id=user_id, course_id=course_id)
            return Validation(list_price=price, quote=None, refusal=refusal)
        return Validation(list_price=price, quote=quote, refusal=None)
