"""Refunding a payment: on record first, then at the provider, and never twice."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from domain.audit import ActorRole, AuditAction, AuditRecord
from domain.errors import (
    AlreadyResolved,
    InvalidValue,
    NothingToRefund,
    PaymentBusy,
    PaymentDisputed,
    ProviderUnavailable,
    RefundConflict,
    RefundTooLarge,
)
from domain.money import written
from domain.payment_sync import StoredPayment, requested_session
from domain.payments.reversals import RefundStatus, Reversal, ReversalKind
from domain.payments.reviews import Resolution
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.backoff import Backoff, attempts
from domain.ports.clock import Clock
from domain.ports.identifiers import IdGenerator
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.carry_out_refunds import CarryOutRefunds
from domain.services.sync_payment import SyncPayment, is_syncable
from domain.transactions.conflicts import ReversalConflict, SessionConflict, TransactionConflict
from domain.transactions.reversals import request_refund

ATTEMPTS = 5
MAX_NOTE = 500
_REFUNDABLE = frozenset({Status.COMPLETED, Status.REVIEW})


@frozen(kw_only=True)
class RefundOrder:
    """What an administrator asks for. ``refund_id`` is chosen by the caller: repeating it is the same refund.

    ``amount`` is in minor units of the currency received, None for all that is left. ``note`` says why, 1 to 500
    characters; ``by`` is the id of the administrator, ``role`` that in which they act. ``resolution`` is set where the
    refund decides a review.
    """

    user_id: str
    payment_session_id: str
    refund_id: str
    amount: int | None
    note: str
    by: str
    role: ActorRole | None = None
    resolution: Resolution | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse an order that could never be carried out."""
        if self.amount is not None and (type(self.amount) is not int or self.amount < 1):
            raise InvalidValue("amount must be a whole number of minor units, at least 1.")
        if not 1 <= len(self.note.strip()) <= len(self.note) <= MAX_NOTE:
            raise InvalidValue(f"reason must have 1 to {MAX_NOTE} characters.")


@frozen(kw_only=True)
class RefundResult:
    """The payment's session and the refund, as they stand. A refund that is still requested is carried out later."""

    session: PaymentSession
    refund: Reversal


