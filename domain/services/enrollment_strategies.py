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
    TooManyCheckouts,
)
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.checkout import CheckoutService
from domain.services.rate_limiter import RateLimiter
from domain.services.reservation import Reserve, quote
from domain.transactions import rate_limits
from domain.transactions.conflicts import AlreadyEnrolled, TransactionConflict
from domain.transactions.payments import enroll_for_free

ATTEMPTS = 4

MOST_OPEN = 5
"""How many checkouts a student may have open at once, over all courses."""


class EnrollmentStrategy(Protocol):
    """One way into a course."""

    def __call__(self, request: EnrollmentRequest) -> EnrollmentResult:
        """Enroll the student, or let them pay. Safe to repeat."""
        ...


@frozen(kw_only=True)
class EnrollForFree(EnrollmentStrategy):
    """A free course: in at once."""

    unit_of_work: UnitOfWork
    clock: Clock
    telemetry: Telemetry

    def __call__(self, request: EnrollmentRequest) -> EnrollmentResult:
        """Enroll at once, in one write.

        Raises:
            CourseIsFree: the student asked for a checkout.
        """
        if request.options.must_pay:
            raise CourseIsFree
        enrollment = Enrollment.in_free_course(
            user_id=request.student.user_id,
            course_id=request.course.course_id,
            source=request.options.source,
            at=self.clock.now(),
        )
        try:
            self.unit_of_work.commit(enroll_for_free(enrollment))
        except TransactionConflict as conflict:
            match conflict.first:
                case AlreadyEnrolled(enrollment=found):
                    return Enrolled(found, is_new=False)
                case _:
                    raise
        self.telemetry.emit(Signal.ENROLLED, reason="free", user_id=enrollment.user_id, course_id=enrollment.course_id)
        return Enrolled(enrollment, is_new=True)


@frozen(kw_only=True)
class EnrollByPayment(EnrollmentStrategy):
    """A paid course: reserve, then open the provider's checkout. The provider's news enroll."""

    enrollments: EnrollmentRepo
    sessions: PaymentSessionRepo
    reserve: Reserve
    checkout_service: CheckoutService
    rate_limiter: RateLimiter
    gateways: Gateways
    clock: Clock
    telemetry: Telemetry
    provider: str

    def __call__(self, request: EnrollmentRequest) -> EnrollmentResult:
        """Let the student pay: carry on with the checkout that is open on the same terms, or open a new one.

        Raises:
            RateLimited: too many coupon codes in this minute; which of them works does not show any more.
        """
        try:
            return self._pay(request)
        except DomainError as conflict:
            if isinstance(conflict, CouponNotFound | CouponRefused):
                student, course = request.student, request.course
                self.telemetry.emit(
                    Signal.COUPON_REFUSED, reason=conflict.code, user_id=student.user_id, course_id=course.course_id
                )
            self._count_coupon_attempt(request)
            raise

    def _pay(self, request: EnrollmentRequest) -> EnrollmentResult:
        open_id = request.payment_session_id
        for _ in range(ATTEMPTS):
            if open_id is not None:
                answer = self._resume(open_id, request)
                if answer is not None:
                    return answer
            try:
                return self._start(request)
            except AlreadyEnrolled as already:
                return Enrolled(already.enrollment, is_new=False)
            except CheckoutInProgress as busy:
                open_id = busy.payment_session_id
        raise CheckoutBusy

    def _start(self, request: EnrollmentRequest) -> EnrollmentResult:
        locked = quote(request, self.clock)
        gateway = self.gateways.named(self.provider)
        if not locked.total.is_zero:  # with nothing to pay, no checkout follows
            self._admit(request)
            gateway.require_ready()
        session = self.reserve(request, locked, provider=self.provider, livemode=gateway.account().livemode)
        if session.status is Status.COMPLETED:
            return Enrolled(session.enrollment(), is_new=True, session=session)
        opened = self.checkout_service.open(session, request.student, is_new=True)
        answer = self._answer(opened)
        if answer is None:
            raise CheckoutInProgress(session.payment_session_id)
        return answer

    def _admit(self, request: EnrollmentRequest) -> None:
        """Keep one student from reserving at large.

        A bound on hoarding, not on money: two clicks at once may pass it.
        """
        if self.sessions.count_live(request.student.user_id, at_most=MOST_OPEN) >= MOST_OPEN:
            raise TooManyCheckouts

    def _resume(self, payment_session_id: str, request: EnrollmentRequest) -> EnrollmentResult | None:
        """The answer of the checkout that is there; None when it is over and a new one may begin."""
        session = self.sessions.find(request.student.user_id, payment_session_id)
        if session is None or not session.is_live or session.status is Status.PROCESSING:
            return self._answer(session) if session else None
        if request.can_resume(session):
            return self._answer(self.checkout_service.reopen(session, request.student))
        # A coupon that does not apply must not cost the student the open checkout.
        quote(request, self.clock)
        request.require_coupon_unused_but_by(payment_session_id)
        self._count_coupon_attempt(request)  # a checkout that closes tells that the code works
        return self._answer(self.checkout_service.close(session, request.student))

    def _count_coupon_attempt(self, request: EnrollmentRequest) -> None:
        """Whatever comes of a coupon counts before it shows, or a refusal would set the right code apart.

        A reservation counts its own.
        """
        if request.options.coupon_code is not None:
            self.rate_limiter(rate_limits.by_student(request.student.user_id, self.clock.now()))

    def _answer(self, opened: AwaitingPayment | PaymentSession) -> EnrollmentResult | None:
        if isinstance(opened, AwaitingPayment):
            return opened
        match opened.status:
            case Status.COMPLETED:
                enrollment = self.enrollments.find(opened.user_id, opened.course_id)
                return Enrolled(enrollment or opened.enrollment(), is_new=False)
            case Status.PROCESSING:
                raise PaymentProcessing
            case Status.REVIEW:
                raise PaymentInReview
            case _:
                return None
