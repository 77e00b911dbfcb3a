"""Coupons under any history of reservations, payments, releases and new limits, against a model in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import hypothesis.strategies as st
from attrs import define, evolve, field
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from domain.coupons import Coupon
from domain.payments.events import CheckoutPaid
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.payments import Writes, fulfil, release, reserve, review
from domain.transactions.writes import AddCoupon, ChangeCoupon
from tests.support.aws.backends import Backend, DynamoBackend, MemoryBackend
from tests.support.factories import a_coupon, a_session, a_session_with, a_student, expired, later, paid

USERS = ("user-0", "user-1", "user-2")
COURSES = ("c-0", "c-1")
COUPONS = (
    a_coupon(code="ONE", max_uses=2),
    a_coupon(code="MANY", max_uses=3, shards=2),
    a_coupon(code="FREELY", max_uses=None),
)


@define
class Model:
    """What must be true: counters and limits by (code, shard), uses by (user, code), and what is live or owned."""

    coupons: dict[str, Coupon] = field(factory=dict)
    counters: dict[tuple[str, int], int] = field(factory=dict)
    uses: dict[tuple[str, str], tuple[str, str]] = field(factory=dict)
    status: dict[str, Status] = field(factory=dict)
    checkout_locks: dict[tuple[str, str], str] = field(factory=dict)
    booked: set[str] = field(factory=set)
    enrolled: set[tuple[str, str]] = field(factory=set)

    def reserve(self, session: PaymentSession) -> list[str]:
        """The refusals of a reservation, or none and it happened."""
        where, held = (session.user_id, session.course_id), session.coupon
        conflicts = ["already_enrolled"] if where in self.enrolled else []
        conflicts += ["payment_session_moved"] if session.payment_session_id in self.status else []
        conflicts += ["checkout_in_progress"] if where in self.checkout_locks else []
        if held:
            limit, count = self.limit(held.code, held.shard), self.counters.get((held.code, held.shard), 0)
            conflicts += ["coupon_exhausted"] if limit is not None and count >= limit else []
            conflicts += ["coupon_already_used"] if (session.user_id, held.code) in self.uses else []
        if not conflicts:
            self.status[session.payment_session_id] = Status.CREATING
            self.checkout_locks[where] = session.payment_session_id
            if held:
                self._count(session, 1)
                self.uses[session.user_id, held.code] = (session.payment_session_id, "held")
        return conflicts

    def finish(self, session: PaymentSession, status: Status) -> list[str]:
        """The refusals of a payment, a release or a review, or none and it happened."""
        where, ours = (session.user_id, session.course_id), session.payment_session_id
        closes, pays = status is not Status.REVIEW, status is Status.COMPLETED
        conflicts = ["payment_session_moved"] if self.status.get(ours) is not Status.CREATING else []
        conflicts += ["already_enrolled"] if pays and where in self.enrolled else []
        conflicts += ["checkout_replaced"] if closes and self.checkout_locks.get(where, ours) != ours else []
        booked = ["ledger_entry_exists"] if status is not Status.EXPIRED and ours in self.booked else []
        coupon = self._coupon_refusals(session, gives_back=status is Status.EXPIRED)
        conflicts += booked + coupon if pays else coupon + booked
        if not conflicts:
            self.status[ours] = status
            self.booked |= set() if status is Status.EXPIRED else {ours}
            if closes:
                self.checkout_locks.pop(where, None)
            if pays:
                self.enrolled.add(where)
            self._settle_coupon(session, gives_back=status is Status.EXPIRED)
        return conflicts

    def change(self, before: Coupon, coupon: Coupon) -> list[str]:
        """The refusals of a new limit, or none and it holds."""
        if before.max_uses == coupon.max_uses:
            return []
        if before.max_uses != self.coupons[coupon.code].max_uses:
            return ["changed_meanwhile"]
        limits = [(self.counters.get((coupon.code, n), 0), coupon.shard_limit(n)) for n in range(coupon.shards)]
        if any(limit is not None and count > limit for count, limit in limits):
            return ["coupon_limit_too_low"]
        self.coupons[coupon.code] = coupon
        return []

    def limit(self, code: str, shard: int) -> int | None:
        """How many uses a counter may have."""
        return self.coupons[code].shard_limit(shard)

    def _coupon_refusals(self, session: PaymentSession, *, gives_back: bool) -> list[str]:
        held = session.coupon
        if held is None:
            return []
        empty = held.counted and self.counters.get((held.code, held.shard), 0) == 0
        conflicts = ["coupon_use_changed"] if gives_back and empty else []
        is_ours = self.uses.get((session.user_id, held.code)) == (session.payment_session_id, "held")
        return conflicts + ([] if is_ours else ["coupon_use_changed"])

    def _settle_coupon(self, session: PaymentSession, *, gives_back: bool) -> None:
        held = session.coupon
        if held and gives_back:
            self._count(session, -1)
            del self.uses[session.user_id, held.code]
        elif held:
            self.uses[session.user_id, held.code] = (session.payment_session_id, "redeemed")

    def _count(self, session: PaymentSession, by: int) -> None:
        held = session.coupon
        if held and held.counted:
            counter = (held.code, held.shard)
            self.counters[counter] = self.counters.get(counter, 0) + by


def _paid(session: PaymentSession) -> CheckoutPaid:
    return paid(session, provider_payment_id=f"pi_{session.payment_session_id}")


class Machine(RuleBasedStateMachine):
    """The same history, applied to the model and to every backend."""

    def __init__(self, client: Any) -> None:
        super().__init__()
        self.dynamo = DynamoBackend(client)
        self.backends: Sequence[Backend] = (MemoryBackend(), self.dynamo)
        self.model = Model()
        self.sessions: list[PaymentSession] = []
        for storage in self.backends:
            for user_id in USERS:
                storage.students.add(a_student(user_id=user_id))
            for coupon in COUPONS:
                storage.commit(AddCoupon(coupon))
        self.model.coupons = {coupon.code: coupon for coupon in COUPONS}

    def teardown(self) -> None:
        """Compare all that is stored once more, in both, and leave no table behind."""
        for storage in self.backends:
            self._compare(storage)
        self.dynamo.drop()

    @rule(
        user_id=st.sampled_from(USERS),
        course_id=st.sampled_from(COURSES),
        code=st.sampled_from([*(coupon.code for coupon in COUPONS), None]),
        shard=st.integers(0, 1),
    )
    def begin(self, user_id: str, course_id: str, code: str | None, shard: int) -> None:
        """Somebody reserves, with the coupon as it was once issued: its limit may have changed since."""
        changes = {"user_id": user_id, "course_id": course_id, "payment_session_id": f"ps_{len(self.sessions)}"}
        coupon = next((coupon for coupon in COUPONS if coupon.code == code), None)
        if coupon is None:
            session = a_session(**changes)
        else:
            session = a_session_with(coupon, shard=shard % coupon.shards, **changes)
        self.sessions.append(session)
        self._everywhere(reserve(session, coupon), self._as_read(session, coupon))

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def begin_again(self, data: st.DataObject) -> None:
        """A reservation is repeated."""
        session = data.draw(st.sampled_from(self.sessions))
        coupon = next((coupon for coupon in COUPONS if session.coupon and coupon.code == session.coupon.code), None)
        self._everywhere(reserve(session, coupon), self._as_read(session, coupon))

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def pay(self, data: st.DataObject) -> None:
        """A payment arrives, for the first time or again."""
        session = data.draw(st.sampled_from(self.sessions))
        self._everywhere(
            fulfil(session, session.completed(_paid(session), later()), _paid(session)),
            self.model.finish(session, Status.COMPLETED),
        )

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        """A checkout expires, or is said to once more."""
        session = data.draw(st.sampled_from(self.sessions))
        writes = release(session, session.released(Status.EXPIRED, later(), expired(session)), expired(session))
        self._everywhere(writes, self.model.finish(session, Status.EXPIRED))

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def mismatch(self, data: st.DataObject) -> None:
        """A payment needs a person."""
        session = data.draw(st.sampled_from(self.sessions))
        writes = review(
            session, session.in_review(ReviewReason.AMOUNT_MISMATCH, _paid(session), later()), _paid(session)
        )
        self._everywhere(writes, self.model.finish(session, Status.REVIEW))

    @rule(coupon=st.sampled_from(COUPONS[:2]), max_uses=st.integers(1, 5), stale=st.booleans())
    def change_the_limit(self, coupon: Coupon, max_uses: int, *, stale: bool) -> None:
        """The school raises or lowers a limit, by what it has read last or long ago."""
        before = coupon if stale else self.model.coupons[coupon.code]
        changed = evolve(before, max_uses=max_uses)
        self._everywhere((ChangeCoupon(before, changed),), self.model.change(before, changed))

    @invariant()
    def the_books_are_those_of_the_model(self) -> None:
        """Checked at each step in memory, where looking is cheap; in DynamoDB at the end, and by every refusal."""
        self._compare(self.backends[0])

    def _compare(self, storage: Backend) -> None:
        for code in self.model.coupons:
            coupon = storage.coupons.find(code)
            used = sum(used == code for _, used in self.model.uses)
            assert coupon is not None
            assert storage.coupons.count_uses(code) == used
            assert coupon.current_uses == (used if coupon.is_counted else 0)
            assert coupon.max_uses is None or coupon.current_uses <= coupon.max_uses
        for session in self.sessions:
            found = storage.sessions.find(session.user_id, session.payment_session_id)
            assert (found.status if found else None) == self.model.status.get(session.payment_session_id)

    def _as_read(self, session: PaymentSession, coupon: Coupon | None) -> list[str]:
        # The write carries the limit as it was read: that of the coupon as issued also binds.
        if coupon and session.coupon and coupon.is_counted:
            now, issued = self.model.coupons[coupon.code], coupon
            limits = [one.shard_limit(session.coupon.shard) or 0 for one in (now, issued)]
            if self.model.counters.get((coupon.code, session.coupon.shard), 0) >= min(limits):
                return self._exhausted(session)
        return self.model.reserve(session)

    def _exhausted(self, session: PaymentSession) -> list[str]:
        coupon = session.coupon
        assert coupon is not None
        kept = self.model.coupons[coupon.code]
        # Every counter is full for this one question, so that the model refuses and changes nothing.
        counters, self.model.counters = self.model.counters, {(coupon.code, n): 99 for n in range(kept.shards)}
        conflicts = self.model.reserve(session)
        self.model.counters = counters
        return conflicts

    def _everywhere(self, writes: Writes, expected: list[str]) -> None:
        for storage in self.backends:
            try:
                storage.unit_of_work.commit(writes)
            except TransactionConflict as refused:
                found = [refusal.code for refusal in refused.conflicts]
            else:
                found = []
            assert found == expected, (type(storage).__name__, writes)


def test_both_stores_keep_coupons_as_the_model_does(client: Any) -> None:
    """Whatever happens in whatever order, counters, uses, sessions and every refusal are those of the model."""
    bounded = settings(
        max_examples=25,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    factory: Any = lambda: Machine(client)  # noqa: E731 - any callable will do, though its types say a class
    run_state_machine_as_test(factory, settings=bounded)
