"""What must hold after every commit, whatever happened so far."""

from __future__ import annotations

from adapters.memory.store import Store
from domain.enrollments import Enrollment
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, Status
from tests.simulation.coupon_invariants import check_coupons
from tests.simulation.provider import Provider
from tests.simulation.session_invariants import SessionInvariants
from tests.simulation.world import Violation, World, require


class Invariants:
    """Compares the store with what it was at the last check, and with the provider."""

    def __init__(self, world: World, store: Store, provider: Provider) -> None:
        self.world = world
        self.store = store
        self.provider = provider
        self.sessions: dict[tuple[str, str], PaymentSession] = {}
        self.enrollments: dict[tuple[str, str], Enrollment] = {}
        self.ends = SessionInvariants(world, store, provider)

    def check(self) -> None:
        """Every invariant, as of now.

        Raises:
            Violation: one does not hold.
        """
        self._sessions()
        self._enrollments()
        self._guards()
        self._pointers()
        check_coupons(self.store)

    def _sessions(self) -> None:
        before, guards = self.sessions, self.store.guards
        for key, session in self.store.sessions.items():
            if before.get(key) is not session:
                self.ends.moved(key, before.get(key), session)
                before[key] = session
            if session.status in LIVE:
                lock = guards.get((session.user_id, session.course_id))
                if lock != session.payment_session_id:
                    raise Violation(f"a live session without its checkout lock, or a second one: {session}, {lock}")
        require(len(before) == len(self.store.sessions), "a payment session is gone")

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
            require(ours, "a completed session without its enrollment", session, found)

    def _paid_for(self, key: tuple[str, str], enrollment: Enrollment) -> None:
        require(key == (enrollment.user_id, enrollment.course_id), "an enrollment under a foreign key", key)
        if enrollment.payment is None:
            return
        payment = enrollment.payment
        session = self.store.sessions.get((enrollment.user_id, payment.payment_session_id or ""))
        require(session is not None, "an enrollment without a session", enrollment)
        if session is not None:
            agreed = (session.status, session.course_id, session.total, session.provider_session_id)
            emitted = (Status.COMPLETED, enrollment.course_id, payment.amount, payment.provider_session_id)
            require(agreed == emitted, "an enrollment that its session did not pay for", agreed, emitted)

    def _guards(self) -> None:
        for (user_id, course_id), payment_session_id in self.store.guards.items():
            session = self.store.sessions.get((user_id, payment_session_id))
            named = session is not None and session.course_id == course_id
            held = named and session is not None and (session.status in LIVE or session.awaits_decision)
            if not held:
                raise Violation(f"a lock of a session that is over: {user_id} {course_id} {payment_session_id}")

    def _pointers(self) -> None:
        for (_, provider_session_id), key in self.store.pointers.items():
            session = self.store.sessions.get(key)
            if session is None or session.provider_session_id != provider_session_id:
                raise Violation(f"a checkout id that leads to another session: {provider_session_id!r} {key}")


def _place(enrollment: Enrollment) -> tuple[object, ...]:
    return (enrollment.enrollment_type, enrollment.payment, enrollment.enrolled_at, enrollment.source)
