"""The office finds payments by whatever somebody has of them."""

from __future__ import annotations

from attrs import frozen

from domain.errors import ProviderRejected, Unavailable
from domain.payments.session import PaymentSession
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo


@frozen(kw_only=True)
class FindPayments:
    """Finds a payment by our id, or by a provider's id of its checkout, its payment, a refund or a dispute of it."""

    sessions: PaymentSessionRepo
    ledger: LedgerRepo
    gateways: Gateways

    def __call__(self, payment: str) -> tuple[PaymentSession, ...]:
        """The payments that this id names: none, one, or one of each provider. May lag behind the last write.

        What is stored is looked at first; a provider is asked once, and only about an id that nobody here knows.

        Raises:
            ProviderUnavailable: nothing here has this id, and a provider that may know it does not answer.
        """
        own = self.sessions.find_any(payment)
        if own is not None:
            return (own,)
        stored = [self._at(provider, payment) for provider in self.gateways.names]
        return tuple(filter(None, stored)) or self._asked(payment)

    def _asked(self, reversal: str) -> tuple[PaymentSession, ...]:
        """The payments of which the providers know a refund or dispute of this id."""
        found: list[PaymentSession] = []
        silent: Unavailable | None = None
        for provider in self.gateways.names:
            try:
                payment = self.gateways.named(provider).payment_named_by(reversal)
            except Unavailable as error:
                silent = error
                continue
            except ProviderRejected:
                continue  # such as an id that it takes for invalid
            session = self._paid_by(provider, payment) if payment is not None else None
            if session is not None:
                found.append(session)
        if silent is not None and not found:
            raise silent
        return tuple(found)

    def _at(self, provider: str, payment: str) -> PaymentSession | None:
        session = self.sessions.find_by_provider_session(provider, payment)
        if session is not None:
            return session
        return self._paid_by(provider, payment)

    def _paid_by(self, provider: str, payment: str) -> PaymentSession | None:
        sale = self.ledger.sale(provider, payment)
        return self.sessions.find(sale.user_id, sale.payment_session_id) if sale is not None else None
