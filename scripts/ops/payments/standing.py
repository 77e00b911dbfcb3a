"""How the payments of a stage stand: what is on its way, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import frozen
from punq import Container

from domain.paging import every_entry
from domain.payments.session import PaymentSession
from domain.payments.states import PAYABLE
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.use_cases.schedule.reconcile import BATCH, MOST_REVIEWS
from scripts.ops.terminal.rows import Row

SILENCE = timedelta(minutes=15)
"""The longest time without a reconciliation, as in the alarm ReconcilerSilent."""

_PAGE, _MOST_PAGES = 100, 10


@frozen(kw_only=True)
class Standing:
    """``due``: sessions to be reconciled now. ``answer_by``: until when each dispute that waits can be answered."""

    now: datetime
    due: tuple[PaymentSession, ...]
    in_review: int
    answer_by: tuple[datetime, ...]

    @classmethod
    def of(cls, container: Container) -> Standing:
        """As it is stored now."""
        sessions: PaymentSessionRepo = container.resolve(PaymentSessionRepo)
        reversals: ReversalRepo = container.resolve(ReversalRepo)
        now = container.resolve(Clock).now()
        disputes = every_entry(
            lambda cursor: reversals.undecided_disputes(limit=_PAGE, cursor=cursor), at_most=_MOST_PAGES
        )
        return cls(
            now=now,
            due=sessions.due(before=now, at_most=BATCH),
            in_review=len(sessions.in_review(at_most=MOST_REVIEWS)),
            answer_by=tuple(one.respond_by for one in disputes if one.respond_by is not None and one.respond_by > now),
        )

    @property
    def overdue(self) -> tuple[PaymentSession, ...]:
        """Sessions that no reconciliation has come to in time, and checkouts that should long be closed."""
        return tuple(filter(self._is_overdue, self.due))

    def row(self) -> Row:
        """In one line."""
        live = [session for session in self.due if session.is_live]
        return {
            "live": f"{len(live)}{' or more' if len(self.due) == BATCH else ''}",
            "oldest_live": min((session.created_at for session in live), default=None),
            "overdue": len(self.overdue),
            "in_review": self.in_review,
            "disputes_to_answer": len(self.answer_by),
            "answer_by": min(self.answer_by, default=None),
        }

    def attention(self) -> Iterator[str]:
        """What somebody has to do, and the command that begins with it."""
        if self.in_review:
            yield f"{_counted(self.in_review, 'payment waits', 'payments wait')} for a decision: payments review list"
        if self.answer_by:
            waiting = _counted(len(self.answer_by), "dispute is", "disputes are")
            soonest = f"{min(self.answer_by):%Y-%m-%d %H:%M}Z"
            yield f"{waiting} to be answered at the provider, the first by {soonest}: payments disputes"
        if self.overdue:
            waiting = _counted(len(self.overdue), "session is", "sessions are")
            yield f"{waiting} overdue: reconcile --all"

    def _is_overdue(self, session: PaymentSession) -> bool:
        since = self.now - SILENCE
        is_left_open = session.status in PAYABLE and session.expires_at < since
        return is_left_open or (session.due_at is not None and session.due_at < since)


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
