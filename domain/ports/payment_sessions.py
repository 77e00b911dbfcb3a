"""Payment sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from attrs import frozen

from domain.paging import Page
from domain.payments.session import PaymentSession
from domain.payments.states import Status


@frozen(kw_only=True)
class PaymentQuery:
    """Which payment sessions are looked for: those created from ``since`` to ``until``, both included, that meet every
    condition given. ``amount`` is what was to be paid or was received, in minor units.
    """

    since: datetime
    until: datetime
    user_ids: frozenset[str] | None = None
    statuses: frozenset[Status] | None = None
    course_id: str | None = None
    coupon_code: str | None = None
    provider: str | None = None
    amount: int | None = None

    @property
    def matches_all(self) -> bool:
        """Whether every session of that time is looked for."""
        conditions = (self.user_ids, self.statuses, self.course_id, self.coupon_code, self.provider, self.amount)
        return all(condition is None for condition in conditions)

    def matches(self, session: PaymentSession) -> bool:
        """Whether this session is one of them."""
        code = session.coupon.code if session.coupon else None
        return (
            self.since <= session.created_at <= self.until
            and (self.user_ids is None or session.user_id in self.user_ids)
            and (self.statuses is None or session.status in self.statuses)
            and self.course_id in (None, session.course_id)
            and self.coupon_code in (None, code)
            and self.provider in (None, session.provider)
            and self.amount in (None, session.total.amount, session.received)
        )


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

    def reviews(self, *, limit: int, cursor: str | None = None) -> Page[PaymentSession]:
        """The same as ``in_review``, page by page.

        Raises:
            InvalidValue: the cursor is not one that this method gave.
        """
        ...

    def search(self, query: PaymentQuery, *, limit: int, cursor: str | None = None) -> Page[PaymentSession]:
        """Up to ``limit`` of the sessions that match, the newest first. May lag behind the last write.

        Raises:
            InvalidValue: the cursor is not one that this method gave.
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
