"""Products, prices, customers and events over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from scripts.stripe_emulator.errors import StripeError


def test_the_catalog_can_be_filled_from_python(shop: Any) -> None:
    """It puts a product and its price there with the given ids; doing it again is harmless."""
    for _ in range(2):
        shop.emulator.catalog(product_id="prod_a", price_id="price_a", name="AWS", unit_amount=14999, currency="usd")
    price = shop.client.v1.prices.retrieve("price_a", params={"expand": ["product"]})
    assert (price.unit_amount, price.currency, price.product.name) == (14999, "usd", "AWS")
    assert shop.client.v1.products.retrieve("prod_a").name == "AWS"


def test_the_catalog_takes_currencies_of_stripe_only(shop: Any) -> None:
    """As the API does."""
    with pytest.raises(StripeError, match="Invalid currency: xyz"):
        shop.emulator.catalog(product_id="prod_a", price_id="price_a", name="AWS", unit_amount=1, currency="xyz")


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


def test_a_course_is_repriced(shop: Any) -> None:
    """A new price takes over the lookup key and becomes the default, and the old one is retired."""
    products, prices = shop.client.v1.products, shop.client.v1.prices
    params = {"currency": "usd", "unit_amount": 9999, "product": "prod_course", "lookup_key": "course"}
    old = prices.create(params=params)
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key") as refused:
        prices.create(params={**params, "unit_amount": 12999})
    assert refused.value.param == "lookup_key"
    new = prices.create(params={**params, "unit_amount": 12999, "transfer_lookup_key": True})
    assert [price.id for price in prices.list(params={"lookup_keys": ["course"]}).data] == [new.id]
    assert products.update("prod_course", params={"default_price": new.id}).default_price == new.id
    assert prices.update(old.id, params={"active": False, "nickname": "2026"}).active is False
    assert prices.retrieve(old.id).lookup_key is None
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        shop.open(line_items=[{"price": old.id, "quantity": 1}])
    assert shop.open(line_items=[{"price": new.id, "quantity": 1}]).amount_total == 12999


def test_a_price_keeps_its_own_lookup_key(shop: Any) -> None:
    """Setting it again is no conflict; taking another's is one unless it is transferred."""
    prices = shop.client.v1.prices
    base: Any = {"currency": "usd", "unit_amount": 1, "product": "prod_course"}
    one, two = (prices.create(params={**base, "lookup_key": key}) for key in ("a", "b"))
    assert prices.update(one.id, params={"lookup_key": "a"}).lookup_key == "a"
    with pytest.raises(stripe.InvalidRequestError, match="already uses"):
        prices.update(two.id, params={"lookup_key": "a"})
    assert prices.update(two.id, params={"lookup_key": "a", "transfer_lookup_key": True}).lookup_key == "a"
    assert prices.retrieve(one.id).lookup_key is None


def test_products_change_and_are_listed(shop: Any) -> None:
    """Given fields are set, empty ones unset; another product's price is no default price."""
    products = shop.client.v1.products
    made = products.create(params={"name": "Go", "description": "d", "metadata": {"a": "1", "b": "2"}})
    changed = products.update(made.id, params={"name": "Rust", "description": "", "metadata": {"a": ""}})
    assert (changed.name, changed.description, changed.metadata.to_dict()) == ("Rust", None, {"b": "2"})
    products.update(made.id, params={"active": False})
    assert [product.id for product in products.list(params={"active": True}).data] == ["prod_course"]
    assert [product.id for product in products.list(params={"ids": [made.id]}).data] == [made.id]
    with pytest.raises(stripe.InvalidRequestError, match="No such price"):
        products.update(made.id, params={"default_price": "price_course"})
    with pytest.raises(stripe.InvalidRequestError, match="No such product"):
        products.update("prod_nope", params={"name": "x"})
    with pytest.raises(stripe.InvalidRequestError, match="Invalid currency"):
        products.create(params={"id": "prod_x", "name": "x", "default_price_data": {"currency": "x", "unit_amount": 1}})
    with pytest.raises(stripe.InvalidRequestError, match="No such product"):
        products.retrieve("prod_x")


def test_a_deleted_customer_is_gone(shop: Any) -> None:
    """Its id still answers, as deleted; sessions, updates and lists no longer know it."""
    customers = shop.client.v1.customers
    customer = customers.create(params={"email": "a@example.com"})
    intent = shop.paid(customer=customer.id)
    assert customers.delete(customer.id).deleted is True
    assert shop.kinds()[-1] == "customer.deleted"
    assert customers.retrieve(customer.id).to_dict() == {"id": customer.id, "object": "customer", "deleted": True}
    assert customers.list().data == []
    calls: list[Callable[[], Any]] = [
        lambda: shop.open(customer=customer.id),
        lambda: customers.update(customer.id, params={"name": "A"}),
        lambda: customers.delete(customer.id),
    ]
    for call in calls:
        with pytest.raises(stripe.InvalidRequestError, match="No such customer") as refused:
            call()
        assert refused.value.code == "resource_missing"
    assert shop.client.v1.payment_intents.retrieve(intent).customer == customer.id


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
