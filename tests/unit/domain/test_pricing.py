"""Prices under coupons, held to an oracle of exact fractions in every currency exponent."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.stripe.limits import LIMITS
from domain.coupons import Coupon, DiscountType
from domain.errors import AmountTooSmall, InvalidValue
from domain.money import EXPONENTS, Money
from domain.pricing import Quote
from tests.support.factories import NOW, a_coupon

EACH_EXPONENT = ("jpy", "usd", "kwd")
"""A currency without decimals, one with two and one with three."""

amounts = st.integers(1, 99_999_999)
percentages = st.integers(1, 10_000).map(lambda points: Decimal(points).scaleb(-2))
caps = st.none() | st.integers(1, 100_000_000)


@st.composite
def coupons(draw: st.DrawFn, currency: str | None = None) -> Coupon:
    """Any coupon a school may issue."""
    kind = draw(st.sampled_from(DiscountType))
    value = draw(percentages) if kind is DiscountType.PERCENTAGE else Decimal(draw(st.integers(1, 200_000_000)))
    return a_coupon(
        discount_type=kind,
        discount_value=value,
        maximum_discount=draw(caps),
        currency=currency or draw(st.sampled_from(EACH_EXPONENT)),
    )


def half_up(exact: Fraction) -> int:
    """The nearest integer; a half goes up."""
    return (exact + Fraction(1, 2)).__floor__()


def oracle(coupon: Coupon, amount: int) -> int:
    """The discount by definition: exact share, rounded half up, capped by the maximum and by the price.

    Of a price with three decimals, the last of which is zero, it is rounded to two: cards are charged in no smaller
    steps.
    """
    value = Fraction(coupon.discount_value)
    percentage = coupon.discount_type is DiscountType.PERCENTAGE
    step = 10 if EXPONENTS[coupon.currency] == 3 and amount % 10 == 0 else 1
    discount = half_up(amount * value / 100 / step) * step if percentage else int(value)
    caps = [amount] if coupon.maximum_discount is None else [amount, coupon.maximum_discount]
    return min(discount, *caps)


@given(coupon=coupons(), amount=amounts)
def test_a_discount_is_exact_in_every_currency(coupon: Coupon, amount: int) -> None:
    """The discount is the exact share rounded half up, capped by the maximum and by the price."""
    assert coupon.discount_on(Money(amount, coupon.currency)) == oracle(coupon, amount)


@given(coupon=coupons("kwd"), tens=st.integers(1, 9_999_999))
def test_what_is_left_of_a_price_with_three_decimals_can_be_charged(coupon: Coupon, tens: int) -> None:
    """Stripe refuses an amount whose third decimal is not zero: a percentage of a good price leaves a good price."""
    assume(coupon.discount_type is DiscountType.PERCENTAGE and coupon.maximum_discount is None)
    price = Money(tens * 10, "kwd")
    assert price.less(coupon.discount_on(price)).amount % 10 == 0


@pytest.mark.parametrize(
    ("price", "percents", "discount"),
    [(5, "10", 1), (14, "10", 1), (15, "10", 2), (14_999, "10", 1_500), (14_999, "33.33", 4_999), (1, "49.99", 0)],
)
def test_a_half_is_rounded_up(price: int, percents: str, discount: int) -> None:
    """10 % of 5 cents is 1 cent, not the 0 of banker's rounding."""
    assert a_coupon(discount_value=Decimal(percents)).discount_on(Money(price, "usd")) == discount


@given(coupon=coupons(), amount=amounts)
def test_a_total_lies_between_nothing_and_the_list_price(coupon: Coupon, amount: int) -> None:
    """No coupon makes a total negative or dearer than the list price, and discount and total add up to it."""
    quote = coupon.quote(course_id="course-1", price=Money(amount, coupon.currency), at=NOW)
    assert 0 <= quote.total.amount <= amount
    assert quote.total.amount + quote.discount == amount
    assert quote.total.currency == coupon.currency


@given(coupon=coupons(), amount=amounts)
def test_the_maximum_discount_is_never_exceeded(coupon: Coupon, amount: int) -> None:
    """A cap holds whatever the kind of discount."""
    assume(coupon.maximum_discount is not None)
    assert coupon.discount_on(Money(amount, coupon.currency)) <= (coupon.maximum_discount or 0)


@given(coupon=coupons(), one=amounts, other=amounts)
def test_a_dearer_course_never_costs_less(coupon: Coupon, one: int, other: int) -> None:
    """Under one coupon, total and discount both grow with the price, or stay."""
    low, high = (
        coupon.quote(course_id="course-1", price=Money(amount, coupon.currency), at=NOW)
        for amount in sorted((one, other))
    )
    assert low.total.amount <= high.total.amount
    assert low.discount <= high.discount


@given(amount=amounts, currency=st.sampled_from(EACH_EXPONENT))
def test_fault_54_the_whole_price_off_leaves_nothing_to_pay(amount: int, currency: str) -> None:
    """A hundred per cent, or a fixed discount above the price, makes a total of exactly zero, which may be sold."""
    for changes in (
        {"discount_value": Decimal(100)},
        {"discount_type": DiscountType.FIXED, "discount_value": Decimal(amount + 1)},
    ):
        coupon = a_coupon(currency=currency, **changes)
        quote = coupon.quote(course_id="course-1", price=Money(amount, currency), at=NOW)
        assert quote.total.is_zero
        quote.require_chargeable(LIMITS)


@given(currency=st.sampled_from(sorted(EXPONENTS)), total=st.integers(0, 2_000))
def test_fault_55_a_total_that_no_card_can_pay_is_refused(currency: str, total: int) -> None:
    """Above zero and below the currency's minimum charge nothing can be sold; zero and the minimum itself can."""
    quote = Quote(list_price=Money(total, currency))
    if 0 < total < LIMITS.minimum_charge.get(currency, 1):
        with pytest.raises(AmountTooSmall):
            quote.require_chargeable(LIMITS)
    else:
        quote.require_chargeable(LIMITS)


@pytest.mark.parametrize(("total", "sold"), [(0, True), (1, False), (49, False), (50, True)])
def test_fault_55_half_a_dollar_is_the_least_charge(total: int, *, sold: bool) -> None:
    """In US dollars the totals from 1 to 49 cents are refused."""
    quote = Quote(list_price=Money(1_000, "usd"), discount=1_000 - total)
    if sold:
        quote.require_chargeable(LIMITS)
    else:
        with pytest.raises(AmountTooSmall):
            quote.require_chargeable(LIMITS)


@pytest.mark.parametrize("discount", [-1, 1_001, True, 1.0, None])
def test_a_quote_with_an_impossible_discount_is_not_made(discount: Any) -> None:
    """A discount is a whole number from zero to the list price."""
    with pytest.raises(InvalidValue):
        Quote(list_price=Money(1_000, "usd"), discount=discount)
