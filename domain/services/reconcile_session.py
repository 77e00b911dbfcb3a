"""Repair: compare one payment session with what the provider says, and bring it there."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from attrs import frozen

from domain.payment_decisions import decide
from domain.payments.events import EventKind, PaymentEvent
from domain.payments.session import REPEATABLE, PaymentSession, repeatable_for
from domain.payments.states import Status
from domain.ports.clock import Clock
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.students import StudentRepo
from domain.services.checkout import CheckoutService
from domain.services.settle_payment import SettlePayment
from domain.students import Student
from domain.transactions.payments import attach
from domain.transactions.writes import ChangeSession

CREATION_GRACE = timedelta(minutes=1)
"""For so long whoever made a session may still be waiting for the provider's answer; they are left alone."""

LAST_OPENING = REPEATABLE + timedelta(minutes=5)
"""From this age on no request can open a session's checkout any more, not even by a clock that is behind ours."""


class ReconcileOutcome(StrEnum):
    """What a look at a session found."""

    SETTLED = "settled"
    STILL_OPEN = "still_open"
    REOPENED = "reopened"
    RELEASED = "released"
    NOTHING_TO_DO = "nothing_to_do"


@frozen(kw_only=True)
class ReconcileResult:
    """One session after a look: what was found, and where it stands."""

    outcome: ReconcileOutcome
    session: PaymentSession


@frozen(kw_only=True)
class ReconcileSession:
    """Looks at one live session. Safe to repeat, and to run twice at once."""

    sessions: PaymentSessionRepo
    students: StudentRepo
    gateways: Gateways
    checkout_service: CheckoutService
    settle: SettlePayment
    clock: Clock

    def __call__(self, user_id: str, payment_session_id: str) -> ReconcileResult | None:
        """Bring the session to where the provider says it is; None when there is none by this id.

        Raises:
            DomainError: it could not be done now; the next look finds it again.
        """
        session = self.sessions.find(user_id, payment_session_id)
        if session is None or not session.is_live:
            return None if session is None else ReconcileResult(outcome=ReconcileOutcome.NOTHING_TO_DO, session=session)
        if session.provider_session_id is None:
            return self._unattached(session)
        return self._attached(session)

    def defer(self, session: PaymentSession) -> None:
        """Let all others be looked at before this one, which could not be settled now.

        Raises:
            StorageUnavailable: it keeps its place, and is looked at next time all the same.
        """
        found = self.sessions.find(session.user_id, session.payment_session_id)
        if found is not None and found.is_live:
            self._deferred(found)

    def preview(self, session: PaymentSession) -> ReconcileResult:
        """What a look would find, without changing anything here or at the provider."""
        if not session.is_live:
            return ReconcileResult(outcome=ReconcileOutcome.NOTHING_TO_DO, session=session)
        gateway = self.gateways.named(session.provider)
        if session.provider_session_id is not None:
            return self._previewed(session, gateway.look_up(session).event)
        if self._age(session) < CREATION_GRACE:
            return ReconcileResult(outcome=ReconcileOutcome.STILL_OPEN, session=session)
        checkout = gateway.find_checkout(session)
        if checkout is not None:
            return self._previewed(session, checkout.event)
        if self._buyer_to_ask_for(session) is None:
            opening = self._age(session) < LAST_OPENING
            return ReconcileResult(
                outcome=ReconcileOutcome.STILL_OPEN if opening else ReconcileOutcome.RELEASED, session=session
            )
        return self._previewed_open(session, ReconcileOutcome.REOPENED)

    def _previewed(self, session: PaymentSession, event: PaymentEvent) -> ReconcileResult:
        if event.kind is EventKind.OPENED:
            known = session.provider_session_id is not None
            return self._previewed_open(session, ReconcileOutcome.STILL_OPEN if known else ReconcileOutcome.REOPENED)
        decision = decide(session, event, self.clock.now())
        outcome = ReconcileOutcome.SETTLED if decision.writes else ReconcileOutcome.STILL_OPEN
        return ReconcileResult(outcome=outcome, session=decision.session)

    def _previewed_open(self, session: PaymentSession, outcome: ReconcileOutcome) -> ReconcileResult:
        closing = session.should_close(self.clock.now())
        return ReconcileResult(outcome=ReconcileOutcome.SETTLED if closing else outcome, session=session)

    def _attached(self, session: PaymentSession) -> ReconcileResult:
        gateway, now = self.gateways.named(session.provider), self.clock.now()
        event = gateway.look_up(session).event
        if event.kind is EventKind.OPENED and session.should_close(now):
            event = gateway.close_checkout(session).event
        decision = self.settle.decide(event)
        if decision.writes:
            return ReconcileResult(outcome=ReconcileOutcome.SETTLED, session=decision.session)
        return self._deferred(session)

    def _unattached(self, session: PaymentSession) -> ReconcileResult:
        """Its request was made, or not, and the answer never came: only the provider can tell."""
        if self._age(session) < CREATION_GRACE:
            return ReconcileResult(outcome=ReconcileOutcome.STILL_OPEN, session=session)
        buyer = self._buyer_to_ask_for(session)
        if buyer is None:
            return self._found_or_released(session)
        opened = self.checkout_service.reopen(session, buyer)
        if isinstance(opened, PaymentSession):
            return ReconcileResult(outcome=ReconcileOutcome.SETTLED, session=opened)
        if opened.session.should_close(self.clock.now()):
            closed = self.gateways.named(session.provider).close_checkout(opened.session)
            return ReconcileResult(outcome=ReconcileOutcome.SETTLED, session=self.settle(closed.event))
        return ReconcileResult(outcome=ReconcileOutcome.REOPENED, session=opened.session)

    def _found_or_released(self, session: PaymentSession) -> ReconcileResult:
        """Too old to ask again under the same key, or nobody left to ask for: search, else let go."""
        gateway, now = self.gateways.named(session.provider), self.clock.now()
        checkout = gateway.find_checkout(session)
        if checkout is None and self._age(session) < LAST_OPENING:
            # Someone who was deleted a moment ago may have signed up again, and be opening it right now.
            return ReconcileResult(outcome=ReconcileOutcome.STILL_OPEN, session=session)
        if checkout is None:
            self.settle.release(session, Status.EXPIRED)
            return ReconcileResult(outcome=ReconcileOutcome.RELEASED, session=session.released(Status.EXPIRED, now))
        if checkout.event.kind is EventKind.OPENED:
            opened = session.opened(checkout.provider_session_id, now)
            self.settle.commit_unless_changed(attach(opened))
            return self._attached(opened)
        return ReconcileResult(outcome=ReconcileOutcome.SETTLED, session=self.settle(checkout.event))

    def _age(self, session: PaymentSession) -> timedelta:
        return self.clock.now() - session.created_at

    def _buyer_to_ask_for(self, session: PaymentSession) -> Student | None:
        """Whose checkout to ask for again.

        None when there is nobody, or when the provider may have forgotten the session's key: the same request would be
        a new one.
        """
        limits = self.gateways.named(session.provider).limits
        return None if self._age(session) >= repeatable_for(limits) else self.students.find(session.user_id)

    def _deferred(self, session: PaymentSession) -> ReconcileResult:
        later = session.checked(self.clock.now())
        self.settle.commit_unless_changed((ChangeSession(frozenset({session.status}), later),))
        return ReconcileResult(outcome=ReconcileOutcome.STILL_OPEN, session=later)
