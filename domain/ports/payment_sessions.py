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
        """Sessions that were to be reconciled before this moment, the earliest first.

        May lag: read each again before acting.
        """
        ...

    def in_review(self, *, at_most: int) -> tuple[PaymentSession, ...]:
        """Sessions that wait for a person's decision, the oldest first. May lag behind the last write.

        One with a refund under way is among the due instead, until the provider has answered.
        """
        ...

    def find_any(self, payment_session_id: str) -> PaymentSession | None:
        """Anybody's session by our id alone, for the office.

        May lag behind the last write.
        """
        ...

    def count_open(self, user_id: str, *, at_most: int) -> int:
        """How many checkouts of the student can still be paid; counting stops at ``at_most``.

        One that waits for its bank is not counted: the student can neither finish nor cancel it. Nor is one whose
        checkout lock is lost: another one may be opened in its place.
        """
        ...

    def of_student(self, user_id: str) -> tuple[PaymentSession, ...]:
        """All sessions of a student, newest first."""
        ...
