"""What must hold whenever a payment session changes."""

from __future__ import annotations

from collections import Counter

from adapters.memory.store import Store
from domain.payments.reviews import ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, RELEASED, Status
from tests.simulation import provider as stripe
from tests.simulation.checkout_events import LIVEMODE
from tests.simulation.provider import Provider, SimulatedCheckout
from tests.simulation.world import World, require

_BEGUN = {Status.CREATING, Status.COMPLETED}
_TRANSITIONS = {
    Status.CREATING: frozenset(Status),
    Status.OPEN: frozenset(Status) - {Status.CREATING},
    Status.PROCESSING: frozenset({Status.PROCESSING, Status.COMPLETED, Status.FAILED, Status.REVIEW}),
    Status.COMPLETED: frozenset({Status.COMPLETED}),
    **{status: frozenset({status, Status.COMPLETED, Status.REVIEW}) for status in RELEASED},
    Status.REVIEW: frozenset({Status.REVIEW, Status.COMPLETED}),
}


SEARCHED_SKEW = 45
"""Seconds between clocks that a search for a lost checkout allows for: a minute, less what requests take."""


class SessionInvariants:
    """Checks each step of a session, and counts how sessions end."""

    def __init__(self, world: World, store: Store, provider: Provider) -> None:
        self.world = world
        self.store = store
        self.provider = provider
        self.reached: Counter[str] = Counter()
        self.waited: float = 0.0

    def moved(self, key: tuple[str, str], old: PaymentSession | None, new: PaymentSession) -> None:
        """A session began (``old`` is None) or changed."""
        require(key == (new.user_id, new.payment_session_id), "a session under a foreign key", key, new)
        require(new.livemode == LIVEMODE, "a session of the other mode", new)
        if old is None:
            self._began(new)
            return
        require(new.status in _TRANSITIONS[old.status], "a transition that the table does not have", old, new)
        decided = old.status is not Status.REVIEW or new.status is old.status or new.resolution is not None
        require(decided, "an event decided what a person should", old, new)
        require(_sale(old) == _sale(new), "a sale changed", old, new)
        for learned in ("provider_session_id", "provider_payment_id", "resolution"):
            known = getattr(old, learned)
            require(known is None or getattr(new, learned) == known, f"{learned} was unlearned", old, new)
        forgotten = old.cancel_requested_at is not None and new.cancel_requested_at is None
        require(not forgotten, "a cancel request was forgotten", old, new)
        require((new.due_at is not None) == (new.status in LIVE), "due and not live, or the reverse", new)
        if new.status is not old.status:
            self._ended(old, new)

    def _began(self, new: PaymentSession) -> None:
        if new.review_reason is ReviewReason.SECOND_PAYMENT:
            paid = [checkout for checkout in self.provider.checkouts if checkout.paid_for(new)]
            require(paid and paid[0].stage == stripe.PAID and new.awaits_decision, "no second payment", new)
            self.reached["review: second_payment"] += 1
            return
        require(new.status in _BEGUN, "a session began in the middle", new)
        if new.status is Status.CREATING:
            enrolled = (new.user_id, new.course_id) in self.store.enrollments
            require(not enrolled, "a checkout for a course that the student is in", new)
        if new.status is Status.COMPLETED:
            require(new.total.is_zero, "completed unpaid", new)
            self.reached["completed at once"] += 1

    def _ended(self, old: PaymentSession, new: PaymentSession) -> None:
        if new.status in LIVE:
            return
        checkouts = [
            checkout
            for checkout in self.provider.checkouts
            if checkout.session.payment_session_id == new.payment_session_id
        ]
        self.reached[_ending(old, new)] += 1
        if new.status in RELEASED:
            self._released(new, checkouts)
        elif new.resolution is None:
            mine = [checkout for checkout in checkouts if checkout.stage == stripe.PAID]
            require(mine, "nobody paid", old, new)
            self._completed(new, mine)
            self._told_late(old, new)
        if new.status is Status.REVIEW and old.status in LIVE:
            lock = self.store.guards.get((new.user_id, new.course_id))
            require(lock == new.payment_session_id, "money in review, and the student may pay again", new)

    def _released(self, session: PaymentSession, checkouts: list[SimulatedCheckout]) -> None:
        """Only the provider closes a checkout.

        One that no browser ever showed cannot be paid; where clocks are far apart, it may be missed in a search.
        """
        together = self.world.clocks_apart <= SEARCHED_SKEW
        for checkout in checkouts:
            over = self.provider.current(checkout).stage in (stripe.EXPIRED, stripe.FAILED)
            known = checkout.seen or together
            require(
                over or checkout.reopened or checkout.copied or not known,
                "released while its checkout lives",
                session,
                checkout.checkout_id,
            )

    def _completed(self, session: PaymentSession, paid: list[SimulatedCheckout]) -> None:
        if session.status is not Status.COMPLETED:
            return
        require(session.user_id in self.store.students, "enrolled though the student was deleted", session)
        good = [
            checkout for checkout in paid if checkout.amount == session.total and checkout.livemode == session.livemode
        ]
        require(good, "enrolled for another sum, or by money that is not real", session, session.total)
        exact = [checkout for checkout in good if checkout.checkout_id == session.provider_session_id]
        require(exact, "enrolled by another checkout", session, session.provider_session_id)
        self._named_rightly(session, exact[0])
        if (paid_at := exact[0].paid_at) is not None:
            self.waited = max(self.waited, (self.world.now - paid_at).total_seconds())

    def _told_late(self, old: PaymentSession, new: PaymentSession) -> None:
        """Money that should have been impossible is recorded as such, and so raises an alarm."""
        if new.status is not Status.COMPLETED:
            return
        outcomes = {
            event.outcome
            for event in self.store.events.values()
            if event.payment_session_id == new.payment_session_id and event.outcome.startswith("completed")
        }
        expected = "completed_late" if old.status in RELEASED else "completed"
        require(expected in outcomes, f"not recorded as {expected}", old, new)

    def _named_rightly(self, session: PaymentSession, checkout: SimulatedCheckout) -> None:
        """A payment alone names no reference and may say too little; a checkout's own word says enough."""
        alone = any(
            event.payment_session_id == session.payment_session_id and event.event_type.startswith("payment_intent")
            for event in self.store.events.values()
        )
        right = checkout.reference == session.payment_session_id
        require(alone or right, "enrolled though the reference names another session", session)
        course_id = checkout.metadata[1] if checkout.metadata else session.course_id
        require(course_id == session.course_id, "enrolled though the metadata name another course", session)


def _sale(session: PaymentSession) -> tuple[object, ...]:
    return (session.course_id, session.quote, session.coupon, session.created_at, session.expires_at, session.provider)


def _ending(old: PaymentSession, new: PaymentSession) -> str:
    if new.status is Status.REVIEW:
        return f"review: {new.review_reason.value if new.review_reason else '?'}"
    if new.resolution is not None and new.resolution.kind is ResolutionKind.ENROLLED:
        return "completed by a person"
    return f"{new.status.value} late" if old.status in RELEASED else new.status.value
