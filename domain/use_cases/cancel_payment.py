"""A student changes their mind before paying."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.errors import PaymentSessionNotFound, ProviderUnavailable, SessionMoved, TransactionRefused
from domain.payments import RELEASED, PaymentSession, Status
from domain.ports.clock import Clock
from domain.ports.payments import PaymentSessionRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.services.acquaintance import MeetStudent
from domain.services.checkout import CheckoutDesk
from domain.students import Identity
from domain.writes import ChangeSession


@frozen
class Cancelled:
    """Nobody can pay this session any more, and nothing was paid."""

    session: PaymentSession


@frozen
class Cancelling:
    """The provider could not be asked; the wish is noted and carried out as soon as it can be."""

    session: PaymentSession


@frozen
class NotCancelled:
    """The payment was faster. ``session`` is its true state."""

    session: PaymentSession


@frozen(kw_only=True)
class CancelPayment:
    """Asks the provider first: only the provider closes a checkout, and a payment that won the race is honoured."""

    sessions: PaymentSessionRepo
    desk: CheckoutDesk
    unit_of_work: UnitOfWork
    clock: Clock
    meet: MeetStudent

    def __call__(self, identity: Identity, payment_session_id: str) -> Cancelled | Cancelling | NotCancelled:
        """Cancel the caller's session. Repeating it is harmless.

        Raises:
            PaymentSessionNotFound: the caller has no such session.
        """
        session = self.sessions.find(identity.user_id, payment_session_id)
        if session is None:
            raise PaymentSessionNotFound
        if session.is_live:
            try:
                session = self.desk.close(session, self.meet(identity))
            except ProviderUnavailable:
                return self._note(session)
        return Cancelled(session) if session.status in RELEASED else NotCancelled(session)

    def _note(self, session: PaymentSession) -> Cancelled | Cancelling | NotCancelled:
        if session.status is Status.PROCESSING:
            return NotCancelled(session)  # finished by the student: no wish can close it any more
        now = self.clock.now()
        wished = evolve(session, cancel_requested_at=session.cancel_requested_at or now, due_at=now, updated_at=now)
        try:
            self.unit_of_work.commit((ChangeSession(frozenset({session.status}), wished),))
        except TransactionRefused as refused:
            match refused.first:
                case SessionMoved(session=PaymentSession() as found) if found.is_live:
                    return self._note(found)  # it moved on among the live states, which it does twice at most
                case SessionMoved(session=PaymentSession() as found):
                    return Cancelled(found) if found.status in RELEASED else NotCancelled(found)
                case _:
                    raise
        return Cancelling(wished)
