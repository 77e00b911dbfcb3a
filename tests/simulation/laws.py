"""What must hold after every commit, whatever happened so far."""

from __future__ import annotations

from collections import Counter

from adapters.memory.store import Store
from domain.enrollments import Enrollment
from domain.payments import LIVE, RELEASED, PaymentSession, ResolutionKind, Status
from tests.simulation import provider as stripe
from tests.simulation.coupon_laws import check_coupons
from tests.simulation.provider import Provider, Till
from tests.simulation.telling import LIVEMODE
from tests.simulation.world import Violation, World, require

_BEGUN = {Status.CREATING, Status.COMPLETED}
_MOVES = {
    Status.CREATING: frozenset(Status),
    Status.OPEN: frozenset(Status) - {Status.CREATING},
    Status.PROCESSING: frozenset({Status.PROCESSING, Status.COMPLETED, Status.FAILED, Status.REVIEW}),
    Status.COMPLETED: frozenset({Status.COMPLETED}),
    **{status: frozenset({status, Status.COMPLETED, Status.REVIEW}) for status in RELEASED},
    Status.REVIEW: frozenset({Status.REVIEW, Status.COMPLETED}),
}


class Laws:
    """Compares the store with what it was at the last look, and with the provider."""

    def __init__(self, world: World, store: Store, provider: Provider) -> None:
        self.world = world
        self.store = store
        self.provider = provider
        self.sessions: dict[tuple[str, str], PaymentSession] = {}
        self.enrollments: dict[tuple[str, str], Enrollment] = {}
        self.reached: Counter[str] = Counter()
        self.waited: float = 0.0

    def check(self) -> None:
        """Every law of the moment.

        Raises:
            Violation: one does not hold.
        """
        self._sessions()
        self._enrollments()
        self._guards()
        check_coupons(self.store)

    def _sessions(self) -> None:
        before, guards = self.sessions, self.store.guards
        for key, session in self.store.sessions.items():
            if before.get(key) is not session:
                self._moved(key, before.get(key), session)
                before[key] = session
            if session.status in LIVE:
                guard = guards.get((session.user_id, session.course_id))
                if guard != session.payment_session_id:
                    raise Violation(f"a live session without its guard, or a second one: {_named(session)}, {guard}")
        require(len(before) == len(self.store.sessions), "a payment session is gone")

    def _moved(self, key: tuple[str, str], old: PaymentSession | None, new: PaymentSession) -> None:
        require(key == (new.user_id, new.payment_session_id), "a session under a foreign key", key, _named(new))
        require(new.livemode == LIVEMODE, "a session of the other mode", _named(new))
        if old is None:
            require(new.status in _BEGUN, "a session began in the middle", _named(new))
            if new.status is Status.COMPLETED:
                require(new.total.is_zero, "completed unpaid", _named(new))
                self.reached["completed at once"] += 1
            return
        require(new.status in _MOVES[old.status], "a status moved off the table", _named(old), _named(new))
        require(_sale(old) == _sale(new), "a sale changed", old, new)
        for learned in ("provider_session_id", "provider_payment_id", "resolution"):
            known = getattr(old, learned)
            require(known is None or getattr(new, learned) == known, f"{learned} was unlearned", _named(old), new)
        forgotten = old.cancel_requested_at is not None and new.cancel_requested_at is None
        require(not forgotten, "a wish to cancel was forgotten", _named(old), new)
        require((new.due_at is not None) == (new.status in LIVE), "due and not live, or the reverse", new)
        if new.status is not old.status:
            self._ended(old, new)

    def _ended(self, old: PaymentSession, new: PaymentSession) -> None:
        if new.status in LIVE:
            return
        tills = [till for till in self.provider.tills if till.session.payment_session_id == new.payment_session_id]
        self.reached[_ending(old, new)] += 1
        if new.status in RELEASED:
            for till in tills:
                alive = till.stage not in (stripe.EXPIRED, stripe.FAILED) and till.seen and not till.reopened
                require(not alive, "released while the provider's checkout lives", _named(new), till.stage)
        elif new.resolution is None:
            mine = [till for till in tills if till.stage == stripe.PAID]
            require(mine, "nobody paid", _named(old), _named(new))
            self._completed(new, mine)

    def _completed(self, session: PaymentSession, paid: list[Till]) -> None:
        if session.status is not Status.COMPLETED:
            return
        good = [till for till in paid if till.amount == session.total and till.livemode == session.livemode]
        require(good, "enrolled for another sum, or by money that is not real", _named(session), session.total)
        exact = [till for till in good if till.till_id == session.provider_session_id]
        require(exact, "enrolled by another checkout", _named(session), session.provider_session_id)
        self._named_rightly(session, exact[0])
        if (paid_at := exact[0].paid_at) is not None:
            self.waited = max(self.waited, (self.world.now - paid_at).total_seconds())

    def _named_rightly(self, session: PaymentSession, till: Till) -> None:
        """A payment alone names no reference and may say too little; a checkout's own word says enough."""
        alone = any(
            event.payment_session_id == session.payment_session_id and event.event_type.startswith("payment_intent")
            for event in self.store.events.values()
        )
        right = till.reference == session.payment_session_id
        require(alone or right, "enrolled though the reference names another session", _named(session))
        course_id = till.metadata[1] if till.metadata else session.course_id
        require(course_id == session.course_id, "enrolled though the metadata name another course", _named(session))

    def _enrollments(self) -> None:
        before = self.enrollments
        for key, enrollment in self.store.enrollments.items():
            old = before.get(key)
            if old is enrollment:
                continue
            before[key] = enrollment
            if old is not None:
                require(_place(old) == _place(enrollment), "an enrollment was overwritten", old, enrollment)
                require(old.progress <= enrollment.progress, "progress fell", old, enrollment)
            self._paid_for(key, enrollment)
        require(len(before) == len(self.store.enrollments), "an enrollment is gone")
        completed = [found for found in self.store.sessions.values() if found.status is Status.COMPLETED]
        for session in completed:
            found = self.store.enrollments.get((session.user_id, session.course_id))
            ours = found is not None and found.payment_session_id == session.payment_session_id
            require(ours, "a completed session without its enrollment", _named(session), found)

    def _paid_for(self, key: tuple[str, str], enrollment: Enrollment) -> None:
        require(key == (enrollment.user_id, enrollment.course_id), "an enrollment under a foreign key", key)
        if enrollment.payment is None:
            return
        payment = enrollment.payment
        session = self.store.sessions.get((enrollment.user_id, payment.payment_session_id))
        require(session is not None, "an enrollment without a session", enrollment)
        if session is not None:
            agreed = (session.status, session.course_id, session.total, session.provider_session_id)
            told = (Status.COMPLETED, enrollment.course_id, payment.amount, payment.provider_session_id)
            require(agreed == told, "an enrollment that its session did not pay for", agreed, told)

    def _guards(self) -> None:
        for (user_id, course_id), payment_session_id in self.store.guards.items():
            session = self.store.sessions.get((user_id, payment_session_id))
            named = session is not None and session.course_id == course_id
            held = named and session is not None and (session.status in LIVE or session.awaits_decision)
            if not held:
                raise Violation(f"a guard of a session that is over: {user_id} {course_id} {payment_session_id}")


def _sale(session: PaymentSession) -> tuple[object, ...]:
    return (session.course_id, session.quote, session.coupon, session.created_at, session.expires_at, session.provider)


def _place(enrollment: Enrollment) -> tuple[object, ...]:
    return (enrollment.enrollment_type, enrollment.payment, enrollment.enrolled_at, enrollment.source)


def _ending(old: PaymentSession, new: PaymentSession) -> str:
    if new.status is Status.REVIEW:
        return f"review: {new.review_reason.value if new.review_reason else '?'}"
    if new.resolution is not None and new.resolution.kind is ResolutionKind.ENROLLED:
        return "completed by a person"
    return f"{new.status.value} late" if old.status in RELEASED else new.status.value


def _named(session: PaymentSession) -> str:
    return f"{session.user_id}/{session.payment_session_id} {session.status.value} ({session.course_id})"
