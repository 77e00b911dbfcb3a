"""Coupons in a purchase: held with the session, redeemed with the payment, given back with the release."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from attrs import define, evolve

from adapters.memory.store import CouponUse
from domain.coupons import DiscountType
from domain.errors import (
    AmountTooSmall,
    CouponAlreadyUsed,
    CouponExhausted,
    CouponInactive,
    CouponNotFound,
    DomainError,
)
from domain.money import Money
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.writes import Write
from tests.support.factories import PRICE, a_coupon, a_course, later
from tests.support.memory.misbehaving import Counting, Failing, Interrupted
from tests.support.memory.school import KIM, SAM, School, somebody

WHOLE = Decimal(100)


def test_a_coupon_is_held_then_redeemed() -> None:
    """Opening the checkout counts and holds the use; the payment redeems it and counts nothing more."""
    school = School()
    school.issue(a_coupon())
    session_id = school.start(coupon_code="SPRING").session.payment_session_id
    held = school.coupon_use()
    assert held is not None
    assert (held.payment_session_id, held.redeemed, school.uses_counted()) == (session_id, False, 1)
    school.receive(school.provider.pay(session_id))
    redeemed = school.coupon_use()
    assert redeemed == evolve(held, redeemed=True)
    assert school.uses_counted() == 1
    enrollment = school.enrollment()
    assert enrollment is not None
    assert enrollment.payment is not None
    assert enrollment.payment.amount == Money(13_499, "usd")
    assert (enrollment.payment.discount, enrollment.payment.coupon_code) == (1_500, "SPRING")


def test_fault_69_a_coupon_is_given_back_once() -> None:
    """The expiry gives the use back; hearing of it again gives nothing more."""
    school = School()
    school.issue(a_coupon(current_uses=3))
    expiry = school.provider.expire(school.start(coupon_code="SPRING").session.payment_session_id)
    assert school.uses_counted() == 4
    for _ in range(2):
        school.receive(expiry)
        assert school.uses_counted() == 3
        assert school.coupon_use() is None


def test_fault_62_a_student_uses_a_coupon_once() -> None:
    """A held or redeemed use bars the same student from another course, and nobody else."""
    school = School()
    school.issue(a_coupon())
    school.offer(a_course(course_id="course-2"))
    session_id = school.start(coupon_code="SPRING").session.payment_session_id
    with pytest.raises(CouponAlreadyUsed):
        school.enroll(course_id="course-2", coupon_code="SPRING")
    school.receive(school.provider.pay(session_id))
    with pytest.raises(CouponAlreadyUsed):
        school.enroll(course_id="course-2", coupon_code="SPRING")
    assert school.uses_counted() == 1
    assert school.lock(course_id="course-2") is None
    assert school.start(KIM, coupon_code="SPRING").is_new


def test_fault_60_a_last_use_taken_by_somebody_else_leaves_nothing_behind() -> None:
    """Whoever loses the last use is refused; no session, lock or use of theirs remains."""
    school = School()
    school.issue(a_coupon(max_uses=1))
    rival = School(store=school.store, provider=school.provider, ids=school.ids)
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: rival.start(KIM, coupon_code="SPRING")])
    with pytest.raises(CouponExhausted):
        school.enroll(coupon_code="SPRING")
    assert [owner for owner, _ in school.store.sessions] == [KIM.user_id]
    assert school.lock() is None
    assert school.coupon_use() is None
    assert school.uses_counted() == 1


@pytest.mark.parametrize("counters", [1, 2])
def test_fault_60_a_limit_that_was_lowered_meanwhile_holds(counters: int) -> None:
    """Whoever read the higher limit a moment before gets no use beyond the lower one, on however many counters."""
    school = School()
    school.issue(a_coupon(max_uses=2 * counters, shards=counters))
    for number in range(counters):
        school.start(somebody(number), coupon_code="SPRING")
    if counters > 1:
        school.store.shard_counters = {("SPRING", shard): 1 for shard in range(counters)}
    lower: list[Callable[[], object]] = [lambda: school.change_coupon("SPRING", max_uses=counters)]
    school.unit_of_work = Interrupted(school.unit_of_work, lower)
    with pytest.raises(CouponExhausted):
        school.enroll(somebody(counters), coupon_code="SPRING")
    assert school.uses_counted() == counters


def test_a_coupon_switched_off_meanwhile_is_refused_by_the_reservation() -> None:
    """Whether a coupon applies is a condition of the reservation itself, not only of a read before it."""
    school = School()
    school.issue(a_coupon())
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: school.change_coupon("SPRING", active=False)])
    with pytest.raises(CouponInactive):
        school.enroll(coupon_code="SPRING")
    assert not school.store.sessions


def test_fault_65_a_coupon_that_ends_while_a_checkout_is_open_is_honoured() -> None:
    """The discount is locked in: switched off or expired, it still holds for the open checkout."""
    school = School()
    school.issue(a_coupon(valid_until=later(10)))
    session_id = school.start(coupon_code="SPRING").session.payment_session_id
    school.change_coupon("SPRING", active=False)
    school.wait(minutes=11)
    assert school.start(coupon_code="SPRING").session.payment_session_id == session_id
    school.receive(school.provider.pay(session_id))
    assert school.session(session_id).status is Status.COMPLETED


def test_fault_54_a_whole_discount_enrolls_at_once() -> None:
    """Nothing to pay: a completed session of zero, the use redeemed, and the provider not asked."""
    school = School()
    school.issue(a_coupon(discount_value=WHOLE))
    school.gateway = counting = Counting(school.provider)
    result = school.enrolled(coupon_code="SPRING")
    assert result.is_new
    assert result.session is not None
    stored = school.session(result.session.payment_session_id)
    assert (stored.status, stored.total, stored.due_at) == (Status.COMPLETED, Money(0, "usd"), None)
    use = school.coupon_use()
    assert use is not None
    assert use.redeemed
    assert school.uses_counted() == 1
    assert school.lock() is None
    assert school.enrollment() == result.enrollment
    assert school.signals(Signal.ENROLLED) == ["coupon"]
    assert not counting.asked
    assert not school.enrolled(coupon_code="SPRING").is_new


def test_fault_54_a_whole_discount_closes_the_open_checkout_first() -> None:
    """A student with a checkout open who finds a coupon for everything pays nothing; the checkout is closed."""
    school = School()
    school.issue(a_coupon(discount_value=WHOLE))
    old = school.start().session.payment_session_id
    assert school.enrolled(coupon_code="SPRING").is_new
    assert school.session(old).status is Status.CANCELLED
    assert school.lock() is None


def test_fault_86_a_free_enrollment_by_coupon_is_made_once() -> None:
    """When the answer got lost after storage kept it, the repetition shows the enrollment and counts no more."""
    school = School()
    school.issue(a_coupon(discount_value=WHOLE))
    school.unit_of_work = Failing(school.unit_of_work, after=True)
    with pytest.raises(DomainError):
        school.enroll(coupon_code="SPRING")
    assert not school.enrolled(coupon_code="SPRING").is_new
    assert school.uses_counted() == 1
    assert len(school.store.sessions) == 1


@pytest.mark.parametrize(("left", "sold"), [(1, False), (49, False), (50, True)])
def test_fault_55_a_total_too_small_to_charge_reserves_nothing(left: int, *, sold: bool) -> None:
    """A total between nothing and the least charge is refused before anything is held."""
    school = School()
    school.issue(a_coupon(discount_type=DiscountType.FIXED, discount_value=Decimal(PRICE.amount - left)))
    if sold:
        assert school.start(coupon_code="SPRING").session.total == Money(left, "usd")
    else:
        with pytest.raises(AmountTooSmall):
            school.enroll(coupon_code="SPRING")
        assert not school.store.sessions
        assert school.uses_counted() == 0


def test_an_unknown_code_is_refused() -> None:
    """A code that nobody issued sells nothing at the list price behind the student's back."""
    school = School()
    with pytest.raises(CouponNotFound):
        school.enroll(coupon_code="NOBODYS")
    assert not school.store.sessions


