"""An administrator gave money back outside the payment provider."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.audit import AuditAction, AuditRecord
from domain.errors import NothingToRefund, PaymentBusy, PaymentDisputed, RefundConflict, RefundTooLarge
from domain.money import written
from domain.payment_sync import repayment_step
from domain.payments.reversals import RefundStatus, Reversal, ReversalKind
from domain.payments.session import PaymentSession
from domain.ports.backoff import Backoff, attempts
from domain.ports.clock import Clock
from domain.ports.identifiers import IdGenerator
from domain.ports.unit_of_work import UnitOfWork
from domain.services.refund_payment import RefundOrder, RefundResult
from domain.services.sync_payment import SyncPayment
from domain.transactions.reversals import record_repayment

ATTEMPTS = 5


@frozen(kw_only=True)
class RecordRepayment:
    """Records money that was given back outside the provider, such as by bank transfer after a refund that failed."""

    sync: SyncPayment
    unit_of_work: UnitOfWork
    clock: Clock
    backoff: Backoff
    ids: IdGenerator

    def __call__(self, order: RefundOrder) -> RefundResult:
        """Record the repayment. Repeating the same order answers the same repayment.

        Raises:
            PaymentSessionNotFound: there is no such session.
            RefundConflict: this id was used with another amount or note.
            NothingToRefund, RefundTooLarge: not so much is left of the payment.
            PaymentDisputed: so much is only left if the payer's bank gives back what it has withdrawn.
            PaymentBusy, StorageUnavailable: try again.
        """
        for _ in attempts(ATTEMPTS, self.backoff):
            stored = self.sync.read(order.user_id, order.payment_session_id)
            known = next((one for one in stored.reversals if one.reversal_id == order.refund_id), None)
            if known is not None:
                amount = known.amount if order.amount is None else order.amount
                if (known.kind, known.amount, known.note) != (ReversalKind.REPAYMENT, amount, order.note):
                    raise RefundConflict
                return RefundResult(session=stored.session, refund=known)
            repayment = self._repayment(stored.session, order)
            step = repayment_step(stored, repayment, self.sync.policy, repayment.updated_at)
            record = AuditRecord(
                audit_id=self.ids.audit_id(),
                user_id=order.user_id,
                action=AuditAction.REPAYMENT_RECORDED,
                by=order.by,
                role=order.role,
                at=repayment.updated_at,
                reason=order.note,
                after={"paymentSessionId": order.payment_session_id, "amount": repayment.amount},
            )
            writes = record_repayment(
                stored.session,
                step.session,
                repayment,
                record,
                access=step.access,
                calendar=self.sync.policy.calendar,
            )
            if self.sync.commit(evolve(step, writes=writes)):
                return RefundResult(session=step.session, refund=repayment)
        raise PaymentBusy

    def _repayment(self, session: PaymentSession, order: RefundOrder) -> Reversal:
        """The repayment as it is to be recorded.

        Raises:
            NothingToRefund, RefundTooLarge, PaymentDisputed: there is not so much to give back.
        """
        amount = session.refundable if order.amount is None else order.amount
        if session.refundable == 0:
            raise NothingToRefund
        if amount > session.refundable:
            raise RefundTooLarge.than(written(session.refundable, session.paid_currency))
        if amount > session.refundable - session.reversed_sums.disputed:
            # The bank has this money, and gives it to the payer if it decides so.
            raise PaymentDisputed
        now = self.clock.now()
        return Reversal(
            user_id=order.user_id,
            payment_session_id=order.payment_session_id,
            reversal_id=order.refund_id,
            kind=ReversalKind.REPAYMENT,
            status=RefundStatus.SUCCEEDED,
            amount=amount,
            counted=amount,
            currency=session.paid_currency,
            note=order.note,
            requested_by=order.by,
            requested_at=now,
            updated_at=now,
        )
