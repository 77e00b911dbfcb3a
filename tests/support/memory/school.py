"""A whole school in memory: every use case of the container over the memory adapters, open to misbehaviour.

A test replaces the port that is to misbehave (``school.gateway = Unreachable(school.provider)``); every use case that
is called from then on sees it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import define, evolve

from adapters.memory.coupons import MemoryCouponRepo
from adapters.memory.store import CouponUse
from domain.coupons import Coupon
from domain.courses import Course
from domain.enrollment_requests import AwaitingPayment, CheckoutOptions, Enrolled, EnrollmentResult
from domain.enrollments import Enrollment
from domain.payments.events import IgnoredEvent, PaymentEvent
from domain.payments.reviews import ResolutionKind
from domain.payments.session import PaymentSession
from domain.ports.coupons import CouponRepo
from domain.ports.telemetry import Signal
from domain.services.reconcile_session import ReconcileResult, ReconcileSession
from domain.services.settle_payment import SettlePayment
from domain.students import Identity
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.provider.receive_event import Receipt, ReceiveEvent
from domain.use_cases.schedule.catch_up import CatchUp, Difference
from domain.use_cases.schedule.reconcile import Reconcile, Report
from domain.use_cases.schedule.recount_coupons import Recount, RecountCoupons
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.enroll import Enroll
from domain.use_cases.student.record_progress import RecordProgress
from domain.use_cases.student.show_checkout import CheckoutState, ShowCheckout
from domain.use_cases.student.validate_coupon import ValidateCoupon
from tests.support.factories import PROVIDER
from tests.support.memory.memory_ports import MemoryPorts
from tests.support.wiring import WiredUseCases

T = TypeVar("T")

SAM = Identity(user_id="user-1", email="sam@example.com", name="Sam", email_verified=True)
KIM = Identity(user_id="user-2", email="kim@example.com", name="Kim", email_verified=True)
RETURN_URL = "https://school.example/return"


def somebody(number: int) -> Identity:
    """One of as many students as a test needs."""
    return Identity(user_id=f"somebody-{number}", email=f"somebody-{number}@example.com", name=f"Somebody {number}")


def options(**changes: Any) -> CheckoutOptions:
    """An embedded checkout without a coupon."""
    given: dict[str, Any] = {"return_url": RETURN_URL}
    return CheckoutOptions(**(given | changes))


@define(kw_only=True, eq=False)
class School(MemoryPorts):
    """The use cases in a test's words, what happens outside of them, and what is stored afterwards."""

    def use_case(self, kind: type[T]) -> T:
        """A use case or service, wired to the ports as they are now."""
        return WiredUseCases(self.ports()).resolve(kind)

    # -- students ----------------------------------------------------------------------------------------------------

    def enroll(self, who: Identity = SAM, course_id: str = "course-1", **chosen: Any) -> EnrollmentResult:
        """The student enrolls, with these checkout options."""
        return self.use_case(Enroll)(who, course_id, options(**chosen))

    def start(self, who: Identity = SAM, course_id: str = "course-1", **chosen: Any) -> AwaitingPayment:
        """The student enrolls and has to pay."""
        result = self.enroll(who, course_id, **chosen)
        assert isinstance(result, AwaitingPayment), result
        return result

    def enrolled(self, who: Identity = SAM, course_id: str = "course-1", **chosen: Any) -> Enrolled:
        """The student enrolls without having to pay."""
        result = self.enroll(who, course_id, **chosen)
        assert isinstance(result, Enrolled), result
        return result

    def show_checkout(self, provider_session_id: str, who: Identity = SAM) -> CheckoutState:
        """The student comes back from the checkout."""
        return self.use_case(ShowCheckout)(who, provider_session_id)

    def cancel(self, payment_session_id: str, who: Identity = SAM) -> Any:
        """The student cancels."""
        return self.use_case(CancelPayment)(who, payment_session_id)

    @property
    def record_progress(self) -> RecordProgress:
        """For a student who reports progress."""
        return self.use_case(RecordProgress)

    @property
    def validate_coupon(self) -> ValidateCoupon:
        """For a student who asks what a coupon is worth."""
        return self.use_case(ValidateCoupon)

    # -- the provider ------------------------------------------------------------------------------------------------

    def receive(self, event: PaymentEvent | IgnoredEvent) -> Receipt:
        """The provider sends this event to the webhook."""
        body, headers = self.provider.message(event)
        return self.receive_message(body, headers)

    def receive_message(self, body: bytes, headers: dict[str, str], provider: str = PROVIDER) -> Receipt:
        """Somebody sends this message to the webhook."""
        return self.use_case(ReceiveEvent)(provider, body, headers)

    def settle(self, event: PaymentEvent) -> PaymentSession:
        """The event is settled, as the queue's worker does it."""
        return self.use_case(SettlePayment)(event)

    # -- the schedule and the office ---------------------------------------------------------------------------------

    def reconcile_session(self, payment_session_id: str = "ps_000001", who: Identity = SAM) -> ReconcileResult | None:
        """One session is compared with its checkout."""
        return self.use_case(ReconcileSession)(who.user_id, payment_session_id)

    def reconcile(self, time_budget: timedelta = timedelta(minutes=3)) -> Report:
        """The reconciler runs over every live session that is due."""
        return self.use_case(Reconcile)(time_budget=time_budget)

    def catch_up(self, provider: str = PROVIDER) -> tuple[Difference, ...]:
        """The daily comparison with the provider's records runs."""
        return self.use_case(CatchUp)(provider)

    def recount(self, coupons: CouponRepo | None = None) -> tuple[Recount, ...]:
        """The nightly recount of coupon uses runs."""
        ports = self.ports() | ({CouponRepo: coupons} if coupons else {})
        return WiredUseCases(ports).resolve(RecountCoupons)()

    def resolve(
        self, payment_session_id: str, kind: ResolutionKind, who: Identity = SAM, *, by: str = "admin-1", note: str = ""
    ) -> PaymentSession:
        """An administrator decides about this student's session in review."""
        return self.use_case(ResolveReview)(who.user_id, payment_session_id, kind=kind, by=by, note=note)

    # -- what happens outside of the use cases, and what is stored ----------------------------------------------------

    def offer(self, course: Course) -> None:
        """Editors put the course into the catalogue."""
        self.store.courses[course.course_id] = course

    def issue(self, coupon: Coupon) -> Coupon:
        """The school issues the coupon."""
        self.store.coupons[coupon.code] = coupon
        return coupon

    def change_coupon(self, code: str, **changes: Any) -> None:
        """The school changes a coupon's terms."""
        self.store.coupons[code] = evolve(self.store.coupons[code], **changes)

    def wait(self, **how_long: float) -> datetime:
        """Time passes."""
        self.clock.advance(timedelta(**how_long))
        return self.clock.now()

    def session(self, payment_session_id: str, who: Identity = SAM) -> PaymentSession:
        """The payment session as stored."""
        return self.store.sessions[who.user_id, payment_session_id]

    def enrollment(self, who: Identity = SAM, course_id: str = "course-1") -> Enrollment | None:
        """The student's enrollment as stored."""
        return self.store.enrollments.get((who.user_id, course_id))

    def lock(self, who: Identity = SAM, course_id: str = "course-1") -> str | None:
        """Which session holds the lock on the student's checkout of this course."""
        return self.store.guards.get((who.user_id, course_id))

    def coupon_use(self, who: Identity = SAM, code: str = "SPRING") -> CouponUse | None:
        """The student's use of the coupon."""
        return self.store.coupon_uses.get((who.user_id, code))

    def uses_counted(self, code: str = "SPRING") -> int:
        """What the coupon's counters say, all shards together."""
        shards = sum(count for (owner, _), count in self.store.shard_counters.items() if owner == code)
        return self.store.coupons[code].current_uses + shards

    def coupons(self) -> MemoryCouponRepo:
        """The coupons, read as the product reads them."""
        return MemoryCouponRepo(self.store)

    def signals(self, signal: Signal) -> list[str]:
        """The reasons under which the signal was emitted, in order."""
        return [emitted.reason for emitted in self.telemetry.emitted if emitted.signal is signal]
