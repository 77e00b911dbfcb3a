"""Payment sessions, in a dictionary."""

from __future__ import annotations

from attrs import frozen

from adapters.memory.store import Store
from domain.payments import PaymentSession
from domain.ports.payments import PaymentSessionRepo


@frozen
class MemoryPaymentSessionRepo(PaymentSessionRepo):
    """Reads payment sessions from the store."""

    store: Store

    def find(self, user_id: str, payment_session_id: str) -> PaymentSession | None:
        """The student's session by our id."""
        return self.store.sessions.get((user_id, payment_session_id))

    def find_by_provider_session(self, user_id: str, provider: str, provider_session_id: str) -> PaymentSession | None:
        """The student's newest session with this checkout."""
        named = (provider, provider_session_id)
        own = self.of_student(user_id)
        return next((session for session in own if (session.provider, session.provider_session_id) == named), None)

    def of_student(self, user_id: str) -> tuple[PaymentSession, ...]:
        """All sessions of a student, newest first."""
        with self.store.lock:
            own = [session for (owner, _), session in self.store.sessions.items() if owner == user_id]
        return tuple(sorted(own, key=lambda session: (session.created_at, session.payment_session_id), reverse=True))
