"""Prices and amounts as the pages show them."""

from __future__ import annotations

from typing import Any

import pytest

from domain.money import EXPONENTS
from tests.frontend.conftest import Logic

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (14999, "usd", "$149.99"),
        (0, "usd", "$0.00"),
        (5, "usd", "$0.05"),
        (-3000, "usd", "\u2212$30.00"),
        (-500, "jpy", "\u2212¥500"),
        (99_999_999, "usd", "$999,999.99"),
        (500, "jpy", "¥500"),
        (1234, "kwd", "KWD\u00a01.234"),
        (1999, "EUR", "€19.99"),
    ],
)
def test_minor_units_are_shown_by_the_exponent_of_their_currency(
    logic: Logic, amount: int, currency: str, shown: str
) -> None:
    """An amount in minor units is shown with the digits of its own currency, of any size and sign."""
    assert logic.say("money", amount, currency) == shown


def test_every_currency_the_school_sells_in_has_the_same_exponent_in_the_browser(logic: Logic) -> None:
    """The pages and the domain put the decimal point in the same place."""
    assert {currency: logic.call("common.exponentOf", currency) for currency in EXPONENTS} == EXPONENTS


@pytest.mark.parametrize("amount", [149.99, "14999", 2**53])
def test_an_amount_that_is_no_whole_number_is_refused(logic: Logic, amount: Any) -> None:
    """A float, a text or an integer beyond exactness is never shown as money."""
    assert logic.call("common.decimalOf", amount, "usd") == {"throws": "RangeError"}


@pytest.mark.parametrize("locale", ["en", "de", "sv", "he", "ar-EG", "fr-CH"])
def test_negative_money_has_a_true_minus_sign_in_every_language(logic: Logic, locale: str) -> None:
    """U+2212, which is read aloud as "minus", and never the hyphen."""
    shown = logic.say("money", -3000, "usd", locale=locale)
    assert "\u2212" in shown
    assert "-" not in shown


@pytest.mark.parametrize(
    ("price", "shown"),
    [(149.99, "$149.99"), ("99.90", "$99.90"), (199.0, "$199.00"), (0, "$0.00"), (-5, "\u2212$5.00")],
)
def test_a_stored_decimal_price_is_shown_as_money(logic: Logic, price: Any, shown: str) -> None:
    """A course's decimal price is shown with both digits of its cents."""
    assert logic.say("price", price, "usd") == shown


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        ({"amount": 14999, "discountAmount": 0}, (14999, 0, 14999)),
        ({"amount": 14999, "discountAmount": 3000}, (14999, 3000, 11999)),
        ({"amount": 14999, "discountAmount": 3000, "finalAmount": 11999}, (14999, 3000, 11999)),
        ({"amount": 14999}, (14999, 0, 14999)),
    ],
)
def test_the_order_summary_adds_up(logic: Logic, answer: dict[str, Any], lines: tuple[int, int, int]) -> None:
    """Price less discount is the total, whichever two of them the API names."""
    order = logic.call("checkout.summaryOf", {**answer, "currency": "usd"})
    assert (order["price"], order["discount"], order["total"]) == lines