def test_a_coupon_without_a_limit_is_held_uncounted() -> None:
    """Any number of students may use it, each once, and no counter is touched."""
    school = School()
    school.issue(a_coupon(max_uses=None))
    for number in range(3):
        assert school.start(somebody(number), coupon_code="SPRING").is_new
    assert school.uses_counted() == 0
    assert len(school.store.coupon_uses) == 3
    session_id = school.start(somebody(0), coupon_code="SPRING").session.payment_session_id
    school.receive(school.provider.expire(session_id))
    assert len(school.store.coupon_uses) == 2


def test_every_shard_is_tried_before_a_coupon_is_exhausted() -> None:
    """A coupon of five uses on four counters serves exactly five students, in whatever order they hit the counters."""
    school = School()
    school.issue(a_coupon(max_uses=5, shards=4))
    for number in range(5):
        assert school.start(somebody(number), coupon_code="SPRING").is_new
    with pytest.raises(CouponExhausted):
        school.enroll(somebody(5), coupon_code="SPRING")
    assert school.uses_counted() == 5
    assert all(
        count <= (school.store.coupons["SPRING"].shard_limit(shard) or 0)
        for (_, shard), count in school.store.shard_counters.items()
    )


def test_a_sharded_use_goes_back_to_its_own_counter() -> None:
    """The release counts down where the reservation counted up, so that the use can be sold again."""
    school = School()
    school.issue(a_coupon(max_uses=2, shards=2))
    first, _ = (school.start(somebody(number), coupon_code="SPRING") for number in range(2))
    with pytest.raises(CouponExhausted):
        school.enroll(somebody(2), coupon_code="SPRING")
    school.receive(school.provider.expire(first.session.payment_session_id))
    assert school.start(somebody(2), coupon_code="SPRING").is_new
    assert set(school.store.shard_counters.values()) == {1}


@define
class UsedMeanwhile(UnitOfWork):
    """The student uses the coupon in another purchase just before the first transaction."""

    good: UnitOfWork
    use: Callable[[], object]
    commits: int = 0

    def commit(self, writes: tuple[Write, ...]) -> None:
        """Commit, after the other purchase the first time."""
        self.commits += 1
        if self.commits == 1:
            self.use()
        self.good.commit(writes)


def test_the_probing_stops_at_conflicts_that_no_shard_can_mend() -> None:
    """A coupon that the student uses meanwhile is refused once, not once per shard."""
    school = School()
    school.issue(a_coupon(max_uses=64, shards=64))
    use = CouponUse(payment_session_id="ps_other", shard=0, redeemed=False)
    good, key = school.unit_of_work, (SAM.user_id, "SPRING")
    school.unit_of_work = counting = UsedMeanwhile(good, lambda: school.store.coupon_uses.update({key: use}))
    with pytest.raises(CouponAlreadyUsed):
        school.start(coupon_code="SPRING")
    assert counting.commits == 2  # the reservation, and the count of the attempt
