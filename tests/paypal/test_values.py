"""Amounts go out and come in exactly, as decimal strings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.paypal import values
from domain.errors import InvalidValue, MalformedEvent
from domain.money import Money


@pytest.mark.parametrize(
    ("money", "value"),
    [
        (Money(14_999, "usd"), "149.99"),
        (Money(1, "eur"), "0.01"),
        (Money(1_200, "jpy"), "1200"),
        (Money(5, "gbp"), "0.05"),
    ],
)
def test_money_goes_out_and_comes_back(money: Money, value: str) -> None:
    """As many decimals as the currency has."""
    body = values.amount_body(money)
    assert body == {"currency_code": money.currency.upper(), "value": value}
    assert values.money({"amount": body}, "amount") == money


@pytest.mark.parametrize(
    ("value", "currency", "units"),
    [
        ("149.9", "USD", 14_990),
        ("149", "USD", 14_900),
        ("0.10", "EUR", 10),
        ("500", "HUF", 500),
        ("99.00", "XTS", 9_900),
    ],
)
def test_an_amount_is_read_in_minor_units(value: str, currency: str, units: int) -> None:
    """Also in a currency that we never sell in."""
    amount = {"amount": {"currency_code": currency, "value": value}}
    assert values.minor_units(amount, "amount") == (units, currency.lower())


@pytest.mark.parametrize("value", ["", "1e3", "-1", "1,50", "149.999", "NaN", " 1", "1" * 40, "٣"])
def test_what_is_no_amount_is_malformed(value: str) -> None:
    """Nothing is rounded, and nothing is guessed."""
    with pytest.raises(MalformedEvent):
        values.minor_units({"amount": {"currency_code": "USD", "value": value}}, "amount")


def test_a_currency_without_decimals_takes_none() -> None:
    """PayPal knows no half yen; were there one, it is not rounded away."""
    with pytest.raises(InvalidValue):
        values.amount_body(_Halved(1_201, "jpy"))


class _Halved(Money):
    """An amount with a decimal that its currency does not have."""

    def to_decimal(self) -> Decimal:
        """Half of it."""
        return super().to_decimal() / 2
