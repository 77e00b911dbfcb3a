"""Enrollment strategies: how a course is enrolled in, chosen by its pricing model."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from domain import attempts
from domain.applications import Answer, Application, AwaitingPayment, Enrolled
from domain.enrollments import Enrollment
from domain.errors import (
    AlreadyEnrolled,
    CheckoutBusy,
    CheckoutInProgress,
    CouponNotFound,
    CouponRefused,
    CourseIsFree,
    DomainError,
    PaymentInReview,
    PaymentProcessing,
    TooManyCheckouts,
    TransactionRefused,
)
from domain.payments import PaymentSession, Status
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payments import PaymentSessionRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.admission import Admit
from domain.services.checkout import CheckoutDesk
from domain.services.reservation import Reserve, quote
from domain.transactions import enroll_for_free

ATTEMPTS = 4

MOST_OPEN = 5
"""How many checkouts a student may have open at once, over all courses."""


class EnrollmentStrategy(Protocol):
    """One way into a course."""

    def __call__(self, application: Application) -> Answer:
        """Enroll the student, or let them pay. Safe to repeat."""
        ...


@frozen(kw_only=True)
class EnrollForFree(EnrollmentStrategy):
    """A free course: in at once."""

    unit_of_work: UnitOfWork
    clock: Clock
    telemetry: Telemetry

    def __call__(self, application: Application) -> Answer:
        """Enroll at once, in one write.

        Raises:
            CourseIsFree: the student asked for a checkout.
        """
        if application.terms.must_pay:
            raise CourseIsFree
        enrollment = Enrollment.in_free_course(
            user_id=application.student.user_id,
            course_id=application.course.course_id,
            source=application.terms.source,
            at=self.clock.now(),
        )
        try:
            self.unit_of_work.commit(enroll_for_free(enrollment))
        except TransactionRefused as refused:
            match refused.first:
                case AlreadyEnrolled(enrollment=found):
                    return Enrolled(found, is_new=False)
                case _:
                    raise
        self.telemetry.tell(Signal.ENROLLED, reason="free", user_id=enrollment.user_id, course_id=enrollment.course_id)
        return Enrolled(enrollment, is_new=True)


@frozen(kw_only=True)
class EnrollByPayment(EnrollmentStrategy):
    """A paid course: reserve, then open the provider's checkout. The provider's news enroll."""

    enrollments: EnrollmentRepo
    sessions: PaymentSessionRepo
    reserve: Reserve
    desk: CheckoutDesk
    admit: Admit
    gateways: Gateways
    clock: Clock
    telemetry: Telemetry
    provider: str

    def __call__(self, application: Application) -> Answer:
        """Let the student pay: carry on with the checkout that is open on the same terms, or open a new one.

        Raises:
            RateLimited: too many coupon codes in this minute; which of them works does not show any more.
        """
        try:
            return self._pay(application)
        except DomainError as refused:
            if isinstance(refused, CouponNotFound | CouponRefused):
                student, course = application.student, application.course
                self.telemetry.tell(
                    Signal.COUPON_REFUSED, reason=refused.code, user_id=student.user_id, course_id=course.course_id
                )
            self._count_guess(application)
            raise

    def _pay(self, application: Application) -> Answer:
        open_id = application.payment_session_id
        for _ in range(ATTEMPTS):
            if open_id is not None:
                answer = self._carry_on(open_id, application)
                if answer is not None:
                    return answer
            try:
                return self._begin(application)
            except AlreadyEnrolled as already:
                return Enrolled(already.enrollment, is_new=False)
            except CheckoutInProgress as busy:
                open_id = busy.payment_session_id
        raise CheckoutBusy

    def _begin(self, application: Application) -> Answer:
        locked = quote(application, self.clock)
        gateway = self.gateways.named(self.provider)
        if not locked.total.is_zero:  # with nothing to pay, no checkout follows
            self._admit(application)
            gateway.require_ready()
        session = self.reserve(application, locked, provider=self.provider, livemode=gateway.account().livemode)
        if session.status is Status.COMPLETED:
            return Enrolled(session.enrollment(), is_new=True, session=session)
        opened = self.desk.open(session, application.student, is_new=True)
        answer = self._answer(opened)
        if answer is None:
            raise CheckoutInProgress(session.payment_session_id)
        return answer

    def _admit(self, application: Application) -> None:
        """Keep one student from reserving at large.

        A bound on hoarding, not on money: two clicks at once may pass it.
        """
        if self.sessions.count_live(application.student.user_id, at_most=MOST_OPEN) >= MOST_OPEN:
            raise TooManyCheckouts

    def _carry_on(self, payment_session_id: str, application: Application) -> Answer | None:
        """The answer of the checkout that is there; None when it is over and a new one may begin."""
        session = self.sessions.find(application.student.user_id, payment_session_id)
        if session is None or not session.is_live or session.status is Status.PROCESSING:
            return self._answer(session) if session else None
        if application.is_served_by(session):
            return self._answer(self.desk.reopen(session, application.student))
        # A coupon that does not apply must not cost the student the open checkout.
        quote(application, self.clock)
        application.require_coupon_unused_but_by(payment_session_id)
        self._count_guess(application)  # a checkout that closes tells that the code works
        return self._answer(self.desk.close(session, application.student))

    def _count_guess(self, application: Application) -> None:
        """Whatever comes of a coupon counts before it shows, or a refusal would set the right code apart.

        A reservation counts its own.
        """
        if application.terms.coupon_code is not None:
            self.admit(attempts.by_student(application.student.user_id, self.clock.now()))

    def _answer(self, opened: AwaitingPayment | PaymentSession) -> Answer | None:
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
