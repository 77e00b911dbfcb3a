"""Reserving: a payment session exists, is the only live one of its student and course, and holds its coupon."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.coupons import Coupon
from domain.enrollment_requests import EnrollmentRequest
from domain.errors import CouponExhausted
from domain.payment_sync import SyncPolicy
from domain.payments.lifetimes import checkout_lifetime
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.clock import Clock
from domain.ports.identifiers import IdGenerator
from domain.ports.payment_gateway import PaymentGateway
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.pricing import Quote
from domain.transactions import rate_limits
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.payments import enroll_by_coupon, reserve
from domain.transactions.rate_limits import CheckoutLimits


def first_shard(payment_session_id: str, shards: int) -> int:
    """The counter that a session takes a coupon's use from, if it has one left: the same at each attempt."""
    return sum(payment_session_id.encode()) % shards


@frozen(kw_only=True)
class Reserve:
    """Creates the payment session, in one transaction with everything that it holds."""

    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator
    telemetry: Telemetry
    policy: SyncPolicy
    limits: CheckoutLimits

    def __call__(
        self, request: EnrollmentRequest, quote: Quote, gateway: PaymentGateway, *, replaces: str | None = None
    ) -> PaymentSession:
        """Reserve at the quoted price; with nothing to pay, enroll at once. The status of the session says which.

        ``replaces`` is a session that is over or missing and may have left its checkout lock behind.

        Raises:
            AlreadyEnrolled: the student is enrolled in the course.
            CheckoutInProgress: another checkout of the student for this course is open.
            CouponRefused: the coupon was used up, switched off, or used by the student meanwhile.
            RateLimited: the student has opened too many checkouts in this hour, or tried too many codes.
            StorageUnavailable: the outcome may be unknown. Repeating finds what was made.
        """
        coupon = request.context.available_coupon
        session = self._session(request, quote, gateway)
        if coupon is None or request.options.coupon_code is None:
            return self._commit(session, None, request, replaces)
        first = first_shard(session.payment_session_id, coupon.shards)
        for step in range(coupon.shards):
            held = coupon.hold((first + step) % coupon.shards)
            try:
                return self._commit(evolve(session, coupon=held), coupon, request, replaces)
            except CouponExhausted:
                continue
        raise CouponExhausted

    def _commit(
        self, session: PaymentSession, coupon: Coupon | None, request: EnrollmentRequest, replaces: str | None
    ) -> PaymentSession:
        at_once = session.status is Status.COMPLETED
        ended = request.context.ended.enrollment if request.context.ended else None
        try:
            if at_once:
                self.unit_of_work.commit(enroll_by_coupon(session, coupon, self.policy.calendar, ended))
            else:
                counted = rate_limits.checkouts_by_student(session, self.limits)
                self.unit_of_work.commit((*reserve(session, coupon, replaces), counted))
        except TransactionConflict as conflict:
            raise conflict.first from conflict
        if at_once:
            self.telemetry.emit(
                Signal.ENROLLED,
                reason="coupon",
                user_id=session.user_id,
                course_id=session.course_id,
                payment_session_id=session.payment_session_id,
            )
        return session

    def _session(self, request: EnrollmentRequest, quote: Quote, gateway: PaymentGateway) -> PaymentSession:
        now = self.clock.now()
        free, account = quote.total.is_zero, gateway.account()
        return PaymentSession(
            payment_session_id=self.ids.payment_session_id(),
            user_id=request.student.user_id,
            course_id=request.course.course_id,
            course_name=request.course.name,
            provider=gateway.name,
            status=Status.COMPLETED if free else Status.CREATING,
            quote=quote,
            ui_mode=request.options.ui_mode,
            source=request.options.source(coupon_code=request.options.coupon_code),
            referral=request.options.referral,
            return_url=request.options.return_url,
            cancel_url=request.options.cancel_url,
            provider_price_id=request.course.price_at(gateway.name).price_id,
            customer_id=request.student.customer_at(gateway.name),
            livemode=account.livemode,
            account=account.account_id,
            created_at=now,
            updated_at=now,
            expires_at=now + checkout_lifetime(gateway.limits),
            resumes=request.context.ended is not None,
            seat=request.course.capacity is not None,
            received=0 if free else None,
            received_currency=quote.total.currency if free else None,
            completed_at=now if free else None,
            due_at=None if free else now,
        )
