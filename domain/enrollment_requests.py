"""An application: what a student asks for when enrolling, and what may come of it."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import in_

from domain.coupons import Coupon
from domain.courses import Course
from domain.enrollments import SOURCES, Enrollment
from domain.errors import CouponAlreadyUsed
from domain.payments.session import PaymentSession
from domain.students import Student

UI_MODES = ("embedded", "hosted")


@frozen(kw_only=True)
class CheckoutOptions:
    """How the student wants to buy: ``coupon_code`` as stored; URLs are already known to be ours.

    ``must_pay``: the student asked for a checkout, so a free course is refused instead of given.
    """

    coupon_code: str | None = None
    must_pay: bool = False
    ui_mode: str = field(default="embedded", validator=in_(UI_MODES))
    source: str = field(default="direct", validator=in_(SOURCES))
    return_url: str
    cancel_url: str | None = None


@frozen(kw_only=True)
class EnrollmentRequest:
    """A student who may enroll in a course, with everything a decision needs.

    ``payment_session_id`` names the checkout that is already open for the two, ``coupon`` is the one the terms ask for,
    if it exists, and ``coupon_held_by`` the payment session that has the student's one use of it.
    """

    student: Student
    course: Course
    options: CheckoutOptions
    coupon: Coupon | None = None
    coupon_held_by: str | None = None
    payment_session_id: str | None = None

    def can_resume(self, session: PaymentSession) -> bool:
        """Whether an open checkout is on the same terms and not wished over, so that it can be carried on with."""
        held = session.coupon.code if session.coupon else None
        if session.cancel_requested_at is not None:
            return False
        return held == self.options.coupon_code and session.ui_mode == self.options.ui_mode

    def require_coupon_unused_but_by(self, payment_session_id: str) -> None:
        """Refuse a coupon whose one use the student has in another purchase than this.

        Raises:
            CouponAlreadyUsed: they have.
        """
        if self.coupon_held_by not in (None, payment_session_id):
            raise CouponAlreadyUsed


@frozen
class Enrolled:
    """The student is in the course. ``is_new`` is False when this was so before.

    ``session`` is the payment session that a coupon completed on the spot, None otherwise.
    """

    enrollment: Enrollment
    is_new: bool
    session: PaymentSession | None = None


@frozen(kw_only=True)
class AwaitingPayment:
    """The student may pay. ``client_secret`` shows the embedded checkout, ``redirect_url`` leads to the hosted one.

    ``is_new`` is False when the checkout was open before.
    """

    session: PaymentSession
    client_secret: str | None = field(repr=False)
    redirect_url: str | None
    is_new: bool


EnrollmentResult = Enrolled | AwaitingPayment
"""What may come of an application."""
