"""Repair: compare one payment session with what the provider says, and bring it there."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from attrs import frozen

from domain.events import Fact, News
from domain.payments import REPEATABLE, STALE_REQUEST, PaymentSession, Status
from domain.ports.clock import Clock
from domain.ports.payment_gateway import Gateways
from domain.ports.payments import PaymentSessionRepo
from domain.ports.students import StudentRepo
from domain.services.checkout import CheckoutDesk
from domain.services.settlement import Settle
from domain.settling import decide
from domain.students import Student
from domain.transactions import attach
from domain.writes import ChangeSession

IN_THE_MAKING = timedelta(minutes=1)
"""For so long whoever made a session may still be waiting for the provider's answer; they are left alone."""

LAST_OPENING = REPEATABLE + timedelta(minutes=5)
"""From this age on no request can open a session's checkout any more, not even by a clock that is behind ours."""


class Finding(StrEnum):
    """What a look at a session found."""

    SETTLED = "settled"
    STILL_OPEN = "still_open"
    REOPENED = "reopened"
    RELEASED = "released"
    NOTHING_TO_DO = "nothing_to_do"


@frozen(kw_only=True)
class Look:
    """One session after a look: what was found, and where it stands."""

    finding: Finding
    session: PaymentSession


@frozen(kw_only=True)
class Repair:
    """Looks at one live session. Safe to repeat, and to run twice at once."""

    sessions: PaymentSessionRepo
    students: StudentRepo
    gateways: Gateways
    desk: CheckoutDesk
    settle: Settle
    clock: Clock

    def __call__(self, user_id: str, payment_session_id: str) -> Look | None:
        """Bring the session to where the provider says it is; None when there is none by this id.

        Raises:
            DomainError: it could not be done now; the next look finds it again.
        """
        session = self.sessions.find(user_id, payment_session_id)
        if session is None or not session.is_live:
            return None if session is None else Look(finding=Finding.NOTHING_TO_DO, session=session)
        if session.provider_session_id is None:
            return self._unattached(session)
        return self._attached(session)

    def put_off(self, session: PaymentSession) -> None:
        """Let all others be looked at before this one, which could not be settled now.

        Raises:
            StorageUnavailable: it keeps its place, and is looked at next time all the same.
        """
        found = self.sessions.find(session.user_id, session.payment_session_id)
        if found is not None and found.is_live:
            self._postponed(found)

    def foresee(self, session: PaymentSession) -> Look:
        """What a look would find, without changing anything here or at the provider."""
        if not session.is_live:
            return Look(finding=Finding.NOTHING_TO_DO, session=session)
        gateway = self.gateways.named(session.provider)
        if session.provider_session_id is not None:
            return self._foreseen(session, gateway.look_up(session).news)
        if self._age(session) < IN_THE_MAKING:
            return Look(finding=Finding.STILL_OPEN, session=session)
        checkout = gateway.find_checkout(session)
        if checkout is not None:
            return self._foreseen(session, checkout.news)
        if self._buyer_to_ask_for(session) is None:
            opening = self._age(session) < LAST_OPENING
            return Look(finding=Finding.STILL_OPEN if opening else Finding.RELEASED, session=session)
        return self._foreseen_open(session, Finding.REOPENED)

    def _foreseen(self, session: PaymentSession, news: News) -> Look:
        if news.fact is Fact.OPENED:
            known = session.provider_session_id is not None
            return self._foreseen_open(session, Finding.STILL_OPEN if known else Finding.REOPENED)
        decision = decide(session, news, self.clock.now())
        finding = Finding.SETTLED if decision.writes else Finding.STILL_OPEN
        return Look(finding=finding, session=decision.session)

    def _foreseen_open(self, session: PaymentSession, finding: Finding) -> Look:
        closing = session.wants_closing(self.clock.now())
        return Look(finding=Finding.SETTLED if closing else finding, session=session)

    def _attached(self, session: PaymentSession) -> Look:
        gateway, now = self.gateways.named(session.provider), self.clock.now()
        news = gateway.look_up(session).news
        if news.fact is Fact.OPENED and session.wants_closing(now):
            news = gateway.close_checkout(session).news
        decision = self.settle.decide(news)
        if decision.writes:
            return Look(finding=Finding.SETTLED, session=decision.session)
        return self._postponed(session)

    def _unattached(self, session: PaymentSession) -> Look:
        """Its request was made, or not, and the answer never came: only the provider can tell."""
        if self._age(session) < IN_THE_MAKING:
            return Look(finding=Finding.STILL_OPEN, session=session)
        buyer = self._buyer_to_ask_for(session)
        if buyer is None:
            return self._found_or_released(session)
        opened = self.desk.reopen(session, buyer)
        if isinstance(opened, PaymentSession):
            return Look(finding=Finding.SETTLED, session=opened)
        if opened.session.wants_closing(self.clock.now()):
            closed = self.gateways.named(session.provider).close_checkout(opened.session)
            return Look(finding=Finding.SETTLED, session=self.settle(closed.news))
        return Look(finding=Finding.REOPENED, session=opened.session)

    def _found_or_released(self, session: PaymentSession) -> Look:
        """Too old to ask again under the same key, or nobody left to ask for: search, else let go."""
        gateway, now = self.gateways.named(session.provider), self.clock.now()
        checkout = gateway.find_checkout(session)
        if checkout is None and self._age(session) < LAST_OPENING:
            # Someone who was deleted a moment ago may have signed up again, and be opening it right now.
            return Look(finding=Finding.STILL_OPEN, session=session)
        if checkout is None:
            self.settle.release(session, Status.EXPIRED)
            return Look(finding=Finding.RELEASED, session=session.released(Status.EXPIRED, now))
        if checkout.news.fact is Fact.OPENED:
            self.settle.commit_unless_moved(attach(session, checkout.provider_session_id, now))
            return self._attached(session.opened(checkout.provider_session_id, now))
        return Look(finding=Finding.SETTLED, session=self.settle(checkout.news))

    def _age(self, session: PaymentSession) -> timedelta:
        return self.clock.now() - session.created_at

    def _buyer_to_ask_for(self, session: PaymentSession) -> Student | None:
        """Whose checkout to ask for again.

        None when there is nobody, or when the provider may have forgotten the session's key: the same request would be
        a new one.
        """
        return None if self._age(session) >= STALE_REQUEST else self.students.find(session.user_id)

    def _postponed(self, session: PaymentSession) -> Look:
        later = session.looked_at(self.clock.now())
        self.settle.commit_unless_moved((ChangeSession(frozenset({session.status}), later),))
        return Look(finding=Finding.STILL_OPEN, session=later)
