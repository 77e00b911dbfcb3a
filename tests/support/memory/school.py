"""A whole school in memory: every story over the in-memory adapters, wired by hand and open to misbehaviour.

A test replaces what it wants to misbehave (``school.gateway = Unreachable(school.provider)``); every story asked for
from then on sees it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import define, evolve, field

from adapters.memory.backoff import MemoryBackoff
from adapters.memory.coupons import MemoryCouponRepo
from adapters.memory.enrollments import MemoryEnrollmentRepo
from adapters.memory.event_queue import MemoryEventQueue
from adapters.memory.identifiers import MemoryIdGenerator
from adapters.memory.payment_sessions import MemoryPaymentSessionRepo
from adapters.memory.store import CouponUse
from adapters.memory.students import MemoryStudentRepo
from domain.coupons import Coupon
from domain.courses import FREE, PAID, Course
from domain.enrollment_requests import AwaitingPayment, CheckoutOptions, Enrolled, EnrollmentResult
from domain.enrollments import Enrollment
from domain.payments.events import IgnoredEvent, PaymentEvent
from domain.payments.reviews import ResolutionKind
from domain.payments.session import PaymentSession
from domain.ports.coupons import CouponRepo
from domain.ports.event_queue import EventQueue
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal
from domain.services.checkout import CheckoutService
from domain.services.enrollment_strategies import EnrollByPayment, EnrollForFree
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.services.rate_limiter import RateLimiter
from domain.services.reconcile_session import ReconcileResult, ReconcileSession
from domain.services.reservation import Reserve
from domain.services.settle_payment import SettlePayment
from domain.students import Identity
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.provider.receive_event import Receipt, ReceiveEvent
from domain.use_cases.schedule.catch_up import CatchUp, Difference
from domain.use_cases.schedule.reconcile import Reconcile, Report
from domain.use_cases.schedule.recount_coupons import Recount, RecountCoupons
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.enroll import Enroll, Strategies
from domain.use_cases.student.record_progress import RecordProgress
from domain.use_cases.student.show_checkout import CheckoutState, ShowCheckout
from domain.use_cases.student.validate_coupon import ValidateCoupon
from tests.support.factories import PROVIDER
from tests.support.memory.fakes import SchoolInMemory

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
class School(SchoolInMemory):
    """Every story. ``sessions`` and ``queue`` are what the stories see of them, ``waiting`` what is in the queue."""

    backoff: MemoryBackoff = field(factory=MemoryBackoff)
    ids: MemoryIdGenerator = field(factory=MemoryIdGenerator)
    waiting: MemoryEventQueue = field(factory=MemoryEventQueue)
    sessions: PaymentSessionRepo = field()
    queue: EventQueue = field()

    @sessions.default
    def _sessions(self) -> PaymentSessionRepo:
        return MemoryPaymentSessionRepo(self.store)

    @queue.default
    def _queue(self) -> EventQueue:
        return self.waiting

    # -- the stories -------------------------------------------------------------------------------------------------

    def enroll(self, who: Identity = SAM, course_id: str = "course-1", **wishes: Any) -> EnrollmentResult:
        """The student enrolls, on the terms wished for."""
        by_pricing_model = {FREE: self._for_free(), PAID: self._by_payment()}
        story = Enroll(
            enrollments=self._enrollments(),
            students=MemoryStudentRepo(self.store),
            strategies=Strategies(by_pricing_model=by_pricing_model),
            clock=self.clock,
        )
        return story(who, course_id, options(**wishes))

    def start(self, who: Identity = SAM, course_id: str = "course-1", **wishes: Any) -> AwaitingPayment:
        """The student enrolls and is to pay."""
        answer = self.enroll(who, course_id, **wishes)
        assert isinstance(answer, AwaitingPayment), answer
        return answer

    def enrolled(self, who: Identity = SAM, course_id: str = "course-1", **wishes: Any) -> Enrolled:
        """The student enrolls and is in."""
        answer = self.enroll(who, course_id, **wishes)
        assert isinstance(answer, Enrolled), answer
        return answer

    def receive(self, event: PaymentEvent | IgnoredEvent) -> Receipt:
        """The provider sends this event to the webhook."""
        body, headers = self.provider.message(event)
        return self.receive_message(body, headers)

    def receive_message(self, body: bytes, headers: dict[str, str], provider: str = PROVIDER) -> Receipt:
        """Somebody sends this message to the webhook."""
        story = ReceiveEvent(
            gateways=self.gateways(),
            settle=self.settling(),
            queue=self.queue,
            backoff=self.backoff,
            telemetry=self.telemetry,
        )
        return story(provider, body, headers)

    def settle(self, event: PaymentEvent) -> PaymentSession:
        """The news are settled."""
        return self.settling()(event)

    def show_checkout(self, provider_session_id: str, who: Identity = SAM) -> CheckoutState:
        """The student comes back from the till."""
        story = ShowCheckout(
            sessions=self.sessions,
            enrollments=self._enrollments(),
            gateways=self.gateways(),
            settle=self.settling(),
            checkout_service=self.checkout_service(),
            get_or_create_student=self._meet(),
        )
        return story(who, provider_session_id)

    def cancel(self, payment_session_id: str, who: Identity = SAM) -> Any:
        """The student cancels."""
        story = CancelPayment(
            sessions=self.sessions,
            checkout_service=self.checkout_service(),
            get_or_create_student=self._meet(),
        )
        return story(who, payment_session_id)

    def repair(self, payment_session_id: str = "ps_000001", who: Identity = SAM) -> ReconcileResult | None:
        """Somebody looks at one session."""
        return self.repairing()(who.user_id, payment_session_id)

    def reconcile(self, time_budget: timedelta = timedelta(minutes=3)) -> Report:
        """The clock sets off a look at every live session."""
        story = Reconcile(
            sessions=self.sessions, reconcile_session=self.repairing(), clock=self.clock, telemetry=self.telemetry
        )
        return story(time_budget=time_budget)

    def catch_up(self, provider: str = PROVIDER) -> tuple[Difference, ...]:
        """The clock sets off the daily look at the provider's records."""
        story = CatchUp(gateways=self.gateways(), settle=self.settling(), clock=self.clock, telemetry=self.telemetry)
        return story(provider)

    def recount(self, coupons: CouponRepo | None = None) -> tuple[Recount, ...]:
        """The clock sets off the nightly recount."""
        return RecountCoupons(coupons=coupons or self.coupons(), telemetry=self.telemetry)()

    def resolve(
        self, payment_session_id: str, kind: ResolutionKind, who: Identity = SAM, *, by: str = "admin-1", note: str = ""
    ) -> PaymentSession:
        """A person decides about this student's session in review."""
        story = ResolveReview(
            sessions=self.sessions, unit_of_work=self.unit_of_work, clock=self.clock, telemetry=self.telemetry
        )
        return story(who.user_id, payment_session_id, kind=kind, by=by, note=note)

    @property
    def record_progress(self) -> RecordProgress:
        """The story of a student who gets on."""
        return RecordProgress(enrollments=self._enrollments(), unit_of_work=self.unit_of_work, clock=self.clock)

    @property
    def validate_coupon(self) -> ValidateCoupon:
        """The story of a student who asks what a coupon is worth."""
        return ValidateCoupon(
            enrollments=self._enrollments(),
            rate_limiter=self._admit(),
            clock=self.clock,
            telemetry=self.telemetry,
            gateways=self.gateways(),
            provider=PROVIDER,
        )

    # -- what the stories share --------------------------------------------------------------------------------------

    def gateways(self) -> Gateways:
        """The one provider, as the stories see it."""
        return Gateways({PROVIDER: lambda: self.gateway})

    def settling(self) -> SettlePayment:
        """The service that settles news."""
        return SettlePayment(
            sessions=self.sessions,
            unit_of_work=self.unit_of_work,
            clock=self.clock,
            backoff=self.backoff,
            telemetry=self.telemetry,
        )

    def checkout_service(self) -> CheckoutService:
        """The service that keeps sessions and checkouts in step."""
        return CheckoutService(
            sessions=self.sessions,
            gateways=self.gateways(),
            unit_of_work=self.unit_of_work,
            settle=self.settling(),
            clock=self.clock,
            telemetry=self.telemetry,
        )

    def repairing(self) -> ReconcileSession:
        """The service that looks at one session."""
        return ReconcileSession(
            sessions=self.sessions,
            students=MemoryStudentRepo(self.store),
            gateways=self.gateways(),
            checkout_service=self.checkout_service(),
            settle=self.settling(),
            clock=self.clock,
        )

    def _for_free(self) -> EnrollForFree:
        return EnrollForFree(unit_of_work=self.unit_of_work, clock=self.clock, telemetry=self.telemetry)

    def _by_payment(self) -> EnrollByPayment:
        reserve = Reserve(unit_of_work=self.unit_of_work, clock=self.clock, ids=self.ids, telemetry=self.telemetry)
        return EnrollByPayment(
            enrollments=self._enrollments(),
            sessions=self.sessions,
            reserve=reserve,
            checkout_service=self.checkout_service(),
            rate_limiter=self._admit(),
            gateways=self.gateways(),
            clock=self.clock,
            telemetry=self.telemetry,
            provider=PROVIDER,
        )

    def _enrollments(self) -> MemoryEnrollmentRepo:
        return MemoryEnrollmentRepo(self.store)

    def _admit(self) -> RateLimiter:
        return RateLimiter(unit_of_work=self.unit_of_work, telemetry=self.telemetry)

    def _meet(self) -> GetOrCreateStudent:
        return GetOrCreateStudent(students=MemoryStudentRepo(self.store), clock=self.clock)

    # -- what happens besides, and what can be seen -------------------------------------------------------------------

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
        """Which session guards the student's checkout."""
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
        """The reasons under which the signal was told, in order."""
        return [emitted.reason for emitted in self.telemetry.emitted if emitted.signal is signal]
