"""Where a payment provider keeps prices of its own that our courses name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from domain.courses import Course, ProviderPrice
from domain.money import Money


class PriceCatalogue(Protocol):
    """The catalogue of one payment provider."""

    def publish(self, course: Course, price: Money) -> ProviderPrice:
        """Make a price of this amount for the course, and a product where it has none; the provider's names for both.

        Prices that are published already stay as they are. Safe to repeat: the same course, price and earlier price
        lead to the same one.

        Raises:
            ProviderUnavailable: no answer came. Repeat it: nothing is sold at a price that no course names.
            ProviderRejected: the provider refuses it for good.
            SecretsUnavailable: our keys cannot be read.
        """
        ...


class PriceCatalogues:
    """The catalogues by the name of their provider; each is built when first asked for. A provider without a catalogue
    takes the price from each checkout.
    """

    def __init__(self, factories: Mapping[str, Callable[[], PriceCatalogue]]) -> None:
        self._factories = dict(factories)
        self._built: dict[str, PriceCatalogue] = {}

    def of(self, provider: str) -> PriceCatalogue | None:
        """The provider's catalogue, None where it has none."""
        if provider in self._factories and provider not in self._built:
            self._built[provider] = self._factories[provider]()
        return self._built.get(provider)
