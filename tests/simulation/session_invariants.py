"""What must hold whenever a payment session changes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from adapters.memory.store import Store
from adapters.memory.writes_enrollments import active_enrollment
from domain.audit import AuditAction
from domain.ledger import LedgerEntry
from domain.payments.reviews import ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, PAID, RELEASED, Status
from domain.services.reconcile_session import SLOWEST_PAYMENT
from domain.transactions.bookkeeping import SALE, payment_key
from tests.simulation import provider as stripe
from tests.simulation.checkout_events import LIVEMODE
from tests.simulation.provider import Provider, SimulatedCheckout
from tests.simulation.world import World, require

_PAID_NEXT = frozenset({Status.COMPLETED, Status.REVIEW, Status.REVERSED})
_BEGUN = {Status.CREATING, Status.COMPLETED}
_TRANSITIONS = {
    Status.CREATING: frozenset(Status) - {Status.REVERSED},
    Status.OPEN: frozenset(Status) - {Status.CREATING, Status.REVERSED},
    Status.PROCESSING: frozenset({Status.PROCESSING, Status.COMPLETED, Status.FAILED, Status.REVIEW}),
    Status.COMPLETED: _PAID_NEXT,
    Status.REVERSED: _PAID_NEXT,
    **{status: frozenset({status, Status.COMPLETED, Status.REVIEW}) for status in RELEASED},
    Status.REVIEW: _PAID_NEXT,
}


_SOON = timedelta(minutes=6)
"""At once, by a clock that may be five minutes ahead."""


class SessionInvariants:
    """Checks each step of a session, and counts how sessions end."""

    def __init__(self, world: World, store: Store, provider: Provider) -> None:
        self.world = world
        self.store = store
        self.provider = provider
        self.reached: Counter[str] = Counter()
        self.waited: float = 0.0
        self.damaged_locks: set[tuple[str, str]] = set()
        self.restored = False

    def moved(self, key: tuple[str, str], old: PaymentSession | None, new: PaymentSession) -> None:
        """A session began (``old`` is None) or changed."""
        require(key == (new.user_id, new.payment_session_id), "a session under a foreign key", key, new)
        require(new.livemode == LIVEMODE, "a session of the other mode", new)
        if old is None:
            self._began(new)
            return
        declined = old.is_capturing and new.status is Status.OPEN
        allowed = new.status in _TRANSITIONS[old.status] or declined
        require(allowed, "a transition that the table does not have", old, new)
        require(old.capture_attempts <= new.capture_attempts, "a capture was forgotten", old, new)
        began = new.capture_attempts > old.capture_attempts
        require(not began or old.cancel_requested_at is None, "a capture of a cancelled session began", old, new)
        decided = old.status is not Status.REVIEW or new.status is not Status.COMPLETED or new.resolution is not None
        require(decided, "an event decided what a person should", old, new)
        require(_sale(old) == _sale(new), "a sale changed", old, new)
        for learned in ("provider_session_id", "provider_payment_id", "received", "received_currency"):
            known = getattr(old, learned)
            require(known is None or getattr(new, learned) == known, f"{learned} was unlearned", old, new)
        forgotten = old.cancel_requested_at is not None and new.cancel_requested_at is None
        require(not forgotten, "a cancel request was forgotten", old, new)
        withdrawn = old.resolution is not None and new.resolution is None
        was_reversed = old.status is Status.REVERSED or new.review_reason is not old.review_reason
        reopened = new.status is Status.REVIEW and was_reversed
        refused = old.reversed_sums.refund_requested > new.reversed_sums.refund_requested
        require(not withdrawn or reopened or refused, "a decision was unlearned", old, new)
        require(new.due_at is not None or new.status not in LIVE, "live and never due", new)
        require(new.due_at is None or new.status not in RELEASED, "over and due", new)
        asked = new.reversed_sums.refund_requested > 0
        soon = new.due_at is not None and new.due_at <= self.world.now + _SOON
        require(soon or not asked, "a refund was asked for, and nobody will make it soon", new)
        if new.status is not old.status:
            self._ended(old, new)

    def found_again(self, lost: PaymentSession, new: PaymentSession) -> None:
        """A session that somebody had deleted is stored again: what happened to its money meanwhile is in it too."""
        require(_sale(lost) == _sale(new), "a lost session came back as another", lost, new)
        for learned in ("provider_session_id", "provider_payment_id", "received", "received_currency"):
            require(getattr(lost, learned) == getattr(new, learned), f"{learned} came back otherwise", lost, new)
        require(lost.reversed_sums == new.reversed_sums, "sums of a lost session came back otherwise", lost, new)
        asked = new.reversed_sums.refund_requested > 0
        require(new.due_at is not None or not asked, "a refund was asked for, and nobody will make it", new)
        self.reached[f"lost: {lost.status.value} -> {new.status.value}"] += 1

    def _began(self, new: PaymentSession) -> None:
        if new.review_reason in (ReviewReason.SECOND_PAYMENT, ReviewReason.PAYMENT_REUSED):
            paid = [checkout for checkout in self.provider.checkouts if checkout.paid_for(new)]
            require(paid and paid[0].stage == stripe.PAID and new.awaits_decision, "no second payment", new)
            self.reached[f"review: {new.review_reason.value}"] += 1
            return
        if self._is_rebuilt(new):
            paid = [checkout for checkout in self.provider.checkouts if checkout.paid_for(new)]
            require(paid and new.status in PAID, "rebuilt, and nobody paid", new)
            self.reached[f"rebuilt: {new.status.value}"] += 1
            return
        require(new.status in _BEGUN, "a session began in the middle", new)
        if new.status is Status.CREATING:
            enrolled = active_enrollment(self.store, new.user_id, new.course_id)
            require(enrolled is None, "a checkout for a course that the student is in", new)
        if new.status is Status.COMPLETED:
            require(new.total.is_zero, "completed unpaid", new)
            self.reached["completed at once"] += 1

    def _is_rebuilt(self, session: PaymentSession) -> bool:
        return any(
            record.action is AuditAction.PAYMENT_REBUILT
            and record.after.get("paymentSessionId") == session.payment_session_id
            for record in self.store.audit
        )

    def _ended(self, old: PaymentSession, new: PaymentSession) -> None:
        if new.status in LIVE:
            return
        if old.status in PAID and (new.resolution is None or new.status is not Status.COMPLETED):
            self._turned(old, new)
            return
        checkouts = [
            checkout
            for checkout in self.provider.checkouts
            if checkout.session.payment_session_id == new.payment_session_id
        ]
        self.reached[_ending(old, new)] += 1
        if new.status in RELEASED:
            self._released(new, checkouts)
        elif new.review_reason is ReviewReason.OTHER_ACCOUNT:
            foreign = old.account not in (None, self.provider.account)
            over = self.world.now >= old.expires_at + SLOWEST_PAYMENT - _SOON
            require(foreign and over and old.status is Status.PROCESSING, "given up, and it could be asked", old, new)
        elif new.resolution is None:
            named = [one for one in self.provider.checkouts if one.renamed and one.renamed[2] == new.payment_session_id]
            mine = [checkout for checkout in (*checkouts, *named) if checkout.stage == stripe.PAID]
            require(mine, "nobody paid", old, new)
            self._completed(new, mine)
            self._told_late(old, new)
        is_damaged = (new.user_id, new.course_id) in self.damaged_locks
        if new.status is Status.REVIEW and old.status in LIVE and not is_damaged:
            lock = self.store.checkout_locks.get((new.user_id, new.course_id))
            require(lock == new.payment_session_id, "money in review, and the student may pay again", new)

    def _turned(self, old: PaymentSession, new: PaymentSession) -> None:
        reason = f" ({new.review_reason.value})" if new.status is Status.REVIEW and new.review_reason else ""
        how = " by dispute" if new.reversed_sums.charged_back > 0 else ""
        self.reached[f"{old.status.value} -> {new.status.value}{reason}{how}"] += 1

    def _released(self, session: PaymentSession, checkouts: list[SimulatedCheckout]) -> None:
        """Only the provider closes a checkout.

        One that no browser ever showed cannot be paid: a request may be refused while another tab's is taken, as its
        price was put right in between. What a restore has forgotten of a provider that cannot search ends with its
        time, if somebody asks before the rebuild has come to it; then it is a payment that comes late.
        """
        for checkout in checkouts:
            stage = self.provider.current(checkout).stage
            uncaptured = session.provider in self.provider.capturing and stage in (stripe.OPEN, stripe.APPROVED)
            over = uncaptured or stage in (stripe.EXPIRED, stripe.FAILED)
            known = checkout.seen or session.payment_session_id not in self.provider.refused
            forgotten = self.restored and session.provider in self.provider.capturing and stage == stripe.PAID
            require(
                over
                or forgotten
                or checkout.reopened
                or checkout.copied
                or not known
                or checkout.account != self.provider.account,
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
        outcomes = {entry.outcome for entry in self._sales(new)}
        expected = "completed_late" if old.status in RELEASED else "completed"
        require(expected in outcomes, f"not recorded as {expected}", old, new)

    def _sales(self, session: PaymentSession) -> list[LedgerEntry]:
        sale = self.store.ledger.get((*payment_key(session), SALE))
        return [sale] if sale is not None and sale.payment_session_id == session.payment_session_id else []

    def _named_rightly(self, session: PaymentSession, checkout: SimulatedCheckout) -> None:
        """A payment alone names no reference and may say too little; a checkout's own word says enough."""
        alone = any((entry.event_type or "").startswith("payment_intent") for entry in self._sales(session))
        right = checkout.reference == session.payment_session_id
        require(alone or right, "enrolled though the reference names another session", session)
        course_id = checkout.own_metadata[1] if checkout.own_metadata and not alone else session.course_id
        require(course_id == session.course_id, "enrolled though the metadata name another course", session)


def _sale(session: PaymentSession) -> tuple[object, ...]:
    return (session.course_id, session.quote, session.coupon, session.created_at, session.expires_at, session.provider)


def _ending(old: PaymentSession, new: PaymentSession) -> str:
    if new.status is Status.REVIEW:
        return f"review: {new.review_reason.value if new.review_reason else '?'}"
    if new.resolution is not None and new.resolution.kind is ResolutionKind.ENROLLED:
        return "completed by a person"
    return f"{new.status.value} late" if old.status in RELEASED else new.status.value
