"""Stripe's catalogue: a price of its own for each amount, once, however often it is asked for."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from attrs import evolve

from adapters.circuit_breaker import CircuitBreaker
from adapters.stripe.api import StripeApi
from adapters.stripe.price_catalogue import StripePriceCatalogue
from domain.courses import ProviderPrice
from domain.errors import AmountTooSmall, ProviderRejected, ProviderUnavailable
from domain.money import Money
from tests.support.factories import a_course
from tests.support.stripe.gateway_rig import PATIENT, StripeRig

LINKED = a_course(provider_prices=MappingProxyType({"stripe": ProviderPrice(product_id="prod_1", price_id="price_1")}))
PRICE = Money(9900, "usd")


def _catalogue(rig: StripeRig) -> StripePriceCatalogue:
    return StripePriceCatalogue(
        StripeApi(
            provider="stripe",
            secrets=rig.secrets,
            telemetry=rig.telemetry,
            breaker=CircuitBreaker(rig.clock),
            base=rig.emulator.url,
            timeout=PATIENT,
            transport=rig._wire,
        )
    )


def _prices(rig: StripeRig) -> list[tuple[str, int, str]]:
    return [(one["product"], one["unit_amount"], one["currency"]) for one in rig.emulator.account.prices.values()]


def test_a_new_price_belongs_to_the_courses_product(rig: StripeRig) -> None:
    """The earlier price stays as it is: open checkouts are at it."""
    published = _catalogue(rig).publish(LINKED, PRICE)
    assert published.product_id == "prod_1"
    assert published.price_id not in (None, "price_1")
    assert _prices(rig)[1:] == [("prod_1", 9900, "usd")]


def test_a_course_without_a_product_gets_one(rig: StripeRig) -> None:
    """With its name."""
    published = _catalogue(rig).publish(evolve(LINKED, provider_prices=MappingProxyType({})), PRICE)
    assert published.product_id not in (None, "prod_1")
    assert rig.emulator.account.products[published.product_id]["name"] == LINKED.name


def test_repeating_it_makes_no_second_price(rig: StripeRig) -> None:
    """From another process too, and when the first answer was lost."""
    rig.fails("drop_connection_after_commit", path="/v1/prices", times=1)
    _catalogue(rig).publish(LINKED, PRICE)
    assert _catalogue(rig).publish(LINKED, PRICE) == _catalogue(rig).publish(LINKED, PRICE)
    assert len(_prices(rig)) == 2


def test_a_silent_stripe_changes_nothing(rig: StripeRig) -> None:
    """It differs from a refusal: trying again helps."""
    rig.fails("503", path="/v1/prices", times=9)
    with pytest.raises(ProviderUnavailable):
        _catalogue(rig).publish(LINKED, PRICE)
    assert len(_prices(rig)) == 1


def test_going_back_to_an_amount_is_a_price_of_its_own(rig: StripeRig) -> None:
    """After another price, the same amount is a new decision."""
    catalogue = _catalogue(rig)
    dear = catalogue.publish(LINKED, PRICE)
    again = evolve(LINKED, provider_prices=MappingProxyType({"stripe": dear}))
    cheap = catalogue.publish(again, Money(5000, "usd"))
    back = catalogue.publish(evolve(LINKED, provider_prices=MappingProxyType({"stripe": cheap})), PRICE)
    assert len({dear.price_id, cheap.price_id, back.price_id}) == 3


def test_what_stripe_refuses_is_refused(rig: StripeRig) -> None:
    """A product that was deleted there; nothing is made."""
    unknown = MappingProxyType({"stripe": ProviderPrice(product_id="prod_gone", price_id="price_gone")})
    with pytest.raises((ProviderRejected, AmountTooSmall)):
        _catalogue(rig).publish(evolve(LINKED, provider_prices=unknown), PRICE)
    assert len(_prices(rig)) == 1
