"""What a student pays: the list price, less a discount, fixed once and kept with the payment session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from attrs import field, frozen

from domain.errors import AmountTooSmall, InvalidValue
from domain.money import Money


@frozen(kw_only=True)
class ProviderLimits:
    """What a payment provider can do at all.

    ``minimum_charge`` is in minor units by currency: above zero and below it nothing can be sold. A checkout stays open
    for at least ``shortest_checkout`` and at most ``longest_checkout``. A request can be repeated under its idempotency
    key for ``keys_kept``; later the same request would be a new one.
    """

    minimum_charge: Mapping[str, int]
    shortest_checkout: timedelta
    longest_checkout: timedelta
    keys_kept: timedelta


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

    def require_chargeable(self, limits: ProviderLimits) -> None:
        """Refuse a total that the provider cannot charge. A total of zero is fine: nothing is charged.

        Raises:
            AmountTooSmall: the total lies between one minor unit and the currency's minimum charge.
        """
        total = self.total
        if 0 < total.amount < limits.minimum_charge.get(total.currency, 1):
            raise AmountTooSmall
