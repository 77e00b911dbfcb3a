"""The office sees which payments are disputed, and until when each dispute is to be answered."""

from __future__ import annotations

from attrs import frozen

from domain.paging import Page
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo


@frozen(kw_only=True)
class DisputedPayment:
    """A payment, and a dispute about it that is undecided."""

    session: PaymentSession
    dispute: Reversal


@frozen(kw_only=True)
class ListDisputes:
    """Lists the undecided disputes of all payments."""

    reversals: ReversalRepo
    sessions: PaymentSessionRepo

    def __call__(self, *, limit: int, cursor: str | None = None) -> Page[DisputedPayment]:
        """Up to ``limit`` disputes: those to be answered soonest first, those that wait for no answer last.

        May lag behind the last write. A dispute whose payment session was lost by a restore is left out until the
        session is rebuilt.

        Raises:
            InvalidValue: the cursor is not one that this list gave.
        """
        page = self.reversals.undecided_disputes(limit=limit, cursor=cursor)
        found = ((self.sessions.find(one.user_id, one.payment_session_id), one) for one in page.entries)
        listed = tuple(DisputedPayment(session=session, dispute=one) for session, one in found if session is not None)
        return Page(listed, page.cursor)
