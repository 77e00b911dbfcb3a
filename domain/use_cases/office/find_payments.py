"""The office finds payments by whatever somebody has of them."""

from __future__ import annotations

from attrs import frozen

from domain.payments.session import PaymentSession
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo


@frozen(kw_only=True)
class FindPayments:
    """Finds a payment by our id, or by a provider's id of its checkout or of its payment."""

    sessions: PaymentSessionRepo
    ledger: LedgerRepo
    gateways: Gateways

    def __call__(self, payment: str) -> tuple[PaymentSession, ...]:
        """The payments that this id names: none, one, or one of each provider. May lag behind the last write."""
        own = self.sessions.find_any(payment)
        if own is not None:
            return (own,)
        found = (self._at(provider, payment) for provider in self.gateways.names)
        return tuple(session for session in found if session is not None)

    def _at(self, provider: str, payment: str) -> PaymentSession | None:
        session = self.sessions.find_by_provider_session(provider, payment)
        if session is not None:
            return session
        sale = self.ledger.sale(provider, payment)
        return self.sessions.find(sale.user_id, sale.payment_session_id) if sale is not None else None
