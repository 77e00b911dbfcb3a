"""An operator rebuilds, from the provider's records, the payments that a restored table has lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from attrs import evolve, frozen

from domain.audit import ActorRole, AuditAction, AuditRecord
from domain.coupons import Coupon
from domain.courses import Course
from domain.errors import CourseNotFound, DomainError, InvalidValue, RecordUnreadable, reason_of
from domain.ledger import LedgerEntry
from domain.money import Money
from domain.payment_sync import SYSTEM, SyncPolicy
from domain.payments.events import CheckoutPaid
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import RELEASED, Status
from domain.ports.clock import Clock
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.identifiers import IdGenerator
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Gateways, RebuildableCheckout
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.pricing import Quote
from domain.services.restore_session import RestoreSession
from domain.services.settle_payment import SettlePayment
from domain.services.sync_payment import SyncPayment
from domain.students import Student
from domain.transactions.conflicts import AlreadyEnrolled, EntryExists, SessionConflict, TransactionConflict
from domain.transactions.rebuilding import rebuild, rebuild_in_review, without_coupon


class RebuildOutcome(StrEnum):
    """What became of one checkout, or would become of it. ``RESTORED``: its session alone was missing."""

    ENROLLED = "enrolled"
    RESTORED = "restored"
    IN_REVIEW = "in_review"
    PRESENT = "present"
    DELETED = "deleted"
    FOREIGN = "foreign"
    UNREADABLE = "unreadable"
    FAILED = "failed"


@frozen(kw_only=True)
class RebuiltPayment:
    """One completed checkout of the provider's and its outcome. ``reason`` says why, where that is not plain."""

    payment_session_id: str
    user_id: str
    course_id: str
    outcome: RebuildOutcome
    reason: str = ""


