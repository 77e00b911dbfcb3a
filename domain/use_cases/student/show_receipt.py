"""A student asks for the receipt of a payment."""

from __future__ import annotations

from attrs import frozen

from domain.errors import PaymentSessionNotFound, ReceiptNotFound
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo


@frozen(kw_only=True)
class ShowReceipt:
    """Asks the provider anew each time: the addresses of receipts end after a while."""

    sessions: PaymentSessionRepo
    gateways: Gateways

    def __call__(self, user_id: str, payment_session_id: str) -> str:
        """The address of the provider's receipt.

        Raises:
            PaymentSessionNotFound: the student has no such session.
            ReceiptNotFound: nothing was paid, or the provider has no receipt of it.
            ProviderUnavailable, ProviderRejected: the provider does not answer, or does not know the payment.
        """
        session = self.sessions.find(user_id, payment_session_id)
        if session is None:
            raise PaymentSessionNotFound
        if session.received is None or session.provider_payment_id is None:
            raise ReceiptNotFound
        address = self.gateways.named(session.provider).receipt_url(session)
        if address is None:
            raise ReceiptNotFound
        return address
