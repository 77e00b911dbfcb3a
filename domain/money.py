"""Money: an integer of minor units in one currency. Never a float."""

from __future__ import annotations

from decimal import Decimal

from attrs import Attribute, field, frozen

from domain.errors import InvalidValue

# ISO 4217 exponents: how many digits of the integer stand behind the decimal point. A currency that is not here is not
# sold in.
EXPONENTS = {
    **dict.fromkeys(("jpy", "krw", "clp", "vnd", "xaf", "xof", "pyg"), 0),
    **dict.fromkeys(
        ("usd", "eur", "gbp", "chf", "aud", "cad", "nzd", "sgd", "dkk", "nok", "sek", "pln", "brl", "mxn", "inr"), 2
    ),
    **dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 3),
}
_LARGEST = 99_999_999


def _a_currency(_instance: object, _attribute: Attribute[str], value: str) -> None:
    if value not in EXPONENTS:
        raise InvalidValue("This currency is not supported.")


def _an_amount(_instance: object, _attribute: Attribute[int], value: int) -> None:
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise InvalidValue("An amount is a whole number of minor units, from 0 to 99999999.")


@frozen(order=False)
class Money:
    """An amount that somebody pays: ``amount`` in minor units (cents for usd), ``currency`` as lower-case ISO 4217."""

    amount: int = field(validator=_an_amount)
    currency: str = field(validator=_a_currency)

    @classmethod
    def from_decimal(cls, price: Decimal, currency: str) -> Money:
        """The stored decimal price (149.99) as minor units, exactly.

        Raises:
            InvalidValue: not a finite number, negative, or with more decimals than the currency has.
        """
        exponent = EXPONENTS.get(currency)
        if exponent is None or not price.is_finite():
            raise InvalidValue("A price is a finite decimal in a supported currency.")
        minor = price.scaleb(exponent)
        if minor != minor.to_integral_value():
            raise InvalidValue("A price has no more decimals than its currency.")
        return cls(int(minor), currency)

    def to_decimal(self) -> Decimal:
        """The amount as people write it: 14999 usd is 149.99."""
        return Decimal(self.amount).scaleb(-EXPONENTS[self.currency])

    @property
    def is_zero(self) -> bool:
        """Whether nothing is to pay."""
        return self.amount == 0

    def less(self, discount: int) -> Money:
        """This amount less a discount in minor units, never below zero."""
        return Money(max(self.amount - discount, 0), self.currency)