@frozen(kw_only=True)
class RebuildPayments:
    """Stores again, from completed checkouts, the sessions, enrollments and sales that are missing.

    Only an operator calls it, after a restore: a webhook never enrolls from what it carries alone. Free and granted
    enrollments, progress and audit records since the restore point cannot be rebuilt. Sessions that are there are
    synced, so refunds and disputes come back too. Safe to repeat.
    """

    sessions: PaymentSessionRepo
    courses: CourseRepo
    coupons: CouponRepo
    students: StudentRepo
    ledger: LedgerRepo
    gateways: Gateways
    settle: SettlePayment
    sync: SyncPayment
    restore: RestoreSession
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator
    telemetry: Telemetry
    policy: SyncPolicy
    stage: str

    def __call__(
        self, provider: str, *, since: datetime, until: datetime, by: str, apply: bool
    ) -> Iterator[RebuiltPayment]:
        """What becomes of each checkout completed in this time, as it goes on; without ``apply`` nothing is written.

        Raises:
            ProviderUnavailable: the provider's records cannot be read; what was rebuilt stays.
        """
        for checkout in self.gateways.named(provider).rebuildable_checkouts(since=since, until=until):
            try:
                yield self._one(checkout, by=by, apply=apply)
            except Exception as error:  # noqa: BLE001 - one checkout must not stop the others
                yield _outcome(checkout, RebuildOutcome.FAILED, reason_of(error))

    def _one(self, checkout: RebuildableCheckout, *, by: str, apply: bool) -> RebuiltPayment:
        event = checkout.event
        if checkout.stage not in (None, self.stage):
            return _outcome(checkout, RebuildOutcome.FOREIGN, "other_stage")
        present = self.sessions.find(event.user_id, event.payment_session_id)
        if present is not None:
            return self._present(checkout, present, apply=apply)
        if not isinstance(event, CheckoutPaid) or event.amount is None or event.provider_payment_id is None:
            return _outcome(checkout, RebuildOutcome.UNREADABLE, "nothing_paid")
        sale = self.ledger.sale(event.provider, event.provider_payment_id)
        if sale is not None:
            return self._lost_alone(checkout, event, sale, by=by, apply=apply)
        course = self._course(event.course_id)
        session = self._session(checkout, event, course)
        mismatch = self._mismatch(checkout, event, course)
        if not apply:
            outcome = RebuildOutcome.IN_REVIEW if mismatch else RebuildOutcome.ENROLLED
            return _outcome(checkout, outcome, mismatch)
        self._require_student(session, checkout.email)
        return self._stored(checkout, session, mismatch, by)

    def _lost_alone(
        self, checkout: RebuildableCheckout, event: CheckoutPaid, sale: LedgerEntry, *, by: str, apply: bool
    ) -> RebuiltPayment:
        """The sale is booked: its session was lost alone, or with everything of a student who was deleted by hand."""
        if (sale.user_id, sale.payment_session_id) != (event.user_id, event.payment_session_id):
            return _outcome(checkout, RebuildOutcome.UNREADABLE, "sale_of_another_session")
        if self.students.find(event.user_id) is None:
            return _outcome(checkout, RebuildOutcome.DELETED, "sale_without_session")
        session = self.restore.as_it_was(self._session(checkout, event, self._course(event.course_id)), sale)
        if apply:
            self.restore(session, self._record(session, by))
            self._emit(session, "restored")
            self.sync(session.user_id, session.payment_session_id)
        if session.status is Status.REVIEW:
            reason = "no_enrollment" if session.review_reason is ReviewReason.REBUILT else str(session.review_reason)
            return _outcome(checkout, RebuildOutcome.IN_REVIEW, reason)
        return _outcome(checkout, RebuildOutcome.RESTORED)

    def _present(self, checkout: RebuildableCheckout, session: PaymentSession, *, apply: bool) -> RebuiltPayment:
        """Bring back what went back of a payment that is there: it may be older than the restored table's last refund,
        or be stored by a run that ended before it came to that. One that was given up since, as if nobody had paid, is
        settled: nobody looks for its money any more.
        """
        given_up = session.status in RELEASED and isinstance(checkout.event, CheckoutPaid)
        if apply:
            settled = self.settle(checkout.event) if given_up else session
            self.sync(session.user_id, session.payment_session_id)
            given_up = given_up and settled.status is Status.COMPLETED
        return _outcome(checkout, RebuildOutcome.ENROLLED if given_up else RebuildOutcome.PRESENT)

    def _stored(self, checkout: RebuildableCheckout, session: PaymentSession, mismatch: str, by: str) -> RebuiltPayment:
        reason = mismatch
        if not mismatch:
            try:
                self._enroll(session, by)
            except AlreadyEnrolled:
                reason = ReviewReason.ALREADY_ENROLLED.value
        if reason:
            self._review(session, ReviewReason.REBUILT if mismatch else ReviewReason.ALREADY_ENROLLED, by)
        self._emit(session, reason or "enrolled")
        self.sync(session.user_id, session.payment_session_id)
        return _outcome(checkout, RebuildOutcome.IN_REVIEW if reason else RebuildOutcome.ENROLLED, reason)

    def _emit(self, session: PaymentSession, reason: str) -> None:
        self.telemetry.emit(
            Signal.PAYMENT_REBUILT,
            reason=reason,
            provider=session.provider,
            user_id=session.user_id,
            course_id=session.course_id,
            payment_session_id=session.payment_session_id,
        )

    def _enroll(self, session: PaymentSession, by: str) -> None:
        """Store the session with its enrollment, and its coupon use where that is possible.

        Raises:
            AlreadyEnrolled: the student is enrolled by other means.
        """
        coupon = self.coupons.find(session.coupon.code) if session.coupon else None
        writes = rebuild(session, coupon, self._record(session, by), self.policy.calendar)
        try:
            self.unit_of_work.commit(writes)
        except TransactionConflict as conflict:
            first = conflict.first
            if isinstance(first, AlreadyEnrolled | SessionConflict | EntryExists):
                raise first from conflict
            # Only the coupon stands in the way: it was used up or used again since. The payment counts all the same.
            self._commit_without_coupon(session, coupon, by)

    def _commit_without_coupon(self, session: PaymentSession, coupon: Coupon | None, by: str) -> None:
        writes = without_coupon(rebuild(session, coupon, self._record(session, by), self.policy.calendar))
        try:
            self.unit_of_work.commit(writes)
        except TransactionConflict as conflict:
            raise conflict.first from conflict

    def _review(self, session: PaymentSession, reason: ReviewReason, by: str) -> None:
        in_review = evolve(session, status=Status.REVIEW, review_reason=reason, completed_at=None)
        try:
            self.unit_of_work.commit(rebuild_in_review(in_review, self._record(session, by), self.policy.calendar))
        except TransactionConflict as conflict:
            raise conflict.first from conflict

    def _mismatch(self, checkout: RebuildableCheckout, event: CheckoutPaid, course: Course | None) -> str:
        """Why the payment must not enroll anybody before a person has looked at it; empty if all is right."""
        if event.reference not in (None, event.payment_session_id):
            return "reference"
        if event.livemode != self.gateways.named(event.provider).account().livemode:
            return "mode"
        if course is None:
            return "course"
        agreed = None
        if checkout.list_amount is not None and checkout.discount is not None:
            agreed = checkout.list_amount - checkout.discount
        if event.amount is None or agreed != event.amount.amount or checkout.currency != event.amount.currency:
            return "amount"
        return ""

    def _course(self, course_id: str) -> Course | None:
        try:
            return self.courses.get(course_id)
        except (CourseNotFound, RecordUnreadable):
            return None

    def _session(self, checkout: RebuildableCheckout, event: CheckoutPaid, course: Course | None) -> PaymentSession:
        now = self.clock.now()
        paid = event.amount or Money(0, checkout.currency)
        return PaymentSession(
            payment_session_id=event.payment_session_id,
            user_id=event.user_id,
            course_id=event.course_id,
            course_name=checkout.course_name or (course.name if course else event.course_id),
            provider=event.provider,
            status=Status.COMPLETED,
            quote=_quote(checkout, paid),
            coupon=checkout.coupon,
            ui_mode=checkout.ui_mode or "embedded",
            source=checkout.source or "direct",
            return_url="",
            provider_price_id=checkout.provider_price_id,
            customer_id=event.customer_id,
            provider_session_id=event.provider_session_id,
            provider_payment_id=event.provider_payment_id,
            livemode=event.livemode,
            account=self.gateways.named(event.provider).account().account_id,
            created_at=checkout.created_at,
            updated_at=now,
            expires_at=checkout.expires_at,
            completed_at=checkout.paid_at or now,
            received=paid.amount,
            received_currency=paid.currency,
        )

    def _require_student(self, session: PaymentSession, email: str | None) -> None:
        if self.students.find(session.user_id) is None:
            now = self.clock.now()
            self.students.add(
                Student(user_id=session.user_id, email=email or "", created_at=session.created_at, updated_at=now)
            )

    def _record(self, session: PaymentSession, by: str) -> AuditRecord:
        return AuditRecord(
            audit_id=self.ids.audit_id(),
            user_id=session.user_id,
            action=AuditAction.PAYMENT_REBUILT,
            by=by or SYSTEM,
            role=ActorRole.OPERATOR if by else ActorRole.SYSTEM,
            at=session.updated_at,
            reason="Rebuilt from the payment provider's records.",
            after={"paymentSessionId": session.payment_session_id, "courseId": session.course_id},
        )


def _quote(checkout: RebuildableCheckout, paid: Money) -> Quote:
    """The price as it was agreed, or what was paid where that cannot be read."""
    try:
        return Quote(
            list_price=Money(checkout.list_amount if checkout.list_amount is not None else -1, checkout.currency),
            discount=checkout.discount or 0,
        )
    except (InvalidValue, DomainError):
        return Quote(list_price=paid)


def _outcome(checkout: RebuildableCheckout, outcome: RebuildOutcome, reason: str = "") -> RebuiltPayment:
    event = checkout.event
    return RebuiltPayment(
        payment_session_id=event.payment_session_id,
        user_id=event.user_id,
        course_id=event.course_id,
        outcome=outcome,
        reason=reason,
    )
