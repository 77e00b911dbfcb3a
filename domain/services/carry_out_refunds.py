"""Carrying out refunds that are on record: ask the provider for each, once, whatever fails on the way."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from domain.audit import ActorRole, AuditAction, AuditRecord
from domain.errors import ProviderUnavailable, RefundRejected
from domain.payment_sync import SYSTEM, StoredPayment, SyncStep, rejected_session
from domain.payments.reversals import Reversal
from domain.ports.clock import Clock
from domain.ports.identifiers import IdGenerator
from domain.ports.payment_gateway import Gateways
from domain.ports.telemetry import Signal, Telemetry
from domain.services.sync_payment import SyncPayment
from domain.transactions.reversals import reject_refund

BOOKED_ALREADY = "booked_already"
"""Why a request is dropped that the provider had carried out before, where it cannot say which refund that was."""

FRESH = timedelta(minutes=1)
"""How long after a sync that ran to its end, or after the request was stored, the provider may be asked for a refund.

Later the refund may have been made under a key that the provider has forgotten: the sync comes first again.
"""


@frozen(kw_only=True)
class CarryOutRefunds:
    """Asks the provider for every refund of a payment that is requested, and stores what became of it."""

    sync: SyncPayment
    gateways: Gateways
    clock: Clock
    ids: IdGenerator
    telemetry: Telemetry

    def __call__(self, stored: StoredPayment, *, known_since: datetime) -> StoredPayment:
        """Carry out the requested refunds of the payment, and return it as it is stored then. Safe to repeat.

        ``known_since`` is when the payment was last known to lack them at the provider: when its sync began, or when
        they were put on record.

        Raises:
            ProviderUnavailable: the provider does not answer; the refund stays requested and is carried out later.
            PaymentBusy, StorageUnavailable: likewise.
        """
        for refund in _requested(stored):
            if self.clock.now() - known_since >= FRESH:
                return stored
            stored = self._carry_out(stored, refund)
        return stored

    def _carry_out(self, stored: StoredPayment, refund: Reversal) -> StoredPayment:
        session = stored.session
        try:
            self.gateways.named(session.provider).refund(session, refund)
        except RefundRejected as rejected:
            return self._dropped(refund, rejected.reason)
        synced = self.sync(session.user_id, session.payment_session_id)
        if synced.origins_known or refund.reversal_id not in {one.reversal_id for one in _requested(synced)}:
            return synced
        # The provider has it, and every refund that it has is booked: this one as made elsewhere, as after a restore.
        return self._dropped(refund, BOOKED_ALREADY)

    def _dropped(self, refund: Reversal, code: str) -> StoredPayment:
        """Drop the request, if another sync does not find the refund after all."""
        stored = self.sync(refund.user_id, refund.payment_session_id)
        known = next((one for one in _requested(stored) if one.reversal_id == refund.reversal_id), None)
        if known is None:
            return stored
        now = self.clock.now()
        after = rejected_session(stored, known, now)
        rejected = known.rejected(code[:64], now)
        record = AuditRecord(
            audit_id=self.ids.audit_id(),
            user_id=refund.user_id,
            action=AuditAction.REFUND_REJECTED,
            by=SYSTEM,
            role=ActorRole.SYSTEM,
            at=now,
            reason=_said(code),
            before={"refund": refund.reversal_id, "status": known.status.value},
            after={"refund": refund.reversal_id, "status": rejected.status.value},
        )
        step = SyncStep(session=after, writes=reject_refund(stored.session, after, known, rejected, record))
        if not self.sync.commit(step):
            raise ProviderUnavailable
        self.telemetry.emit(
            Signal.REFUND_REJECTED,
            reason=code,
            provider=after.provider,
            user_id=after.user_id,
            payment_session_id=after.payment_session_id,
            reversal_id=refund.reversal_id,
        )
        return self.sync.read(refund.user_id, refund.payment_session_id)


def _said(code: str) -> str:
    if code == BOOKED_ALREADY:
        return "The payment provider had made this refund before; it is booked as one that was made elsewhere."
    return f"The payment provider refused the refund: {code}"[:500]


def _requested(stored: StoredPayment) -> tuple[Reversal, ...]:
    return tuple(one for one in stored.reversals if one.is_requested)
