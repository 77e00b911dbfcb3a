"""A report about a refund or dispute: find whose payment it is about, settle that first if need be, then sync it."""

from __future__ import annotations

from attrs import frozen

from domain.payments.events import ReversalReported
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import PAID
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Gateways, SessionReference
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.services.settle_payment import SettlePayment
from domain.services.sync_payment import SyncPayment


@frozen(kw_only=True)
class SyncReported:
    """Takes a report as a hint: what is stored comes from asking the provider."""

    sessions: PaymentSessionRepo
    ledger: LedgerRepo
    gateways: Gateways
    settle: SettlePayment
    sync: SyncPayment
    telemetry: Telemetry

    def __call__(self, report: ReversalReported) -> None:
        """Sync the payment that the report is about. Safe to repeat.

        A report about a payment without a session here is acknowledged and counted: it is older than payment sessions,
        or was lost by a restore, and rebuilding finds it.

        Raises: what settling and syncing raise.
        """
        session = self._find(report)
        if session is not None and session.status not in PAID and session.provider_session_id is not None:
            # The report was faster than the one of the payment itself.
            session = self.settle(self.gateways.named(session.provider).look_up(session).event)
        if session is not None and session.provider_payment_id == report.provider_payment_id:
            stored = self.sync(session.user_id, session.payment_session_id)
            if stored.session.review_reason is not ReviewReason.PAYMENT_REUSED:
                return
        # Not the payment of the session that its metadata name, or reported for two: it may have been booked meanwhile.
        booked = self._booked(report)
        if booked is None:
            # Should it get a session later, the nightly proof finds the refund or dispute.
            self._unknown(report, "other_payment" if session is not None else "unknown_payment")
            return
        self.sync(booked.user_id, booked.payment_session_id)

    def _find(self, report: ReversalReported) -> PaymentSession | None:
        reference = self._reference(report)
        return self.sessions.find(reference.user_id, reference.payment_session_id) if reference else None

    def _booked(self, report: ReversalReported) -> SessionReference | None:
        """Who booked the payment: a second one has a session of its own, while its metadata name the first."""
        sale = self.ledger.sale(report.provider, report.provider_payment_id)
        if sale is None:
            return None
        return SessionReference(user_id=sale.user_id, payment_session_id=sale.payment_session_id)

    def _reference(self, report: ReversalReported) -> SessionReference | None:
        booked = self._booked(report)
        if booked is not None:
            return booked
        if report.user_id is not None and report.payment_session_id is not None:
            return SessionReference(user_id=report.user_id, payment_session_id=report.payment_session_id)
        return self.gateways.named(report.provider).find_session_of(report)

    def _unknown(self, report: ReversalReported, reason: str) -> None:
        self.telemetry.emit(
            Signal.DIFFERENCE_FOUND,
            reason=reason,
            provider=report.provider,
            event_id=report.event_id,
            event_type=report.event_type,
            provider_payment_id=report.provider_payment_id,
        )
