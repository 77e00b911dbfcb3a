"""Coupons: which codes, which terms, and when they apply."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.coupons import Coupon, DiscountType, coupon_code
from domain.errors import (
    CouponExhausted,
    CouponExpired,
    CouponInactive,
    CouponNotApplicable,
    CouponNotFound,
    CouponNotYetValid,
    CouponRefused,
    InvalidValue,
    MinimumAmountNotReached,
)
from domain.money import Money
from tests.support.factories import NOW, PRICE, a_coupon, later


@pytest.mark.parametrize(("typed", "stored"), [("spring", "SPRING"), ("Spring_24-x", "SPRING_24-X"), ("A1_", "A1_")])
def test_a_code_is_read_without_regard_to_case(typed: str, stored: str) -> None:
    """A student may type a code in any case."""
    assert coupon_code(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "\uff33\uff30\uff32\uff29\uff2e\uff27",  # wide letters
        "spr\u0131ng",  # a dotless i, whose upper case is a plain I
        "\u017fpring",  # a long s, whose upper case is a plain S
        "SPRING\n",
        "SPR ING",
        "SPR#ING",
        "\u0421OUPON",  # a Cyrillic C
        "AB",
        "A" * 41,
        "",
    ],
)
def test_fault_68_look_alikes_are_no_codes(typed: str) -> None:
    """Only ASCII letters, digits, dash and underscore make a code; nothing is folded into them."""
    with pytest.raises(CouponNotFound):
        coupon_code(typed)


@given(st.text(max_size=45))
def test_fault_68_a_code_is_plain_or_unknown(typed: str) -> None:
    """Whatever is typed is unknown, or differs from the stored code by ASCII case alone."""
    try:
        stored = coupon_code(typed)
    except CouponNotFound:
        return
    assert typed.isascii()
    assert stored.lower() == typed.lower()
    assert coupon_code(stored) == stored


@pytest.mark.parametrize(
    "wrong",
    [
        {"discount_value": Decimal(0)},
        {"discount_value": Decimal(-5)},
        {"discount_value": Decimal("100.01")},
        {"discount_value": Decimal("10.005")},
        {"discount_value": Decimal("10.000000000000000000000000000001")},
        {"discount_value": Decimal("NaN")},
        {"discount_value": Decimal("Infinity")},
        {"discount_value": 10.5},
        {"discount_type": DiscountType.FIXED, "discount_value": Decimal("0.5")},
        {"discount_type": DiscountType.FIXED, "discount_value": Decimal("1E+40")},
        {"code": "spring"},
        {"code": "SPRING\n"},
        {"currency": "xxx"},
        {"max_uses": 0},
        {"maximum_discount": 0},
        {"minimum_amount": -1},
        {"shards": 0},
        {"shards": 65},
        {"valid_from": NOW, "valid_until": NOW},
    ],
)
def test_fault_67_a_coupon_that_could_never_be_right_is_not_issued(wrong: dict[str, Any]) -> None:
    """Discounts of zero, below zero or above the whole, and limits that allow nothing, are refused at creation."""
    with pytest.raises(InvalidValue):
        a_coupon(**wrong)


def test_a_coupon_applies_where_its_terms_hold() -> None:
    """A coupon in its time, with a use left, lowers the price of its own courses."""
    coupon = a_coupon(
        valid_from=NOW, valid_until=later(), course_ids=frozenset({"course-1"}), minimum_amount=PRICE.amount
    )
    assert coupon.quote(course_id="course-1", price=PRICE, at=NOW).total == Money(13_499, "usd")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"active": False}, CouponInactive),
        ({"valid_from": later()}, CouponNotYetValid),
        ({"valid_until": NOW}, CouponExpired),
        ({"current_uses": 10}, CouponExhausted),
        ({"current_uses": 11}, CouponExhausted),
        ({"course_ids": frozenset({"course-2"})}, CouponNotApplicable),
        ({"currency": "eur"}, CouponNotApplicable),
        ({"minimum_amount": PRICE.amount + 1}, MinimumAmountNotReached),
    ],
)
def test_a_coupon_says_why_it_does_not_apply(changes: dict[str, Any], refusal: type[CouponRefused]) -> None:
    """Each term that does not hold is a refusal of its own."""
    with pytest.raises(refusal):
        a_coupon(**changes).quote(course_id="course-1", price=PRICE, at=NOW)


def test_a_validity_ends_at_its_very_moment() -> None:
    """A coupon is valid from its first moment on and until just before its last."""
    coupon = a_coupon(valid_from=NOW, valid_until=later())
    coupon.require_usable(NOW)
    coupon.require_usable(later() - timedelta(microseconds=1))
    with pytest.raises(CouponExpired):
        coupon.require_usable(later())
    with pytest.raises(CouponNotYetValid):
        coupon.require_usable(NOW - timedelta(microseconds=1))


def test_a_sharded_coupon_leaves_the_count_to_its_shards() -> None:
    """With several counters, the coupon's own number of uses decides nothing."""
    a_coupon(shards=4, current_uses=10).require_usable(NOW)


@given(max_uses=st.integers(1, 5_000), shards=st.integers(1, 64))
def test_the_shards_share_the_limit_without_loss(max_uses: int, shards: int) -> None:
    """The limits of all shards add up to the coupon's limit, and no two differ by more than one."""
    coupon = a_coupon(max_uses=max_uses, shards=shards)
    limits = [coupon.shard_limit(shard) or 0 for shard in range(shards)]
    assert sum(limits) == max_uses
    assert max(limits) - min(limits) <= 1


def test_a_coupon_without_a_limit_is_not_counted() -> None:
    """Without a limit there is no counter to take from or give back to."""
    coupon = a_coupon(max_uses=None)
    assert coupon.shard_limit(0) is None
    assert not coupon.hold().counted
    coupon.require_usable(NOW)


def test_a_use_that_is_given_back_counts_no_more() -> None:
    """What a student's own checkout holds is free again for the next one, and a count never falls below zero."""
    used_up = a_coupon(max_uses=1, current_uses=1)
    assert used_up.with_one_use_back() == evolve(used_up, current_uses=0)
    assert used_up.with_one_use_back().with_one_use_back().current_uses == 0


def test_a_held_use_remembers_its_counter() -> None:
    """A held use names the code, the shard it was taken from, and whether it was counted at all."""
    coupon: Coupon = a_coupon(shards=4)
    assert (coupon.hold(3).code, coupon.hold(3).shard) == ("SPRING", 3)
    assert coupon.hold(3).counted
    assert coupon.hold(3).sharded
    assert not a_coupon().hold().sharded
