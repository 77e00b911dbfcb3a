"""What must hold after every commit, whatever happened so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from adapters.memory.store import Store
from domain.audit import AuditAction
from domain.enrollments import PENDING, EndCause, EndedEnrollment, Enrollment
from domain.payment_sync import SYSTEM
from domain.payments.reviews import ResolutionKind
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, Status
from tests.simulation.coupon_invariants import check_coupons
from tests.simulation.money_invariants import MoneyInvariants
from tests.simulation.provider import Provider
from tests.simulation.seat_invariants import check_checkouts_have_seats, check_seats
from tests.simulation.session_invariants import SessionInvariants
from tests.simulation.watched import WATCHED, Watched
from tests.simulation.world import Violation, World, require

Written = Mapping[str, Collection[Any]]
"""The keys written since the last check, by the dictionary of the store."""


class Invariants:
    """Compares the store with what it was at the last check, and with the provider."""

    def __init__(self, world: World, store: Store, provider: Provider) -> None:
        self.world = world
        self.store = store
        self.provider = provider
        self.sessions: dict[tuple[str, str], PaymentSession] = {}
        self.enrollments: dict[tuple[str, str], Enrollment] = {}
        self.ended: dict[tuple[str, str], EndedEnrollment] = {}
        self.ended_at: dict[tuple[str, str], int] = {}
        """At which port call the latest enrollment of a student in a course ended."""
        self.ends = SessionInvariants(world, store, provider)
        self.money = MoneyInvariants(store, provider.bank, names_refunds=provider.names_refunds)
        self.restored = False
        self.taken_away: set[str] = set()
        """Courses that somebody took away, at least for a while."""
        self.damaged_codes: set[str] = set()
        """Coupons whose counters or uses somebody changed by hand."""
        self.damaged_locks = self.ends.damaged_locks
        """Students and courses whose checkout lock somebody deleted or left behind."""
        self.lost: dict[tuple[str, str], PaymentSession] = {}
        """Paid sessions that somebody deleted and nobody has rebuilt yet."""
        self.money.lost = self.lost
        self._ever_lost: dict[tuple[str, str], PaymentSession] = {}
        self._lost_since_restored: set[tuple[str, str]] = set()
        places = frozenset({"enrollments", "ended", "earlier_ended"})
        coupons = frozenset({"coupons", "coupon_uses", "shard_counters", "sessions"})
        self._laws: tuple[tuple[frozenset[str], Callable[[Written], None]], ...] = (
            (frozenset({"ledger"}), lambda written: self.money.count_entries(written["ledger"])),
            (frozenset({"sessions", "checkout_locks"}), lambda written: self._sessions(written["sessions"])),
            (frozenset({"enrollments"}), lambda written: self._enrollments(written["enrollments"])),
            (frozenset({"ended", "earlier_ended"}), lambda _: self._ended_enrollments()),
            (places | {"sessions"}, self._places),
            (frozenset({"reversals"}), lambda written: self.money.check_reversals(written["reversals"])),
            (places | {"ledger"}, lambda _: self.money.check_seats()),
            (frozenset({"sessions", "checkout_locks"}), lambda _: self._guards()),
            (frozenset({"sessions", "provider_references"}), lambda _: self._pointers()),
            (coupons, self._coupons),
            (frozenset({"claims", "enrollments"}), lambda _: check_seats(self.store, frozenset(self.taken_away))),
            (
                frozenset({"claims", "checkout_locks"}),
                lambda _: check_checkouts_have_seats(self.store, frozenset(self.damaged_locks)),
            ),
        )
        """Each invariant with the dictionaries of the store that it is about."""

    def reset(self) -> None:
        """The store was restored to an earlier point: compare with that from now on."""
        self.restored = self.ends.restored = True
        self.sessions, self.enrollments = dict(self.store.sessions), dict(self.store.enrollments)
        self.lost = {key: one for key, one in self._ever_lost.items() if key not in self.sessions}
        self._lost_since_restored.clear()
        self.money.lost = self.lost
        self.ended = dict(self.store.ended)
        self.money.reset()
        self.money.count_entries(self._written("ledger"))

    def lose(self, session: PaymentSession) -> None:
        """Somebody deleted a paid session, and nothing else."""
        key = (session.user_id, session.payment_session_id)
        self.restored = self.ends.restored = True
        self.lost[key] = self._ever_lost[key] = self.sessions.pop(key)
        self._lost_since_restored.add(key)

    def captured(self, session: PaymentSession) -> None:
        """A capture took money: it was stored before, and nobody cancelled or gave the session up.

        Raises:
            Violation: it is not so.
        """
        stored = self.store.sessions.get((session.user_id, session.payment_session_id))
        capturing = stored is not None and stored.is_capturing and stored.cancel_requested_at is None
        same = capturing and stored is not None and stored.capture_attempts == session.capture_attempts
        require(same or self.restored, "money was taken for a session that is not being captured", session, stored)

    def check_everything(self) -> None:
        """Every invariant, as of now, about everything that is stored, whether or not it was written since.

        Raises:
            Violation: one does not hold.
        """
        for name in WATCHED:
            getattr(self.store, name).touch()
        self.check()

    def check(self) -> None:
        """Every invariant, as of now, about what was written since the last check and what that touches.

        Raises:
            Violation: one does not hold.
        """
        written = {name: self._written(name) for name in WATCHED}
        touched = {name for name, keys in written.items() if keys}
        for names, law in self._laws:
            if not touched.isdisjoint(names):
                law(written)

    def _written(self, name: str) -> Collection[Any]:
        dictionary: Watched[Any, Any] = getattr(self.store, name)
        return dictionary.take() if dictionary.written else ()

    def _sessions(self, written: Collection[tuple[str, str]]) -> None:
        before, there, guards = self.sessions, self.store.sessions, self.store.checkout_locks
        for key in written:
            if key in self.lost and key not in there:
                continue
            require(key in there, "a payment session is gone", key)
            session, old, lost = there[key], before.get(key), self.lost.pop(key, None)
            if lost is not None and key in self._lost_since_restored:
                self.ends.found_again(lost, session)
            if old is not session:
                self.ends.moved(key, old, session)
                self.money.changed(old or lost, session)
                before[key] = session
        for session in there.values():
            if session.status in LIVE and (session.user_id, session.course_id) not in self.damaged_locks:
                lock = guards.get((session.user_id, session.course_id))
                if lock != session.payment_session_id:
                    raise Violation(f"a live session without its checkout lock, or a second one: {session}, {lock}")

    def _enrollments(self, written: Collection[tuple[str, str]]) -> None:
        before, there = self.enrollments, self.store.enrollments
        for key in written:
            if key in before and key not in there:
                self._ended(key, before.pop(key))
        for key in written:
            old, enrollment = before.get(key), there.get(key)
            if enrollment is None or old is enrollment:
                continue
            before[key] = enrollment
            if old is not None and old.payment_status != PENDING:
                if _place(old) == _place(enrollment):
                    require(old.progress <= enrollment.progress, "progress fell", old, enrollment)
                else:
                    self._ended(key, old)
            if enrollment.payment_status != PENDING:
                self._paid_for(key, enrollment)

    def _ended_enrollments(self) -> None:
        """One that had ended is active again, or is kept when another ends after it."""
        before, there = self.ended, self.store.ended
        for key, old in list(before.items()):
            if there.get(key) is not old:
                kept = [one.enrollment for one in self._all_ended(key)]
                active = self.store.enrollments.get(key)
                places = [_place(one) for one in (*kept, *([active] if active else ()))]
                require(_place(old.enrollment) in places, "an enrollment that had ended is forgotten", old)
        self.ended = dict(there)

    def _places(self, written: Written) -> None:
        """Of each session that was written, or whose student's enrollment in the course was."""
        there, sessions = self.store.enrollments, written["sessions"]
        places = {*written["enrollments"], *written["ended"], *(key[:2] for key in written["earlier_ended"])}
        for key, session in self.store.sessions.items():
            if key not in sessions and (session.user_id, session.course_id) not in places:
                continue
            if session.status is Status.COMPLETED:
                require(self.has_place(session), "a completed session without its enrollment", session)
            elif session.status is Status.REVERSED:
                found = there.get((session.user_id, session.course_id))
                ours = found is not None and found.payment_session_id == session.payment_session_id
                require(not ours, "an enrollment whose money is gone", session, found)

    def has_place(self, session: PaymentSession) -> bool:
        """Whether the session's own enrollment is active or among the ended ones."""
        key = (session.user_id, session.course_id)
        active = self.store.enrollments.get(key)
        if active is not None and active.payment_session_id == session.payment_session_id:
            return True
        return any(one.payment_session_id == session.payment_session_id for one in self._all_ended(key))

    def was_revoked(self, session: PaymentSession) -> bool:
        """Whether a person ended the session's own enrollment."""
        ended = self._all_ended((session.user_id, session.course_id))
        own = [one for one in ended if one.payment_session_id == session.payment_session_id]
        return any(one.cause is EndCause.REVOKED for one in own)

    def _all_ended(self, key: tuple[str, str]) -> list[EndedEnrollment]:
        latest = self.store.ended.get(key)
        earlier = [one for name, one in self.store.earlier_ended.items() if name[:2] == key]
        return [latest, *earlier] if latest is not None else earlier

    def _ended(self, key: tuple[str, str], old: Enrollment) -> None:
        """An enrollment that is gone has ended, whole, by somebody and for a cause."""
        if old.payment_status == PENDING:
            return
        self.ended_at[key] = self.world.calls
        found = next((one for one in self._all_ended(key) if _place(one.enrollment) == _place(old)), None)
        if found is None:
            raise Violation(f"an enrollment is gone: {old}")
        require(old.progress <= found.enrollment.progress, "progress was lost at the end", old, found)
        by_person = found.ended_by != SYSTEM
        require(by_person == (found.cause is EndCause.REVOKED), "ended by whom?", found)
        recorded = any(
            record.action is AuditAction.ENROLLMENT_REVOKED and record.user_id == key[0] and record.at == found.ended_at
            for record in self.store.audit
        )
        require(recorded or not by_person, "an enrollment was ended by a person without a record", found)

    def _paid_for(self, key: tuple[str, str], enrollment: Enrollment) -> None:
        require(key == (enrollment.user_id, enrollment.course_id), "an enrollment under a foreign key", key)
        if enrollment.payment is None:
            return
        payment = enrollment.payment
        session = self.store.sessions.get((enrollment.user_id, payment.payment_session_id or ""))
        is_lost = (enrollment.user_id, payment.payment_session_id or "") in self.lost
        require(session is not None or is_lost, "an enrollment without a session", enrollment)
        if session is not None:
            agreed = (session.status, session.course_id, session.total, session.provider_session_id)
            emitted = (Status.COMPLETED, enrollment.course_id, payment.amount, payment.provider_session_id)
            require(agreed == emitted, "an enrollment that its session did not pay for", agreed, emitted)

    def _coupons(self, written: Written) -> None:
        counted = written["coupons"] or written["coupon_uses"] or written["shard_counters"]
        if counted or any(session.coupon for key in written["sessions"] if (session := self.store.sessions.get(key))):
            check_coupons(self.store, self.damaged_codes, self.lost)

    def _guards(self) -> None:
        for (user_id, course_id), payment_session_id in self.store.checkout_locks.items():
            if (user_id, course_id) in self.damaged_locks:
                continue
            session = self.store.sessions.get((user_id, payment_session_id))
            named = session is not None and session.course_id == course_id
            held = named and session is not None and holds_lock(session)
            if not held:
                raise Violation(f"a lock of a session that is over: {user_id} {course_id} {payment_session_id}")

    def _pointers(self) -> None:
        for (_, provider_session_id), key in self.store.provider_references.items():
            session = self.store.sessions.get(key, self.lost.get(key))
            if session is None or session.provider_session_id != provider_session_id:
                raise Violation(f"a checkout id that leads to another session: {provider_session_id!r} {key}")


def holds_lock(session: PaymentSession) -> bool:
    """Whether the session may have the checkout lock: it is live, or its money is in review and not given back yet."""
    if session.status is not Status.REVIEW:
        return session.status in LIVE
    decided = session.resolution
    return decided is None or (decided.kind is ResolutionKind.REFUNDED and session.kept > 0)


def _place(enrollment: Enrollment) -> tuple[object, ...]:
    return (enrollment.enrollment_type, enrollment.payment, enrollment.enrolled_at, enrollment.source)