@frozen(kw_only=True)
class RefundPayment:
    """Refunds a payment, whole or in part. The order is stored before the provider is asked, so that it is neither lost
    nor made twice.
    """

    sync: SyncPayment
    carry_out: CarryOutRefunds
    unit_of_work: UnitOfWork
    clock: Clock
    backoff: Backoff
    ids: IdGenerator
    telemetry: Telemetry

    def __call__(self, order: RefundOrder) -> RefundResult:
        """Refund the payment. Repeating the same order answers the same refund.

        Raises:
            PaymentSessionNotFound: there is no such session.
            RefundConflict: this id was used for a refund with another amount or note.
            NothingToRefund, RefundTooLarge, PaymentDisputed: it cannot be refunded.
            AlreadyResolved: the refund was to decide a review, and somebody else has decided it.
            PaymentBusy: others kept changing the payment; try again.
            ProviderUnavailable: what was received is not known and the provider does not answer.
            StorageUnavailable: the database does not answer; try again.
        """
        for _ in attempts(ATTEMPTS, self.backoff):
            stored = self._read(order)
            _require_undecided(stored.session, order)
            known = _refund_of(stored, order)
            if known is not None:
                return self._carried_out(stored, known, fresh_since=None)
            refund = self._refund(stored.session, order)
            requested = self._request(stored, refund, order)
            if requested is not None:
                self._emit(requested.session, refund)
                return self._carried_out(requested, refund, fresh_since=refund.requested_at)
        raise PaymentBusy

    def _read(self, order: RefundOrder) -> StoredPayment:
        stored = self.sync.read(order.user_id, order.payment_session_id)
        if stored.session.received is None and is_syncable(stored.session):
            return self.sync(order.user_id, order.payment_session_id)
        return stored

    def _refund(self, session: PaymentSession, order: RefundOrder) -> Reversal:
        """The refund as it is to be requested.

        Raises:
            NothingToRefund, RefundTooLarge, PaymentDisputed: it cannot be.
        """
        if session.status not in _REFUNDABLE or not is_syncable(session) or session.refundable == 0:
            raise NothingToRefund
        if session.reversed_sums.disputed > 0:
            raise PaymentDisputed
        amount = session.refundable if order.amount is None else order.amount
        if amount > session.refundable:
            raise RefundTooLarge.than(written(session.refundable, session.paid_currency))
        now = self.clock.now()
        return Reversal(
            user_id=order.user_id,
            payment_session_id=order.payment_session_id,
            reversal_id=order.refund_id,
            kind=ReversalKind.REFUND,
            status=RefundStatus.REQUESTED,
            amount=amount,
            currency=session.paid_currency,
            note=order.note,
            requested_by=order.by,
            requested_at=now,
            updated_at=now,
        )

    def _request(self, stored: StoredPayment, refund: Reversal, order: RefundOrder) -> StoredPayment | None:
        """Store the refund as requested; None if the payment is not as it was read."""
        after = requested_session(stored.session, refund, refund.updated_at)
        if order.resolution is not None:
            after = evolve(after, resolution=order.resolution)
        record = self._record(AuditAction.REFUND_REQUESTED, order, refund)
        try:
            self.unit_of_work.commit(request_refund(stored.session, after, refund, record))
        except TransactionConflict as conflict:
            if isinstance(conflict.first, SessionConflict | ReversalConflict):
                return None
            raise
        return evolve(stored, session=after, reversals=(*stored.reversals, refund))

    def _carried_out(self, stored: StoredPayment, refund: Reversal, *, fresh_since: datetime | None) -> RefundResult:
        """The refund once the provider was asked, or as it is stored where the provider does not answer."""
        if refund.is_requested:
            try:
                if fresh_since is None:
                    fresh_since = self.clock.now()
                    stored = self.sync(refund.user_id, refund.payment_session_id)
                stored = self.carry_out(stored, known_since=fresh_since)
            except (ProviderUnavailable, PaymentBusy):
                stored = self.sync.read(refund.user_id, refund.payment_session_id)
        current = next((one for one in stored.reversals if one.reversal_id == refund.reversal_id), refund)
        return RefundResult(session=stored.session, refund=current)

    def _record(self, action: AuditAction, order: RefundOrder, refund: Reversal) -> AuditRecord:
        return AuditRecord(
            audit_id=self.ids.audit_id(),
            user_id=order.user_id,
            action=action,
            by=order.by,
            role=order.role,
            at=refund.updated_at,
            reason=order.note,
            after={
                "paymentSessionId": order.payment_session_id,
                "refundId": refund.reversal_id,
                "amount": refund.amount,
                "currency": refund.currency,
            },
        )

    def _emit(self, session: PaymentSession, refund: Reversal) -> None:
        self.telemetry.emit(
            Signal.REFUND_REQUESTED,
            provider=session.provider,
            user_id=session.user_id,
            course_id=session.course_id,
            payment_session_id=session.payment_session_id,
            reversal_id=refund.reversal_id,
        )


def _require_undecided(session: PaymentSession, order: RefundOrder) -> None:
    """Refuse a refund that is to decide a review which somebody else has decided meanwhile.

    Raises:
        AlreadyResolved: the review has another decision, or the session is no longer in review.
    """
    if order.resolution is None or session.resolution == order.resolution:
        return
    if not session.awaits_decision:
        raise AlreadyResolved


def _refund_of(stored: StoredPayment, order: RefundOrder) -> Reversal | None:
    """The refund that this order asked for before, if any.

    Raises:
        RefundConflict: its id was used for something else.
    """
    known = next((one for one in stored.reversals if one.reversal_id == order.refund_id), None)
    if known is None:
        return None
    amount = known.amount if order.amount is None else order.amount
    if not known.is_same_request(amount=amount, note=order.note):
        raise RefundConflict
    return known
