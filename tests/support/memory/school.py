"""A whole school in memory: every use case of the container over the memory adapters, open to misbehaviour.

A test replaces the port that is to misbehave (``school.gateway = Unreachable(school.provider)``); every use case that
is called from then on sees it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from attrs import define, evolve

from adapters.memory.coupons import MemoryCouponRepo
from adapters.memory.ledger import MemoryLedgerRepo
from adapters.memory.reversals import MemoryReversalRepo
from adapters.memory.store import CouponUse
from domain.coupons import Coupon
from domain.courses import Course
from domain.enrollment_requests import AwaitingPayment, CheckoutOptions, Enrolled, EnrollmentResult
from domain.enrollments import EndedEnrollment, Enrollment
from domain.figures import Dimension
from domain.payment_sync import StoredPayment
from domain.payments.events import CheckoutPaid, IgnoredEvent, PaymentEvent, ReversalReported
from domain.payments.reversals import PaymentState, Reversal
from domain.payments.reviews import ResolutionKind
from domain.payments.session import PaymentSession
from domain.ports.coupons import CouponRepo
from domain.ports.payment_gateway import SessionReference
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Signal
from domain.services.process_event import ProcessEvent
from domain.services.reconcile_session import ReconcileResult, ReconcileSession
from domain.services.refund_payment import RefundOrder, RefundPayment, RefundResult
from domain.services.restore_session import RestoreSession
from domain.services.settle_payment import SettlePayment
from domain.services.sync_payment import SyncPayment
from domain.students import Identity
from domain.use_cases.office.manage_enrollments import (
    EnrollmentOrder,
    GrantEnrollment,
    LiftBar,
    ReinstateEnrollment,
    RevokeEnrollment,
)
from domain.use_cases.office.rebuild_payments import RebuildPayments, RebuiltPayment
from domain.use_cases.office.record_repayment import RecordRepayment
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.office.show_figures import FiguresReport, ShowFigures
from domain.use_cases.provider.receive_event import Receipt, ReceiveEvent
from domain.use_cases.schedule.catch_up import CatchUp, Difference
from domain.use_cases.schedule.close_days import CloseDays
from domain.use_cases.schedule.prove_ledger import LedgerProof, ProveLedger
from domain.use_cases.schedule.reconcile import Reconcile, Report
from domain.use_cases.schedule.recount_coupons import Recount, RecountCoupons
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.enroll import Enroll
from domain.use_cases.student.record_progress import RecordProgress
from domain.use_cases.student.show_checkout import CheckoutState, ShowCheckout
from domain.use_cases.student.validate_coupon import ValidateCoupon
from tests.support.factories import PROVIDER, paid
from tests.support.memory.memory_ports import MemoryPorts
from tests.support.wiring import WiredUseCases

T = TypeVar("T")

SAM = Identity(user_id="user-1", email="sam@example.com", name="Sam", email_verified=True)
KIM = Identity(user_id="user-2", email="kim@example.com", name="Kim", email_verified=True)
HOUR = timedelta(hours=1)
RETURN_URL = "https://school.example/return"


def somebody(number: int) -> Identity:
    """One of as many students as a test needs."""
    return Identity(user_id=f"somebody-{number}", email=f"somebody-{number}@example.com", name=f"Somebody {number}")


def options(**changes: Any) -> CheckoutOptions:
    """An embedded checkout without a coupon."""
    given: dict[str, Any] = {"return_url": RETURN_URL}
    return CheckoutOptions(**(given | changes))


def refund_order(payment_session_id: str = "ps_000001", who: Identity = SAM, **changes: Any) -> RefundOrder:
    """An administrator's order to refund all that is left of this student's payment."""
    given: dict[str, Any] = {"refund_id": "refund-1", "amount": None, "note": "asked for it", "by": "admin-1"}
    return RefundOrder(user_id=who.user_id, payment_session_id=payment_session_id, **(given | changes))


def enrollment_order(who: Identity = SAM, course_id: str = "course-1") -> EnrollmentOrder:
    """An administrator's order about this student and course."""
    return EnrollmentOrder(user_id=who.user_id, course_id=course_id, by="admin-1", reason="as agreed")


