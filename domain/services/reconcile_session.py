"""Reconciling one payment session: compare it with the provider and settle the difference."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import frozen

from domain.errors import ProviderRejected
from domain.payment_decisions import decide
from domain.payments.events import CheckoutApproved, EventKind, PaymentEvent
from domain.payments.lifetimes import CAPTURE_GRACE, REPEATABLE, repeatable_for
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status, Transition
from domain.ports.clock import Clock
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.payment_gateway import Gateways, NotPossible, PaymentGateway, Search, search_checkout
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.services.carry_out_refunds import CarryOutRefunds
from domain.services.checkout import CheckoutService
from domain.services.settle_payment import SettlePayment
from domain.services.sync_payment import SyncPayment
from domain.students import Student
from domain.transactions.payments import attach
from domain.transactions.writes import ChangeReversedSums, ChangeSession

OTHER_ACCOUNT_GRACE = timedelta(hours=24)
"""How long after its end a checkout that our keys cannot ask for is given up."""

SLOWEST_PAYMENT = timedelta(days=14)
"""How long a bank may take for a payment on its way. The keys of its account may be set again until then."""

CREATION_GRACE = timedelta(minutes=1)
"""How long the request that created a session may still be waiting for the provider: such a session is left alone."""

LAST_OPENING = REPEATABLE + timedelta(minutes=5)
"""From this age on no request can open a session's checkout any more, not even by a clock that is behind ours."""


class ReconcileOutcome(StrEnum):
    """What reconciling a session did."""

    SETTLED = "settled"
    STILL_OPEN = "still_open"
    REOPENED = "reopened"
    RELEASED = "released"
    SYNCED = "synced"
    NOTHING_TO_DO = "nothing_to_do"


@frozen(kw_only=True)
class ReconcileResult:
    """One session after it was reconciled, and the outcome."""

    outcome: ReconcileOutcome
    session: PaymentSession


