"""An administrator decides about money that the rules do not decide about."""

from __future__ import annotations

from attrs import frozen

from domain.audit import ActorRole, AuditAction, AuditRecord
from domain.enrollments import Enrollment
from domain.errors import (
    AlreadyResolved,
    CheckoutReplaced,
    PaymentBusy,
    PaymentSessionNotFound,
    ProviderRejected,
    StudentNotFound,
)
from domain.payment_sync import SyncPolicy
from domain.payments.reviews import Resolution, ResolutionKind
from domain.payments.session import PaymentSession
from domain.ports.backoff import attempts
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.identifiers import IdGenerator
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.refund_payment import RefundOrder, RefundPayment
from domain.services.settle_payment import SettlePayment
from domain.services.sync_payment import SyncPayment, is_syncable
from domain.transactions.conflicts import AlreadyEnrolled, SessionConflict, TransactionConflict
from domain.transactions.payments import resolve

NO_NOTE = "Decided without a note."
ATTEMPTS = 4
"""How often a decision is stored anew because others changed the payment."""


@frozen(kw_only=True)
class ResolveReview:
    """Stores a decision, and carries it out: the student is enrolled, the money refunded, or nothing more is done."""

    sessions: PaymentSessionRepo
    reversals: ReversalRepo
    enrollments: EnrollmentRepo
    gateways: Gateways
    settle: SettlePayment
    refund: RefundPayment
    sync: SyncPayment
    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdGenerator
    telemetry: Telemetry
    policy: SyncPolicy

    def __call__(
        self,
        user_id: str,
        payment_session_id: str,
        *,
        kind: ResolutionKind,
        by: str,
        note: str,
        role: ActorRole | None = None,
    ) -> PaymentSession:
        """The session after the decision.

        ``REFUNDED`` refunds all that is kept; what the office refunded at the provider before counts. ``ENROLLED``
        enrolls the student, ``DISMISSED`` leaves everything as it is. ``by`` is the id of whoever decides, ``role``
        that in which they act.

        Raises:
            PaymentSessionNotFound: there is no such session.
            AlreadyResolved: it is not in review, or somebody has decided before.
            AlreadyEnrolled, StudentNotFound: the student is enrolled, or deleted; refund or dismiss instead.
            NothingToRefund, PaymentDisputed: it cannot be refunded.
            PaymentBusy: others kept changing the payment; try again.
            ProviderUnavailable: the session's own checkout may still be open and cannot be closed now, or what was
                received is not known and the provider does not answer; try again.
        """
        session = self._find(user_id, payment_session_id)
        self._close_own_checkout(session)
        session = self._find(user_id, payment_session_id)
        if session.received is None and is_syncable(session):
            # What nobody has booked must be known before it is decided about: a sale and its seat are booked once.
            self.sync(user_id, payment_session_id)
            session = self._find(user_id, payment_session_id)
        resolution = Resolution(kind=kind, by=by, at=self.clock.now(), note=note)
        if kind is ResolutionKind.REFUNDED:
            resolved = self._refund(session, resolution, role)
        else:
            resolved = self._decide(session, resolution, role)
        self.telemetry.emit(
            Signal.REVIEW_RESOLVED,
            reason=kind.value,
            provider=session.provider,
            user_id=user_id,
            payment_session_id=payment_session_id,
        )
        return resolved

    def _find(self, user_id: str, payment_session_id: str) -> PaymentSession:
        session = self.sessions.find(user_id, payment_session_id)
        if session is None:
            raise PaymentSessionNotFound
        if not session.awaits_decision:
            raise AlreadyResolved
        return session

    def _close_own_checkout(self, session: PaymentSession) -> None:
        """Money in review may come from another checkout: the session's own one must not stay payable."""
        if session.provider_session_id is None:
            return
        try:
            closed = self.gateways.named(session.provider).close_checkout(session)
        except ProviderRejected:
            return  # the provider does not know the checkout: nobody can pay it
        self.settle(closed.event)

    def _refund(self, session: PaymentSession, resolution: Resolution, role: ActorRole | None) -> PaymentSession:
        number = len(self.reversals.of_session(session.user_id, session.payment_session_id)) + 1
        result = self.refund(
            RefundOrder(
                user_id=session.user_id,
                payment_session_id=session.payment_session_id,
                refund_id=f"review-{number}",
                amount=None,
                note=resolution.note or NO_NOTE,
                by=resolution.by,
                role=role,
                resolution=resolution,
            )
        )
        return result.session

    def _decide(self, session: PaymentSession, resolution: Resolution, role: ActorRole | None) -> PaymentSession:
        """The session with the decision on record, whatever is refunded of it in the same moment."""
        for _ in attempts(ATTEMPTS):
            try:
                self._commit(session, resolution, self._record(session, resolution, role))
            except SessionConflict as conflict:
                if conflict.session is None or not conflict.session.awaits_decision:
                    raise AlreadyResolved from conflict
                session = conflict.session
            else:
                return session.resolved(resolution)
        raise PaymentBusy

    def _commit(
        self, session: PaymentSession, resolution: Resolution, record: AuditRecord, *, holds_lock: bool = True
    ) -> None:
        writes = resolve(
            session,
            resolution,
            record,
            calendar=self.policy.calendar,
            ended=self._ended(session),
            holds_lock=holds_lock,
        )
        try:
            self.unit_of_work.commit(writes)
        except TransactionConflict as conflict:
            match conflict.first:
                case SessionConflict() | AlreadyEnrolled() | StudentNotFound() as why_not:
                    raise why_not from conflict
                case CheckoutReplaced() if holds_lock:
                    # The student has begun another checkout meanwhile, which keeps the lock.
                    self._commit(session, resolution, record, holds_lock=False)
                case _:
                    raise

    def _ended(self, session: PaymentSession) -> Enrollment | None:
        ended = self.enrollments.ended(session.user_id, session.course_id) if session.resumes else None
        return ended.enrollment if ended else None

    def _record(self, session: PaymentSession, resolution: Resolution, role: ActorRole | None) -> AuditRecord:
        return AuditRecord(
            audit_id=self.ids.audit_id(),
            user_id=session.user_id,
            action=AuditAction.REVIEW_RESOLVED,
            by=resolution.by,
            role=role,
            at=resolution.at,
            reason=resolution.note or NO_NOTE,
            before={"reviewReason": session.review_reason.value if session.review_reason else ""},
            after={"paymentSessionId": session.payment_session_id, "resolution": resolution.kind.value},
        )
