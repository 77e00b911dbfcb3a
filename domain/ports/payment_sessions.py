"""Payment sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.payments.session import PaymentSession


class PaymentSessionRepo(Protocol):
    """Reads payment sessions; they live under their student, so that a foreign one is not there. Every method is safe
    to repeat.

    Raises:
        StorageUnavailable: any method, when the database does not answer.
    """

    def find(self, user_id: str, payment_session_id: str) -> PaymentSession | None:
        """The student's session by our id, seeing every write that came before."""
        ...

    def find_by_provider_session(self, provider: str, provider_session_id: str) -> PaymentSession | None:
        """Anybody's session by the provider's id for its checkout. May lag behind the last write."""
        ...

    def due(self, *, before: datetime, at_most: int) -> tuple[PaymentSession, ...]:
        """Live sessions last looked at before this moment, the longest ago first.

        May lag: read each again before acting.
        """
        ...

    def in_review(self, *, at_most: int) -> tuple[PaymentSession, ...]:
        """Sessions that wait for a person's decision, the oldest first. May lag behind the last write."""
        ...

    def find_review(self, payment_session_id: str) -> PaymentSession | None:
        """Anybody's session that waits for a person's decision, or was decided about, by our id alone.

        May lag behind the last write.
        """
        ...

    def count_live(self, user_id: str, *, at_most: int) -> int:
        """How many of the student's sessions are live; counting stops at ``at_most``."""
        ...

    def of_student(self, user_id: str) -> tuple[PaymentSession, ...]:
        """All sessions of a student, newest first."""
        ...
