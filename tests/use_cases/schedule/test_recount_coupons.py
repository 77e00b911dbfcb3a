"""Every night uses are counted one by one: a counter that drifted is reported, and nothing is corrected blindly."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from attrs import evolve, field, frozen

from adapters.memory.coupons import MemoryCouponRepo
from domain.coupons import Coupon
from domain.ports.telemetry import Signal
from domain.use_cases.schedule.recount_coupons import Recount
from tests.support.factories import a_coupon
from tests.support.memory.school import School, somebody


def a_busy_school(**options: object) -> School:
    """Three students hold or have redeemed the coupon; one has given it back."""
    school = School()
    school.issue(a_coupon(**options))
    sessions = [school.start(somebody(n), coupon_code="SPRING").session.payment_session_id for n in range(4)]
    school.settle(school.provider.pay(sessions[0]))
    school.cancel(sessions[1], somebody(1))
    return school


def drift(school: School, by: int) -> None:
    """The counter is put wrong, as by hand or by a restored backup."""
    spring = school.store.coupons["SPRING"]
    if spring.shards == 1:
        school.store.coupons["SPRING"] = evolve(spring, current_uses=spring.current_uses + by)
    else:
        counters = school.store.shard_counters
        counters["SPRING", 0] = counters.get(("SPRING", 0), 0) + by


@pytest.mark.parametrize("shards", [1, 4])
def test_right_counters_are_not_reported(shards: int) -> None:
    """Held and redeemed uses together are what the counter says, all shards together."""
    school = a_busy_school(shards=shards)
    assert school.recount() == ()
    assert school.signals(Signal.DIFFERENCE_FOUND) == []


@pytest.mark.parametrize("shards", [1, 4])
@pytest.mark.parametrize("by", [1, -1])
def test_fault_96_a_counter_that_drifted_is_reported(shards: int, by: int) -> None:
    """With both numbers, and an alarm that names the coupon; the counter is left as it is."""
    school = a_busy_school(shards=shards)
    school.issue(a_coupon(code="OTHER"))
    drift(school, by)
    assert school.recount() == (Recount(code="SPRING", counted=3 + by, found=3),)
    (emitted,) = [emitted for emitted in school.telemetry.emitted if emitted.signal is Signal.DIFFERENCE_FOUND]
    assert (emitted.reason, emitted.ids) == ("coupon_counter", {"coupon_code": "SPRING"})
    assert school.uses_counted() == 3 + by


def test_a_coupon_without_a_limit_is_not_counted() -> None:
    """There is no counter that could be wrong."""
    school = a_busy_school(max_uses=None)
    assert len(school.store.coupon_uses) == 3
    assert school.recount() == ()


@frozen
class Busy(MemoryCouponRepo):
    """Whenever the uses have been counted, or a coupon read, the next of these events happens."""

    after_counting: list[Callable[[], object]] = field(factory=list)
    after_reading: list[Callable[[], object]] = field(factory=list)

    def find(self, code: str) -> Coupon | None:
        """The coupon; then something happens."""
        coupon = MemoryCouponRepo(self.store).find(code)
        if self.after_reading:
            self.after_reading.pop(0)()
        return coupon

    def count_uses(self, code: str) -> int:
        """The uses; then something happens."""
        count = MemoryCouponRepo(self.store).count_uses(code)
        if self.after_counting:
            self.after_counting.pop(0)()
        return count


def test_a_purchase_between_two_readings_is_no_drift() -> None:
    """The counter was read before it and the uses after it: at the second look they agree."""
    school = a_busy_school()
    busy = Busy(school.store, after_reading=[lambda: school.start(somebody(9), coupon_code="SPRING")])
    assert school.recount(busy) == ()
    assert school.uses_counted() == 4


def test_only_what_differed_at_the_first_count_is_counted_again() -> None:
    """A coupon that was right is right, whatever is bought of it while another one is looked at again."""
    school = a_busy_school()
    school.issue(a_coupon(code="DRIFTED", current_uses=2))

    def bought() -> None:
        school.start(somebody(9), coupon_code="SPRING")

    busy = Busy(school.store, after_reading=[lambda: None, lambda: None, bought, bought])
    assert [recount.code for recount in school.recount(busy)] == ["DRIFTED"]


def test_a_drift_is_reported_as_the_second_look_found_it() -> None:
    """A use given back meanwhile is in both numbers; the drift stays what it is."""
    school = a_busy_school()
    drift(school, 2)
    busy = Busy(school.store, after_counting=[lambda: school.cancel("ps_000003", somebody(2))])
    assert school.recount(busy) == (Recount(code="SPRING", counted=4, found=2),)


def test_a_coupon_that_is_gone_at_the_second_look_is_passed_over() -> None:
    """There is nothing to compare."""
    school = a_busy_school()
    drift(school, 1)
    busy = Busy(school.store, after_counting=[lambda: school.store.coupons.pop("SPRING")])
    assert school.recount(busy) == ()


def test_every_drifted_coupon_is_found() -> None:
    """One wrong counter does not hide another, or a right one between them."""
    school = School()
    for code in ("AAA", "BBB", "CCC"):
        school.issue(a_coupon(code=code, discount_value=Decimal(5)))
    for code in ("AAA", "CCC"):
        school.change_coupon(code, current_uses=1)
    assert [recount.code for recount in school.recount()] == ["AAA", "CCC"]
