"""Enrollment strategies: how a course is enrolled in, chosen by its pricing model."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from domain.enrollment_requests import AwaitingPayment, Enrolled, EnrollmentRequest, EnrollmentResult
from domain.enrollments import Enrollment
from domain.errors import (
    CheckoutBusy,
    CheckoutInProgress,
    CouponNotFound,
    CouponRefused,
    CourseIsFree,
    DomainError,
    PaymentInReview,
    PaymentProcessing,
    RateLimited,
    TooManyCheckouts,
)
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.backoff import attempts
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.payment_gateway import Gateways, PaymentGateway
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.services.checkout import CheckoutService
from domain.services.rate_limiter import RateLimiter
from domain.services.reservation import Reserve
from domain.services.seats import EnrollWithoutPayment
from domain.transactions import rate_limits
from domain.transactions.conflicts import AlreadyEnrolled

ATTEMPTS = 4
"""How often a checkout is opened for one request while others keep changing it."""

MAX_OPEN_CHECKOUTS = 5
"""How many checkouts a student may have open at once, over all courses."""


class EnrollmentStrategy(Protocol):
    """One way to enroll in a course."""

    def __call__(self, request: EnrollmentRequest) -> EnrollmentResult:
        """Enroll the student, or let them pay. Safe to repeat."""
        ...


@frozen(kw_only=True)
class EnrollForFree(EnrollmentStrategy):
    """A free course: the student is enrolled at once."""

    enroll: EnrollWithoutPayment
    checkout_service: CheckoutService
    clock: Clock
    telemetry: Telemetry

    def __call__(self, request: EnrollmentRequest) -> EnrollmentResult:
        """Enroll at once, in one transaction.

        Raises:
            CourseIsFree: the student asked for a checkout.
            EnrollmentBarred: an earlier payment of theirs for this course was charged back.
            SalesClosed: nobody new may enroll at the moment.
        """
        if request.options.must_pay:
            raise CourseIsFree
        request.context.require_not_barred()
        request.context.require_sales_open()
        enrollment = Enrollment.in_free_course(
            user_id=request.student.user_id,
            course_id=request.course.course_id,
            source=request.options.source(coupon_code=None),
            at=self.clock.now(),
        )
        if request.context.ended is not None:
            enrollment = enrollment.with_progress_of(request.context.ended.enrollment)
        try:
            enrollment = self.enroll(enrollment, request.course, outcome="free")
        except AlreadyEnrolled as conflict:
            return Enrolled(conflict.enrollment, is_new=False)
        self.telemetry.emit(Signal.ENROLLED, reason="free", user_id=enrollment.user_id, course_id=enrollment.course_id)
        if request.context.payment_session_id is not None:
            # The course has become free while a checkout for it was open: nobody should pay there any more.
            self.checkout_service.close_other(request.student, request.context.payment_session_id)
        return Enrolled(enrollment, is_new=True)


@frozen
class Occupied:
    """Another payment session holds the checkout lock of this student and course."""

    payment_session_id: str


@frozen
class Vacant:
    """No checkout of this student for this course is live; a new one may be opened.

    ``provider`` is where it is to be opened, if the checkout that was closed for it decides that.
    """

    provider: str | None = None


Step = Enrolled | AwaitingPayment | Occupied | Vacant
"""What resuming or opening a checkout led to: a result for the student, or what to try next."""


@frozen(kw_only=True)
class EnrollByPayment(EnrollmentStrategy):
    """A paid course: reserve, then open the provider's checkout. The provider's event enrolls."""

    enrollments: EnrollmentRepo
    sessions: PaymentSessionRepo
    reserve: Reserve
    checkout_service: CheckoutService
    rate_limiter: RateLimiter
    gateways: Gateways
    clock: Clock
    telemetry: Telemetry

    def __call__(self, request: EnrollmentRequest) -> EnrollmentResult:
        """Let the student pay: resume the checkout that is open with the same options, or open a new one.

        Raises:
            EnrollmentBarred: an earlier payment of the student for this course was charged back.
            SalesClosed: nobody new may enroll at the moment; a checkout that is open can be resumed.
            ProviderNotOffered: the school does not sell through the provider that the student chose.
            RateLimited: too many coupon codes in this minute; the answer no longer shows which of them works.
        """
        try:
            return self._pay(request)
        except DomainError as error:
            if isinstance(error, CouponNotFound | CouponRefused):
                student, course = request.student, request.course
                self.telemetry.emit(
                    Signal.COUPON_REFUSED, reason=error.code, user_id=student.user_id, course_id=course.course_id
                )
            elif isinstance(error, TooManyCheckouts | RateLimited) and request.options.coupon_code is None:
                self.telemetry.emit(Signal.CHECKOUT_REFUSED, reason=error.code, user_id=request.student.user_id)
            self._count_coupon_attempt(request)
            raise

    def _pay(self, request: EnrollmentRequest) -> EnrollmentResult:
        request.context.require_not_barred()
        session_id, left_behind = request.context.payment_session_id, None
        for _ in attempts(ATTEMPTS):
            step = Vacant() if session_id is None else self._resume(session_id, request)
            if isinstance(step, Vacant):
                # Whatever session had the lock is over, or missing: should its lock be left behind, it is taken over.
                left_behind = session_id or left_behind
                request = request.at(step.provider)
                step = self._open_new(request, left_behind)
            match step:
                case Occupied(payment_session_id=holder):
                    session_id = holder
                case Vacant():
                    session_id = None
                case result:
                    return result
        raise CheckoutBusy

    def _open_new(self, request: EnrollmentRequest, left_behind: str | None) -> Step:
        gateway = self._seller(request)
        quote = request.context.quote(request.options.coupon_code, gateway.limits, self.clock.now())
        if not quote.total.is_zero:  # with nothing to pay, no checkout follows
            self._require_few_checkouts(request)
            gateway.require_ready()
        try:
            session = self.reserve(request, quote, gateway, replaces=left_behind)
        except AlreadyEnrolled as already:
            return Enrolled(already.enrollment, is_new=False)
        except CheckoutInProgress as busy:
            return Occupied(busy.payment_session_id)
        if session.status is Status.COMPLETED:
            if request.context.payment_session_id is not None:
                self.checkout_service.close_other(request.student, request.context.payment_session_id)
            return Enrolled(session.enrollment(), is_new=True, session=session)
        return self._step(self.checkout_service.open(session, request.student, is_new=True))

    def _seller(self, request: EnrollmentRequest) -> PaymentGateway:
        """The provider that a new checkout would be opened at.

        Raises:
            SalesClosed, ProviderNotOffered: none may be opened at the moment, or none there.
        """
        request.context.require_sales_open()
        return self.gateways.chosen(request.options.provider, closed=request.context.school.closed_providers)

    def _require_few_checkouts(self, request: EnrollmentRequest) -> None:
        """Keep one student from reserving without end.

        A bound on hoarding, not on money: two clicks at once may pass it.
        """
        if self.sessions.count_open(request.student.user_id, at_most=MAX_OPEN_CHECKOUTS) >= MAX_OPEN_CHECKOUTS:
            raise TooManyCheckouts

    def _resume(self, payment_session_id: str, request: EnrollmentRequest) -> Step:
        """What the checkout that holds the lock leads to."""
        session = self.sessions.find(request.student.user_id, payment_session_id)
        if session is None or not session.is_live or session.status is Status.PROCESSING:
            return self._step(session) if session else Vacant()
        if session.provider in self.gateways.offered:
            # Who names no provider must not close what the student opened at one.
            request = request.at(session.provider)
        chosen = self.gateways.chosen(request.options.provider)
        if request.can_resume(session, chosen.name, has_form=chosen.has_form):
            return self._step(self.checkout_service.reopen(session, request.student))
        chosen = self._seller(request)  # if there is none, the open checkout stays
        # A coupon that does not apply must not cost the student the open checkout.
        request.context.quote(request.options.coupon_code, chosen.limits, self.clock.now())
        self._count_coupon_attempt(request)  # closing the open checkout shows that the code works
        closed = self._step(self.checkout_service.close(session, request.student))
        return Vacant(chosen.name) if isinstance(closed, Vacant) else closed

    def _count_coupon_attempt(self, request: EnrollmentRequest) -> None:
        """Count an attempt before its outcome shows, or the absence of a refusal would reveal the right code.

        A reservation counts its own.
        """
        code = request.options.coupon_code
        if code is not None:
            self.rate_limiter(rate_limits.by_student(request.student.user_id, code, self.clock.now()))

    def _step(self, opened: AwaitingPayment | PaymentSession) -> Step:
        if isinstance(opened, AwaitingPayment):
            return opened
        match opened.status:
            case Status.COMPLETED:
                enrollment = self.enrollments.find(opened.user_id, opened.course_id)
                # It may have ended in the same moment: then the student may buy the course again.
                return Enrolled(enrollment, is_new=False) if enrollment else Vacant()
            case Status.PROCESSING:
                raise PaymentProcessing
            case Status.REVIEW:
                raise PaymentInReview
            case Status.CREATING | Status.OPEN:
                raise CheckoutBusy  # the provider did not close it: it may still be paid, and keeps its lock
            case _:
                return Vacant()