@frozen(kw_only=True)
class ReconcileSession:
    """Reconciles one session. Safe to repeat, and to run twice at once."""

    sessions: PaymentSessionRepo
    students: StudentRepo
    gateways: Gateways
    checkout_service: CheckoutService
    settle: SettlePayment
    enrollments: EnrollmentRepo
    sync: SyncPayment
    carry_out: CarryOutRefunds
    clock: Clock
    telemetry: Telemetry

    def __call__(self, user_id: str, payment_session_id: str) -> ReconcileResult | None:
        """Bring the session to where the provider says it is; None when there is none by this id.

        Raises:
            DomainError: it could not be done now; the next run tries again.
        """
        session = self.sessions.find(user_id, payment_session_id)
        if session is None:
            return None
        if not session.is_live:
            return self._settled(session)
        if session.provider_session_id is None:
            return self._unattached(session)
        return self._attached(session)

    def _settled(self, session: PaymentSession) -> ReconcileResult:
        """A paid session of which the provider may have more to report, or that a refund was requested for."""
        if session.due_at is None:
            return ReconcileResult(outcome=ReconcileOutcome.NOTHING_TO_DO, session=session)
        started = self.clock.now()
        stored = self.sync(session.user_id, session.payment_session_id)
        stored = self.carry_out(stored, known_since=started)
        return ReconcileResult(outcome=ReconcileOutcome.SYNCED, session=stored.session)

    def defer(self, session: PaymentSession) -> None:
        """Put the session behind all others that are due, since it could not be settled now.

        Raises:
            StorageUnavailable: it keeps its place, and is tried first by the next run.
        """
        found = self.sessions.find(session.user_id, session.payment_session_id)
        if found is not None and found.is_live:
            self._deferred(found)
        elif found is not None and found.due_at is not None:
            later = found.checked(self.clock.now())
            self.settle.commit_unless_changed((ChangeReversedSums(found, later),))

    def preview(self, session: PaymentSession) -> ReconcileResult:
        """What reconciling would do, without changing anything here or at the provider."""
        if not session.is_live:
            return ReconcileResult(outcome=ReconcileOutcome.NOTHING_TO_DO, session=session)
        gateway = self.gateways.named(session.provider)
        if session.provider_session_id is not None:
            return self._previewed_attached(session, gateway)
        if self._age(session) < CREATION_GRACE:
            return ReconcileResult(outcome=ReconcileOutcome.STILL_OPEN, session=session)
        found = search_checkout(gateway, session)
        if found is not None and found is not Search.NOT_POSSIBLE:
            return self._previewed(session, found.event)
        if self._buyer_to_ask_for(session) is None:
            opening = self._may_be_open(session, found)
            return ReconcileResult(
                outcome=ReconcileOutcome.STILL_OPEN if opening else ReconcileOutcome.RELEASED, session=session
            )
        return self._previewed_open(session, ReconcileOutcome.REOPENED)

    def _previewed_attached(self, session: PaymentSession, gateway: PaymentGateway) -> ReconcileResult:
        try:
            return self._previewed(session, gateway.look_up(session).event)
        except ProviderRejected:
            if not self._is_of_other_account(session, self.clock.now()):
                raise
            reviewed = session.status is Status.PROCESSING
            outcome = ReconcileOutcome.SETTLED if reviewed else ReconcileOutcome.RELEASED
            return ReconcileResult(outcome=outcome, session=session)

    def _previewed(self, session: PaymentSession, event: PaymentEvent) -> ReconcileResult:
        if event.kind is EventKind.OPENED:
            known = session.provider_session_id is not None
            return self._previewed_open(session, ReconcileOutcome.STILL_OPEN if known else ReconcileOutcome.REOPENED)
        decision = decide(session, event, self.clock.now())
        changes = decision.writes or decision.transition is Transition.CAPTURE or self._should_close(session, event)
        outcome = ReconcileOutcome.SETTLED if changes else ReconcileOutcome.STILL_OPEN
        return ReconcileResult(outcome=outcome, session=decision.session)

    def _previewed_open(self, session: PaymentSession, outcome: ReconcileOutcome) -> ReconcileResult:
        closing = session.should_close(self.clock.now())
        return ReconcileResult(outcome=ReconcileOutcome.SETTLED if closing else outcome, session=session)

    def _attached(self, session: PaymentSession) -> ReconcileResult:
        gateway, now = self.gateways.named(session.provider), self.clock.now()
        try:
            event = gateway.look_up(session).event
        except ProviderRejected:
            if not self._is_of_other_account(session, now):
                raise
            return self._given_up(session)
        if self._should_close(session, event):
            event = gateway.close_checkout(session).event
        decision = self.settle.decide(event)
        if decision.writes:
            return ReconcileResult(outcome=ReconcileOutcome.SETTLED, session=decision.session)
        return self._deferred(session)

    def _should_close(self, session: PaymentSession, event: PaymentEvent) -> bool:
        """Whether the checkout is to be closed. One that is approved is, as soon as it may not be captured."""
        if session.is_capturing:
            return False
        now = self.clock.now()
        if isinstance(event, CheckoutApproved):
            lapsed = decide(session, event, now).transition is not Transition.CAPTURE
            return lapsed or self._is_enrolled(session)
        return event.kind is EventKind.OPENED and (session.should_close(now) or self._is_enrolled(session))

    def _is_enrolled(self, session: PaymentSession) -> bool:
        """Whether the student is enrolled by other means, such as a coupon in another tab: nobody should pay then."""
        return self.enrollments.find(session.user_id, session.course_id) is not None

    def _is_of_other_account(self, session: PaymentSession, now: datetime) -> bool:
        """Whether the checkout belongs to another account or mode of the provider, and its time is long over."""
        is_ours = self.gateways.named(session.provider).account().opened(session)
        waits = SLOWEST_PAYMENT if session.status is Status.PROCESSING else OTHER_ACCOUNT_GRACE
        return not is_ours and now >= session.expires_at + waits

    def _given_up(self, session: PaymentSession) -> ReconcileResult:
        """Our keys are those of another account: nobody can ask for this checkout any more, and nobody can pay it."""
        if session.status is Status.PROCESSING:
            # Money may have arrived there: a person has to look at it, with the other account's dashboard.
            signal, outcome = Signal.PAYMENT_IN_REVIEW, ReconcileOutcome.SETTLED
            given_up = self.settle.review_unreported(session)
        else:
            signal, outcome = Signal.CHECKOUT_RELEASED, ReconcileOutcome.RELEASED
            self.settle.release(session, Status.EXPIRED)
            given_up = session.released(Status.EXPIRED, self.clock.now())
        self.telemetry.emit(
            signal,
            reason=ReviewReason.OTHER_ACCOUNT.value,
            provider=session.provider,
            user_id=session.user_id,
            course_id=session.course_id,
            payment_session_id=session.payment_session_id,
        )
        return ReconcileResult(outcome=outcome, session=given_up)

    def _unattached(self, session: PaymentSession) -> ReconcileResult:
        """A session whose checkout is not known: whether its request reached the provider, only the provider knows."""
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
        """A session whose request cannot be repeated: search for its checkout; without one release the session."""
        gateway, now = self.gateways.named(session.provider), self.clock.now()
        checkout = search_checkout(gateway, session)
        if (checkout is None or checkout is Search.NOT_POSSIBLE) and self._may_be_open(session, checkout):
            # Someone who was deleted a moment ago may have signed up again, and be opening it right now.
            return ReconcileResult(outcome=ReconcileOutcome.STILL_OPEN, session=session)
        if checkout is None or checkout is Search.NOT_POSSIBLE:
            self.settle.release(session, Status.EXPIRED)
            return ReconcileResult(outcome=ReconcileOutcome.RELEASED, session=session.released(Status.EXPIRED, now))
        if checkout.event.kind in (EventKind.OPENED, EventKind.APPROVED):
            opened = session.opened(checkout.provider_session_id, now)
            self.settle.commit_unless_changed(attach(opened))
            return self._attached(opened)
        return ReconcileResult(outcome=ReconcileOutcome.SETTLED, session=self.settle(checkout.event))

    def _may_be_open(self, session: PaymentSession, found: NotPossible | None) -> bool:
        """Whether a checkout that was not found may exist: it may just be opening, or nobody can search for it now.

        Without a search it is given up when its time is over: nobody can pay it then. A payment reported later counts.
        """
        if found is None:
            return self._age(session) < LAST_OPENING
        return self.clock.now() < session.expires_at + CAPTURE_GRACE

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
