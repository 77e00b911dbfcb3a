"""Money: an integer of minor units in one currency. Never a float."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation

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
_THREE_DECIMALS = 3


def _a_currency(_instance: object, _attribute: Attribute[str], value: str) -> None:
    if value not in EXPONENTS:
        raise InvalidValue("This currency is not supported.")


def _an_amount(_instance: object, _attribute: Attribute[int], value: int) -> None:
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise InvalidValue("An amount is a whole number of minor units, from 0 to 99999999.")


def whole_units(number: Decimal, decimals: int) -> int:
    """The number counted in units of so many decimals, exactly: 19.99 has 1999 units of two decimals.

    Raises:
        InvalidValue: not a finite decimal, of more decimals, or of more than 28 digits.
    """
    if type(number) is not Decimal or not number.is_finite():
        raise InvalidValue("This is not a finite decimal number.")
    try:
        # A context of our own: the usual one rounds to 28 digits, and so would let a 30th decimal through.
        exact = number.quantize(Decimal(1).scaleb(-decimals), context=Context(traps=[Inexact, InvalidOperation]))
    except (Inexact, InvalidOperation):
        raise InvalidValue("This number has too many decimals or digits.") from None
    return int(exact.scaleb(decimals))


def smallest_step(currency: str) -> int:
    """The steps of minor units in which cards are charged: Stripe wants a third decimal to be zero."""
    return 10 if EXPONENTS.get(currency) == _THREE_DECIMALS else 1


def written(amount: int, currency: str) -> str:
    """Signed minor units as people write them: 149.99 USD. In a currency not sold in, they stay minor units."""
    if currency not in EXPONENTS:
        return f"{amount} minor units of {currency.upper()}"
    return f"{Decimal(amount).scaleb(-EXPONENTS[currency])} {currency.upper()}"


@frozen(order=False)
class Money:
    """An amount that somebody pays: ``amount`` in minor units (cents for usd), ``currency`` as lower-case ISO 4217."""

    amount: int = field(validator=_an_amount)
    currency: str = field(validator=_a_currency)

    @classmethod
    def from_decimal(cls, price: Decimal, currency: str) -> Money:
        """The stored decimal price (149.99) as minor units, exactly.

        Raises:
            InvalidValue: not a finite decimal, negative, too large, or with more decimals than the currency has.
        """
        exponent = EXPONENTS.get(currency)
        if exponent is None:
            raise InvalidValue("A price is in a supported currency.")
        return cls(whole_units(price, exponent), currency)

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
