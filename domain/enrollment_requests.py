"""Enrollment requests: what is known about a student and a course, what the student asks for, and what comes of it."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, field, frozen
from attrs.validators import in_, optional

from domain.coupons import Coupon
from domain.courses import Course
from domain.enrollments import DIRECT, PROMOTION, REFERRAL, EndedEnrollment, Enrollment
from domain.errors import CouponAlreadyUsed, CouponNotFound, CourseNotFound, EnrollmentBarred, SalesClosed
from domain.identifiers import an_id
from domain.payments.session import PaymentSession
from domain.pricing import ProviderLimits, Quote
from domain.school import OPEN_SCHOOL, School
from domain.students import Student

UI_MODES = ("embedded", "hosted")


@frozen(kw_only=True)
class CheckoutOptions:
    """How the student wants to buy. ``coupon_code`` is in its stored form; the URLs are already checked to be ours.

    ``referral`` names who sent the student, by the link that they followed. ``must_pay``: the student asked for a
    checkout, so a free course is refused instead of given. ``provider`` is the payment provider that the student chose,
    None for that of the checkout which is open for the course, or else for the school's first.
    """

    coupon_code: str | None = None
    must_pay: bool = False
    provider: str | None = None
    ui_mode: str = field(default="embedded", validator=in_(UI_MODES))
    referral: str | None = field(default=None, validator=optional(an_id))
    return_url: str
    cancel_url: str | None = None

    def source(self, *, coupon_code: str | None) -> str:
        """How the student found the course, by what is known: the coupon that they use, or the link that they followed.
        What a client claims counts for nothing.
        """
        if coupon_code is not None:
            return PROMOTION
        return REFERRAL if self.referral is not None else DIRECT


@frozen(kw_only=True)
class EnrollmentContext:
    """What is stored about one student and one course at one moment; None for whatever does not exist.

    ``payment_session_id`` is the session that holds the checkout lock of the two. ``coupon`` is the one asked for,
    ``coupon_held_by`` the payment session that holds or has redeemed the student's one use of it.
    """

    course: Course | None
    student: Student | None
    enrollment: Enrollment | None
    ended: EndedEnrollment | None = None
    payment_session_id: str | None
    coupon: Coupon | None = None
    coupon_held_by: str | None = None
    school: School = OPEN_SCHOOL

    def require_sales_open(self) -> None:
        """Refuse a new enrollment while sales are closed, of the course or of the whole school.

        Raises:
            SalesClosed: they are.
        """
        if self.school.sales_closed or (self.course is not None and self.course.sales_closed):
            raise SalesClosed

    def require_not_barred(self) -> None:
        """Refuse a student whose enrollment in this course ended with a bar.

        Raises:
            EnrollmentBarred: it did.
        """
        if self.ended is not None and self.ended.barred:
            raise EnrollmentBarred

    def require_course(self) -> Course:
        """The course.

        Raises:
            CourseNotFound: there is none.
        """
        if self.course is None:
            raise CourseNotFound
        return self.course

    @property
    def holds_coupon_itself(self) -> bool:
        """Whether the student's use of the coupon belongs to the checkout that is open for this course."""
        return self.coupon_held_by is not None and self.coupon_held_by == self.payment_session_id

    @property
    def available_coupon(self) -> Coupon | None:
        """The coupon as this student may use it: a use held by their own open checkout is free for the next one."""
        return self.coupon.with_one_use_back() if self.coupon and self.holds_coupon_itself else self.coupon

    def quote(self, coupon_code: str | None, limits: ProviderLimits, at: datetime) -> Quote:
        """What the course costs this student at ``at``, with the coupon of this code if one is named.

        Raises:
            CourseNotFound, CourseNotForSale: there is nothing to buy.
            CouponNotFound, CouponRefused, AmountTooSmall: it cannot be bought like this.
        """
        course = self.require_course()
        price = course.list_price()
        if coupon_code is None:
            quote = Quote(list_price=price)
        elif (coupon := self.available_coupon) is None:
            raise CouponNotFound
        else:
            quote = coupon.quote(course_id=course.course_id, price=price, at=at)
            if self.coupon_held_by is not None and not self.holds_coupon_itself:
                raise CouponAlreadyUsed
        quote.require_chargeable(limits)
        return quote


@frozen(kw_only=True)
class EnrollmentRequest:
    """A student who wants to enroll in a course: ``context`` is what is stored, ``options`` what they ask for."""

    student: Student
    course: Course
    context: EnrollmentContext
    options: CheckoutOptions

    def at(self, provider: str | None) -> EnrollmentRequest:
        """The request at this provider, unless the student chose one."""
        if provider is None or self.options.provider is not None:
            return self
        return evolve(self, options=evolve(self.options, provider=provider))

    def can_resume(self, session: PaymentSession, provider: str, *, has_form: bool = True) -> bool:
        """Whether the open checkout is at this provider, has the same coupon and UI mode, and no cancel request.

        ``has_form``: the provider knows both UI modes. Where it does not, another mode changes nothing.
        """
        if session.cancel_requested_at is not None or session.provider != provider:
            return False
        held = session.coupon.code if session.coupon else None
        return held == self.options.coupon_code and (session.ui_mode == self.options.ui_mode or not has_form)


@frozen
class Enrolled:
    """The student is enrolled. ``is_new`` is False if they were so before the request.

    ``session`` is the payment session that a coupon completed at once, None otherwise.
    """

    enrollment: Enrollment
    is_new: bool
    session: PaymentSession | None = None


@frozen(kw_only=True)
class AwaitingPayment:
    """The student may pay. ``client_secret`` shows the embedded checkout, ``redirect_url`` leads to the hosted one.

    ``is_new`` is False if the checkout was open before the request.
    """

    session: PaymentSession
    client_secret: str | None = field(repr=False)
    redirect_url: str | None
    is_new: bool


EnrollmentResult = Enrolled | AwaitingPayment
"""What may come of an enrollment request."""
