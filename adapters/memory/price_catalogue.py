"""A payment provider's prices, in a dictionary."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from domain.courses import Course, ProviderPrice
from domain.money import Money
from domain.ports.price_catalogue import PriceCatalogue


@define(eq=False)
class MemoryPriceCatalogue(PriceCatalogue):
    """Prices by their ids. ``before_answer`` happens once a price is made, such as a failure of the connection."""

    provider: str
    prices: dict[str, Money] = field(factory=dict, init=False)
    before_answer: Callable[[], None] = field(default=lambda: None)
    _keys: dict[tuple[object, ...], ProviderPrice] = field(factory=dict, init=False)

    def publish(self, course: Course, price: Money) -> ProviderPrice:
        """A price of this amount, the same one where it is repeated."""
        earlier = course.price_at(self.provider)
        key = (course.course_id, price, earlier.price_id)
        if key not in self._keys:
            price_id = f"price_{len(self.prices) + 1:06d}"
            self.prices[price_id] = price
            product_id = earlier.product_id or f"prod_{course.course_id}"
            self._keys[key] = ProviderPrice(product_id=product_id, price_id=price_id)
        self.before_answer()
        return self._keys[key]
