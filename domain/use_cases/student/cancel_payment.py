"""A student changes their mind before paying."""

from __future__ import annotations

from attrs import frozen

from domain.errors import PaymentSessionNotFound, ProviderUnavailable
from domain.payments.session import PaymentSession
from domain.payments.states import PAYABLE, RELEASED
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.services.checkout import CheckoutService
from domain.services.get_or_create_student import GetOrCreateStudent
from domain.students import Identity


@frozen
class Cancelled:
    """Nobody can pay this session any more, and nothing was paid."""

    session: PaymentSession


@frozen
class Cancelling:
    """The provider could not be called, or would not close it now. The cancel request is stored, and carried out by
    reconciliation.
    """

    session: PaymentSession


@frozen
class NotCancelled:
    """The payment came first. ``session`` is its true state."""

    session: PaymentSession


@frozen(kw_only=True)
class CancelPayment:
    """Asks the provider first: only the provider closes a checkout, and a payment that won the race is honoured."""

    sessions: PaymentSessionRepo
    checkout_service: CheckoutService
    get_or_create_student: GetOrCreateStudent

    def __call__(self, identity: Identity, payment_session_id: str) -> Cancelled | Cancelling | NotCancelled:
        """Cancel the caller's session. Repeating it is harmless.

        Raises:
            PaymentSessionNotFound: the caller has no such session.
            ProviderUnavailable: it is not known whether it is being paid right now; ask again.
        """
        session = self.sessions.find(identity.user_id, payment_session_id)
        if session is None:
            raise PaymentSessionNotFound
        if session.is_live:
            try:
                session = self.checkout_service.close(session, self.get_or_create_student(identity))
            except ProviderUnavailable:
                session = self.sessions.find(identity.user_id, payment_session_id) or session
                if session.status in PAYABLE and session.cancel_requested_at is None:
                    raise  # it was being captured when we asked, and is open again: nothing is stored yet
        if session.status in PAYABLE:
            return Cancelling(session)
        return Cancelled(session) if session.status in RELEASED else NotCancelled(session)
