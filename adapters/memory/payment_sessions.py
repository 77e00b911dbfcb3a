"""Payment sessions, in a dictionary."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from adapters.memory.pages import page_of
from adapters.memory.store import Store
from domain.paging import Page
from domain.payments.session import PaymentSession
from domain.payments.states import PAYABLE
from domain.ports.payment_sessions import PaymentQuery, PaymentSessionRepo


@frozen
class MemoryPaymentSessionRepo(PaymentSessionRepo):
    """Reads payment sessions from the store."""

    store: Store

    def find(self, user_id: str, payment_session_id: str) -> PaymentSession | None:
        """The student's session by our id."""
        return self.store.sessions.get((user_id, payment_session_id))

    def find_by_provider_session(self, provider: str, provider_session_id: str) -> PaymentSession | None:
        """Anybody's session with this checkout."""
        with self.store.lock:
            key = self.store.provider_references.get((provider, provider_session_id))
            return self.store.sessions.get(key) if key else None

    def due(self, *, before: datetime, at_most: int) -> tuple[PaymentSession, ...]:
        """Sessions that were to be reconciled before this moment, the earliest first."""
        with self.store.lock:
            waiting = [(session.reconcile_at, session) for session in self.store.sessions.values()]
        due = [(at, session.payment_session_id, session) for at, session in waiting if at is not None and at < before]
        return tuple(session for *_, session in sorted(due, key=lambda entry: entry[:2])[:at_most])

    def in_review(self, *, at_most: int) -> tuple[PaymentSession, ...]:
        """Sessions that wait for a person's decision, the oldest first."""
        with self.store.lock:
            found = [session for session in self.store.sessions.values() if session.awaits_decision]
        waiting = [session for session in found if session.reconcile_at is None]
        return tuple(sorted(waiting, key=lambda found: (found.updated_at, found.payment_session_id))[:at_most])

    def reviews(self, *, limit: int, cursor: str | None = None) -> Page[PaymentSession]:
        """The sessions that wait for a decision, the oldest first."""
        return _page(list(self.in_review(at_most=len(self.store.sessions))), limit, cursor)

    def search(self, query: PaymentQuery, *, limit: int, cursor: str | None = None) -> Page[PaymentSession]:
        """The sessions that match, the newest first."""
        with self.store.lock:
            found = [session for session in self.store.sessions.values() if query.matches(session)]
        found.sort(key=lambda session: (session.created_at, session.payment_session_id), reverse=True)
        return _page(found, limit, cursor)

    def find_any(self, payment_session_id: str) -> PaymentSession | None:
        """Anybody's session by our id alone."""
        with self.store.lock:
            found = [one for (_, known), one in self.store.sessions.items() if known == payment_session_id]
        return found[0] if found else None

    def count_open(self, user_id: str, *, at_most: int) -> int:
        """How many checkouts of the student can still be paid."""
        with self.store.lock:
            locks = [(owner, named) for (owner, _), named in self.store.checkout_locks.items() if owner == user_id]
            held = [self.store.sessions[key] for key in set(locks) if key in self.store.sessions]
        return min(sum(session.status in PAYABLE for session in held), at_most)

    def of_student(self, user_id: str) -> tuple[PaymentSession, ...]:
        """All sessions of a student, newest first."""
        with self.store.lock:
            own = [session for (owner, _), session in self.store.sessions.items() if owner == user_id]
        return tuple(sorted(own, key=lambda session: (session.created_at, session.payment_session_id), reverse=True))


def _page(ordered: list[PaymentSession], limit: int, cursor: str | None) -> Page[PaymentSession]:
    return page_of(ordered, lambda one: one.payment_session_id, limit, cursor)
