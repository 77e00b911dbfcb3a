"""Money counts minor units exactly, whatever decimal it came from."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidValue
from domain.money import EXPONENTS, Money, whole_units

currencies = st.sampled_from(sorted(EXPONENTS))
amounts = st.integers(0, 99_999_999)


@pytest.mark.parametrize(
    ("price", "currency", "amount"),
    [
        ("19.99", "usd", 1_999),
        ("149.99", "eur", 14_999),
        ("0", "usd", 0),
        ("-0.00", "usd", 0),
        ("5.10", "usd", 510),
        ("1E+2", "usd", 10_000),
        ("20.0000000", "usd", 2_000),
        ("1500", "jpy", 1_500),
        ("1500.0", "jpy", 1_500),
        ("1.234", "kwd", 1_234),
        ("999999.99", "usd", 99_999_999),
    ],
)
def test_fault_56_a_stored_price_is_converted_exactly(price: str, currency: str, amount: int) -> None:
    """A stored decimal price is the exact number of minor units for exponents 0, 2 and 3: 19.99 is 1999, not 1998."""
    assert Money.from_decimal(Decimal(price), currency) == Money(amount, currency)


@pytest.mark.parametrize(
    "price",
    ["NaN", "sNaN", "Infinity", "-Infinity", "-0.01", "19.999", "1E-999999", "1E+999999", "1000000.00"],
)
def test_fault_56_a_price_that_is_none_is_refused(price: str) -> None:
    """No price is endless, negative, finer than a cent or above the largest charge."""
    with pytest.raises(InvalidValue):
        Money.from_decimal(Decimal(price), "usd")


def test_fault_56_a_decimal_beyond_the_usual_precision_is_still_seen() -> None:
    """A 30th decimal is refused, though ordinary decimal arithmetic would round it away."""
    with pytest.raises(InvalidValue):
        Money.from_decimal(Decimal("19.990000000000000000000000000001"), "usd")


@pytest.mark.parametrize("price", [19.99, True, 20, "19.99", None])
def test_fault_56_only_a_decimal_is_a_price(price: Any) -> None:
    """A float, a bool, an int or a text is not a price."""
    with pytest.raises(InvalidValue):
        Money.from_decimal(price, "usd")


@pytest.mark.parametrize(("price", "currency"), [("1.5", "jpy"), ("1.2345", "kwd"), ("0.1", "krw")])
def test_a_price_has_no_more_decimals_than_its_currency(price: str, currency: str) -> None:
    """Half a yen is not a price."""
    with pytest.raises(InvalidValue):
        Money.from_decimal(Decimal(price), currency)


@pytest.mark.parametrize("currency", ["USD", "xxx", "", "us", "\uff55sd"])  # the last begins with a wide u
def test_fault_57_only_currencies_with_a_known_exponent_are_sold_in(currency: str) -> None:
    """A currency that is not in the table of exponents makes no money."""
    with pytest.raises(InvalidValue):
        Money.from_decimal(Decimal(1), currency)
    with pytest.raises(InvalidValue):
        Money(1, currency)


@pytest.mark.parametrize("amount", [-1, 100_000_000, True, 19.0, "1", None, Decimal(1)])
def test_an_amount_is_a_whole_number_in_range(amount: Any) -> None:
    """An amount that is negative, too large or not an int makes no money."""
    with pytest.raises(InvalidValue):
        Money(amount, "usd")


@given(amount=amounts, currency=currencies)
def test_decimal_and_minor_units_are_inverse(amount: int, currency: str) -> None:
    """Money written as a decimal has its currency's decimals, and reads as the same money."""
    money = Money(amount, currency)
    written = money.to_decimal()
    assert Money.from_decimal(written, currency) == money
    assert written * 10 ** EXPONENTS[currency] == amount
    assert -int(written.as_tuple().exponent) == EXPONENTS[currency]


@given(number=st.decimals(allow_nan=False, allow_infinity=False, places=3), decimals=st.integers(0, 3))
def test_whole_units_are_exact_or_refused(number: Decimal, decimals: int) -> None:
    """The units are exactly the number; a number that has no whole units, or too many digits, is refused."""
    exact = Fraction(number) * 10**decimals
    if exact.denominator == 1 and abs(exact) < 10**28:
        assert whole_units(number, decimals) == exact
    else:
        with pytest.raises(InvalidValue):
            whole_units(number, decimals)


@given(amount=amounts, discount=st.integers(0, 200_000_000))
def test_less_never_falls_below_zero(amount: int, discount: int) -> None:
    """Taking off more than there is leaves nothing."""
    left = Money(amount, "usd").less(discount)
    assert left.amount == max(amount - discount, 0)
    assert left.is_zero == (discount >= amount)
