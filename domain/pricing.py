"""What a student pays: the list price, less a discount, fixed once and kept with the payment session."""

from __future__ import annotations

from attrs import field, frozen

from domain.errors import AmountTooSmall, InvalidValue
from domain.money import Money

# The smallest card charge per currency in minor units. Below it a payment provider refuses; above zero and below it
# nothing can be sold.
MINIMUM_CHARGE = {
    "usd": 50, "eur": 50, "gbp": 30, "chf": 50, "aud": 50, "cad": 50, "nzd": 50, "sgd": 50, "brl": 50, "inr": 50,
    "dkk": 250, "nok": 300, "sek": 300, "pln": 200, "mxn": 1000, "jpy": 50,
}  # fmt: skip


@frozen(kw_only=True)
class Quote:
    """A price locked for one purchase: ``list_price`` and ``discount`` in minor units of the same currency."""

    list_price: Money
    discount: int = field(default=0)

    @discount.validator
    def _within_the_price(self, _attribute: object, value: int) -> None:
        if type(value) is not int or not 0 <= value <= self.list_price.amount:
            raise InvalidValue("A discount lies between zero and the list price.")

    @property
    def total(self) -> Money:
        """What is to be paid."""
        return self.list_price.less(self.discount)

    def require_chargeable(self) -> None:
        """Refuse a total that no card can pay. A total of zero is fine: nothing is charged.

        Raises:
            AmountTooSmall: the total lies between one minor unit and the currency's minimum charge.
        """
        total = self.total
        if 0 < total.amount < MINIMUM_CHARGE.get(total.currency, 1):
            raise AmountTooSmall
