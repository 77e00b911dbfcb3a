"""Products, prices, customers and events over the API."""

from __future__ import annotations

from typing import Any

import pytest
import stripe


def test_the_catalog_can_be_filled_from_python(shop: Any) -> None:
    """It puts a product and its price there with the given ids; doing it again is harmless."""
    for _ in range(2):
        shop.emulator.catalog(product_id="prod_a", price_id="price_a", name="AWS", unit_amount=14999, currency="usd")
    price = shop.client.v1.prices.retrieve("price_a", params={"expand": ["product"]})
    assert (price.unit_amount, price.currency, price.product.name) == (14999, "usd", "AWS")
    assert shop.client.v1.products.retrieve("prod_a").name == "AWS"


def test_products_and_prices_are_created_over_the_api(shop: Any) -> None:
    """A product may come with a price, a price with a product."""
    product = shop.client.v1.products.create(
        params={
            "name": "Go",
            "default_price_data": {"currency": "usd", "unit_amount": 500},
            "expand": ["default_price"],
        }
    )
    assert product.default_price.unit_amount == 500
    price = shop.client.v1.prices.create(
        params={"currency": "eur", "unit_amount": 700, "product_data": {"name": "Rust"}, "lookup_key": "rust"}
    )
    other = shop.client.v1.prices.create(params={"currency": "eur", "unit_amount": 800, "product": product.id})
    prices = shop.client.v1.prices
    assert [p.id for p in prices.list(params={"lookup_keys": ["rust"]}).data] == [price.id]
    assert [p.id for p in prices.list(params={"product": product.id, "currency": "eur"}).data] == [other.id]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"currency": "usd", "unit_amount": 1}, "Missing required param: product"),
        ({"currency": "usd", "product": "prod_x", "unit_amount": 1}, "No such product"),
        ({"unit_amount": 1, "product": "prod_course"}, "Missing required param: currency"),
        ({"currency": "usd", "product": "prod_course"}, "Missing required param: unit_amount"),
        ({"currency": "usd", "product": "prod_course", "unit_amount": -1}, "non-negative"),
        ({"currency": "usd", "product": "prod_course", "unit_amount": 1, "recurring": {"interval": "day"}}, "support"),
    ],
)
def test_prices_that_make_no_sense_are_refused(shop: Any, params: Any, words: str) -> None:
    """Each is a 400 in words."""
    with pytest.raises(stripe.InvalidRequestError, match=words):
        shop.client.v1.prices.create(params=params)


def test_an_inactive_price_sells_nothing(shop: Any) -> None:
    """A session refuses it."""
    price = shop.client.v1.prices.create(
        params={"currency": "usd", "unit_amount": 900, "product": "prod_course", "active": False}
    )
    with pytest.raises(stripe.InvalidRequestError, match="only accepts active prices"):
        shop.open(line_items=[{"price": price.id, "quantity": 1}])


def test_customers_are_kept_and_found_by_address(shop: Any) -> None:
    """Create, update, list by e-mail."""
    customers = shop.client.v1.customers
    made = customers.create(params={"email": "a@example.com", "metadata": {"user": "1"}})
    customers.create(params={"email": "b@example.com"})
    changed = customers.update(made.id, params={"name": "Ada", "metadata": {"user": "", "n": "2"}})
    assert (changed.name, changed.metadata.to_dict()) == ("Ada", {"n": "2"})
    assert [customer.id for customer in customers.list(params={"email": "a@example.com"}).data] == [made.id]
    assert customers.retrieve(made.id).name == "Ada"
    with pytest.raises(stripe.InvalidRequestError, match="Invalid email address"):
        customers.create(params={"email": "nobody"})


def test_events_are_listed_by_type_with_wildcards(shop: Any) -> None:
    """type, types and wildcards select; pages are newest first; a read gives the same event."""
    session = shop.open()
    shop.emulator.pay(session.id, "4242424242424242")
    events = shop.client.v1.events
    assert [event.type for event in events.list(params={"type": "payment_intent.*"}).data] == [
        "payment_intent.succeeded",
        "payment_intent.created",
    ]
    wanted = ["checkout.session.completed", "charge.succeeded"]
    found = events.list(params={"types": wanted}).data
    assert [event.type for event in found] == wanted
    assert events.retrieve(found[0].id).data.object["id"] == session.id
    with pytest.raises(stripe.InvalidRequestError, match="at most 20"):
        events.list(params={"types": ["a"] * 21})


def test_events_are_gone_after_30_days(shop: Any) -> None:
    """Neither listed nor read."""
    shop.client.v1.customers.create(params={"email": "a@example.com"})
    (event,) = shop.client.v1.events.list().data
    shop.emulator.advance(30 * 86400 + 60)
    assert shop.client.v1.events.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        shop.client.v1.events.retrieve(event.id)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"url": "http://127.0.0.1/h", "enabled_events": ["no.such.event"]}, "Invalid enabled_events"),
        ({"url": "nowhere", "enabled_events": ["*"]}, "Not a valid URL"),
        ({"url": "http://127.0.0.1/h"}, "Missing required param: enabled_events"),
        ({"url": "http://127.0.0.1/h", "enabled_events": ["*"], "api_version": "2026-03-25.dahlia"}, "API version"),
    ],
)
def test_endpoints_that_make_no_sense_are_refused(shop: Any, params: Any, words: str) -> None:
    """Each is a 400 in words."""
    with pytest.raises(stripe.InvalidRequestError, match=words):
        shop.client.v1.webhook_endpoints.create(params=params)
