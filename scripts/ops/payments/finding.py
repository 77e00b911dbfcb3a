"""Finding a payment session by whatever id an operator has of it."""

from __future__ import annotations

from punq import Container

from domain.payments.session import PaymentSession
from domain.ports.ledger import LedgerRepo
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.use_cases.office.find_payments import FindPayments
from scripts.ops.errors import OpsError

_REBUILD = "`payments rebuild`, over the time when its checkout was opened, says what --apply would store again."


def find_session(container: Container, payment: str, user_id: str | None = None) -> PaymentSession:
    """The session by our id, or by the provider's id of its checkout, its payment, a refund or a dispute of it.

    ``user_id`` is needed for sessions that no index has: those from before the ledger, until they are backfilled.

    Raises:
        OpsError: there is none, or several providers have one of this id.
    """
    if "@" in payment:
        raise OpsError("That is an e-mail address: payments list --email lists the payments of whoever has it.")
    repo: PaymentSessionRepo = container.resolve(PaymentSessionRepo)
    session = repo.find(user_id, payment) if user_id is not None else _named(container, payment)
    if session is None:
        raise OpsError(f"There is no payment session {payment}. {_hint(container, payment, user_id)}".rstrip())
    return session


def _hint(container: Container, payment: str, user_id: str | None) -> str:
    """What to do about a session that is not there."""
    ledger: LedgerRepo = container.resolve(LedgerRepo)
    for provider in container.resolve(Gateways).names:
        sale = ledger.sale(provider, payment)
        if sale is not None:
            lost = f"payment session {sale.payment_session_id} of student {sale.user_id}, which is lost"
            return f"Its sale is booked, for {lost}. {_REBUILD}"
    old = "" if user_id else "If it is an old one, give --user with the id of its student. "
    return f"{old}If the provider has it: {_REBUILD}"


def _named(container: Container, payment: str) -> PaymentSession | None:
    find: FindPayments = container.resolve(FindPayments)
    found = find(payment)
    if len(found) > 1:
        ours = ", ".join(session.payment_session_id for session in found)
        raise OpsError(f"Several providers know {payment}: give one of {ours}.")
    return found[0] if found else None
