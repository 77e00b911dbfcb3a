"""Finding a payment session by whatever id an operator has of it."""

from __future__ import annotations

from punq import Container

from domain.payments.session import PaymentSession
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from scripts.ops.errors import OpsError


def find_session(container: Container, payment: str, user_id: str | None = None) -> PaymentSession:
    """The session by our id, or by the provider's id of its checkout or of its payment.

    ``user_id`` is needed for sessions that no index has: those from before the ledger, until they are backfilled.

    Raises:
        OpsError: there is none.
    """
    repo: PaymentSessionRepo = container.resolve(PaymentSessionRepo)
    if user_id is not None:
        session = repo.find(user_id, payment)
    else:
        session = repo.find_any(payment) or _by_provider(container, repo, payment)
    if session is None:
        hint = "" if user_id else " If it is an old one, give --user with the id of its student."
        raise OpsError(f"There is no payment session {payment}.{hint}")
    return session


def _by_provider(container: Container, repo: PaymentSessionRepo, payment: str) -> PaymentSession | None:
    ledger: LedgerRepo = container.resolve(LedgerRepo)
    for provider in container.resolve(Gateways).names:
        session = repo.find_by_provider_session(provider, payment)
        if session is not None:
            return session
        sale = ledger.sale(provider, payment)
        if sale is not None:
            return repo.find(sale.user_id, sale.payment_session_id)
    return None