@define(kw_only=True, eq=False)
class School(MemoryPorts):
    """The use cases in a test's words, what happens outside of them, and what is stored afterwards."""

    def rival(self) -> School:
        """The same school in another process: one store, clock and provider, and ports that behave."""
        return School(store=self.store, clock=self.clock, provider=self.provider, prices=self.prices, ids=self.ids)

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

    def receive(self, event: PaymentEvent | ReversalReported | IgnoredEvent) -> Receipt:
        """The provider sends this event to the webhook."""
        body, headers = self.provider.message(event)
        return self.receive_message(body, headers)

    def receive_message(self, body: bytes, headers: dict[str, str], provider: str = PROVIDER) -> Receipt:
        """Somebody sends this message to the webhook."""
        return self.use_case(ReceiveEvent)(provider, body, headers)

    def money_of(self, event: CheckoutPaid) -> CheckoutPaid:
        """The provider has the money that an event made by hand reports."""
        assert event.amount is not None
        assert event.provider_payment_id is not None
        payment = PaymentState(
            provider_payment_id=event.provider_payment_id,
            received=event.amount.amount,
            currency=event.amount.currency,
            livemode=event.livemode,
        )
        reference = SessionReference(user_id=event.user_id, payment_session_id=event.payment_session_id)
        self.provider.bank.receive(payment, reference, self.clock.now())
        return event

    def pay_again(self, payment_session_id: str = "ps_000001", who: Identity = SAM) -> CheckoutPaid:
        """The student pays a copy of the checkout, which support made by hand."""
        again = paid(
            self.session(payment_session_id, who),
            provider_session_id="cs_999",
            provider_payment_id="pi_999",
            event_id="evt_999",
        )
        return self.money_of(again)

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

    # -- money that goes back, and access without money ---------------------------------------------------------------

    def refund(self, payment_session_id: str = "ps_000001", who: Identity = SAM, **changes: Any) -> RefundResult:
        """An administrator refunds this student's payment: all that is left, unless ``amount`` says less."""
        return self.use_case(RefundPayment)(refund_order(payment_session_id, who, **changes))

    def repay(self, payment_session_id: str = "ps_000001", who: Identity = SAM, **changes: Any) -> RefundResult:
        """An administrator records that money was given back by bank transfer."""
        return self.use_case(RecordRepayment)(refund_order(payment_session_id, who, **changes))

    def sync(self, payment_session_id: str = "ps_000001", who: Identity = SAM) -> StoredPayment:
        """The payment is compared with the provider's present state of it."""
        return self.use_case(SyncPayment)(who.user_id, payment_session_id)

    def report(self, provider_payment_id: str = "pi_000001", **changes: Any) -> None:
        """The provider reports a change of this payment's refunds or disputes, as the queue's worker hears it."""
        self.use_case(ProcessEvent)(evolve(self.provider.reported(provider_payment_id), **changes))

    def grant(self, who: Identity = SAM, course_id: str = "course-1") -> Enrollment:
        """An administrator gives the student an enrollment."""
        return self.use_case(GrantEnrollment)(enrollment_order(who, course_id))

    def revoke(self, who: Identity = SAM, course_id: str = "course-1", *, bar: bool = False) -> EndedEnrollment:
        """An administrator ends the student's enrollment."""
        return self.use_case(RevokeEnrollment)(enrollment_order(who, course_id), bar=bar)

    def reinstate(self, who: Identity = SAM, course_id: str = "course-1") -> Enrollment:
        """An administrator gives the student's ended enrollment back."""
        return self.use_case(ReinstateEnrollment)(enrollment_order(who, course_id))

    def lift_bar(self, who: Identity = SAM, course_id: str = "course-1") -> EndedEnrollment:
        """An administrator lets the student enroll in the course again."""
        return self.use_case(LiftBar)(enrollment_order(who, course_id))

    def prove_ledger(self, provider: str = PROVIDER) -> LedgerProof:
        """The nightly comparison of the ledger with the provider's movements runs."""
        prove = ProveLedger(
            sessions=self.sessions,
            ledger=self.ledger,
            gateways=self.gateways(),
            sync=self.use_case(SyncPayment),
            clock=self.clock,
            telemetry=self.telemetry,
        )
        return prove(provider)

    def close_days(self) -> tuple[date, ...]:
        """The nightly closing of the days that are over runs."""
        return self.use_case(CloseDays)()

    def figures(self, since: date, until: date, *by: Dimension) -> FiguresReport:
        """The office asks for the figures of these days."""
        return self.use_case(ShowFigures)(since=since, until=until, by=by)

    def rebuild(
        self, *, apply: bool = True, stage: str = "test", by: str = "admin-1", provider: str = PROVIDER
    ) -> list[RebuiltPayment]:
        """An operator rebuilds what the last thirty days' checkouts at the provider say."""
        ports: dict[Any, Any] = self.ports()
        rebuild = RebuildPayments(
            sessions=self.sessions,
            courses=self.courses,
            coupons=ports[CouponRepo],
            students=ports[StudentRepo],
            ledger=self.ledger,
            gateways=self.gateways(),
            settle=self.use_case(SettlePayment),
            sync=self.use_case(SyncPayment),
            restore=self.use_case(RestoreSession),
            unit_of_work=self.unit_of_work,
            clock=self.clock,
            ids=self.ids,
            telemetry=self.telemetry,
            policy=self.policy,
            stage=stage,
        )
        now = self.clock.now()
        return list(rebuild(provider, since=now - timedelta(days=30), until=now + HOUR, by=by, apply=apply))

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
        return self.store.checkout_locks.get((who.user_id, course_id))

    def coupon_use(self, who: Identity = SAM, code: str = "SPRING") -> CouponUse | None:
        """The student's use of the coupon."""
        return self.store.coupon_uses.get((who.user_id, code))

    def uses_counted(self, code: str = "SPRING") -> int:
        """What the coupon's counters say, all shards together."""
        shards = sum(count for (owner, _), count in self.store.shard_counters.items() if owner == code)
        return self.store.coupons[code].current_uses + shards

    def ended(self, who: Identity = SAM, course_id: str = "course-1") -> EndedEnrollment | None:
        """The student's latest enrollment in the course that ended, as stored."""
        return self.store.ended.get((who.user_id, course_id))

    def reversals(self, payment_session_id: str = "ps_000001", who: Identity = SAM) -> tuple[Reversal, ...]:
        """The refunds, disputes and repayments of the payment as stored, by their ids."""
        return MemoryReversalRepo(self.store).of_session(who.user_id, payment_session_id)

    def entries(self, provider_payment_id: str = "pi_000001") -> list[tuple[str, int, int]]:
        """The ledger entries of a payment, by id: each with its amount and change of seats."""
        found = MemoryLedgerRepo(self.store).of_payment(PROVIDER, provider_payment_id)
        return [(entry.entry_id, entry.amount, entry.seat) for entry in found]

    def coupons(self) -> MemoryCouponRepo:
        """The coupons, read as the product reads them."""
        return MemoryCouponRepo(self.store)

    def signals(self, signal: Signal) -> list[str]:
        """The reasons under which the signal was emitted, in order."""
        return [emitted.reason for emitted in self.telemetry.emitted if emitted.signal is signal]
