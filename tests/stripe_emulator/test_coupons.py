"""Coupons: what they are worth, when they end, and how they show on a session."""

from __future__ import annotations

from typing import Any

import pytest
import stripe


@pytest.mark.parametrize(
    ("amount", "worth", "discount"),
    [
        (9999, {"percent_off": 20}, 2000),  # 1999.8 rounds to the nearest
        (9990, {"percent_off": 12.5}, 1249),  # 1248.75
        (4850, {"percent_off": 1}, 49),  # 48.5 rounds up, not to the even neighbour
        (9999, {"amount_off": 1000, "currency": "usd"}, 1000),
        (9999, {"amount_off": 20000, "currency": "usd"}, 9999),  # never below zero
        (9999, {"percent_off": 100}, 9999),
    ],
)
def test_discounts_are_exact(shop: Any, amount: int, worth: Any, discount: int) -> None:
    """Percentages round half up; the total is never negative."""
    coupon = shop.client.v1.coupons.create(params={"duration": "once", **worth})
    data = {"currency": "usd", "unit_amount": amount, "product_data": {"name": "Course"}}
    session = shop.open(
        line_items=[{"price_data": data, "quantity": 1}],
        discounts=[{"coupon": coupon.id}],
        expand=["total_details.breakdown", "line_items"],
    )
    assert (session.amount_subtotal, session.amount_total) == (amount, amount - discount)
    assert session.total_details.amount_discount == discount
    assert session.total_details.breakdown.discounts[0].amount == discount
    assert session.total_details.breakdown.discounts[0].discount.source.coupon == coupon.id
    assert session.line_items.data[0].amount_discount == discount
    assert session.discounts[0].coupon == coupon.id


def test_a_discount_is_shared_out_exactly(shop: Any) -> None:
    """The lines' discounts add up to the session's."""
    shop.client.v1.coupons.create(params={"id": "C", "amount_off": 100, "currency": "usd"})
    lines = [
        {"price_data": {"currency": "usd", "unit_amount": 333, "product_data": {"name": str(n)}}, "quantity": 1}
        for n in range(3)
    ]
    session = shop.open(line_items=lines, discounts=[{"coupon": "C"}], expand=["line_items"])
    assert sum(item.amount_discount for item in session.line_items.data) == 100
    assert sum(item.amount_total for item in session.line_items.data) == session.amount_total == 899


def test_a_free_session_needs_no_payment(shop: Any) -> None:
    """At 100 percent off there is no PaymentIntent, no card, and always a customer."""
    shop.client.v1.coupons.create(params={"id": "FREE", "percent_off": 100})
    session = shop.open(discounts=[{"coupon": "FREE"}], customer_email="a@example.com")
    assert shop.emulator.pay(session.id) == {
        "status": "complete",
        "payment_status": "no_payment_required",
        "outcome": "succeeded",
    }
    done = shop.read(session.id)
    assert (done.payment_intent, done.amount_total) == (None, 0)
    assert done.customer.startswith("cus_")
    assert shop.kinds() == ["customer.created", "checkout.session.completed"]


def test_a_discount_into_the_unchargeable_is_refused(shop: Any) -> None:
    """A total is nothing or at least the minimum."""
    shop.client.v1.coupons.create(params={"id": "MOST", "amount_off": 9950, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.open(discounts=[{"coupon": "MOST"}])
    assert refused.value.code == "amount_too_small"


def test_a_coupon_of_another_currency_is_refused(shop: Any) -> None:
    """Ten euros off is nothing off dollars."""
    shop.client.v1.coupons.create(params={"id": "EUR", "amount_off": 1000, "currency": "eur"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.open(discounts=[{"coupon": "EUR"}])
    assert refused.value.param == "discounts[0][coupon]"


def test_a_coupon_is_used_up_by_completed_sessions(shop: Any) -> None:
    """times_redeemed counts completions; at max_redemptions the coupon is invalid."""
    shop.client.v1.coupons.create(params={"id": "ONE", "percent_off": 10, "max_redemptions": 1})
    session = shop.open(discounts=[{"coupon": "ONE"}])
    assert shop.client.v1.coupons.retrieve("ONE").valid is True
    shop.emulator.pay(session.id, "4242424242424242")
    used = shop.client.v1.coupons.retrieve("ONE")
    assert (used.times_redeemed, used.valid) == (1, False)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.open(discounts=[{"coupon": "ONE"}])
    assert refused.value.code == "coupon_expired"


def test_a_coupon_ends_at_redeem_by(shop: Any, now: int) -> None:
    """Past its time a coupon is refused."""
    shop.client.v1.coupons.create(params={"id": "SOON", "percent_off": 10, "redeem_by": now + 100})
    assert shop.open(discounts=[{"coupon": "SOON"}]).amount_total == 8999
    shop.emulator.advance(101)
    with pytest.raises(stripe.InvalidRequestError, match="Coupon expired"):
        shop.open(discounts=[{"coupon": "SOON"}])


def test_a_deleted_coupon_stays_on_its_sessions(shop: Any) -> None:
    """Deleting ends new uses only."""
    shop.client.v1.coupons.create(params={"id": "GONE", "percent_off": 10})
    session = shop.open(discounts=[{"coupon": "GONE"}])
    assert shop.client.v1.coupons.delete("GONE").deleted is True
    assert shop.read(session.id).amount_total == 8999
    assert shop.emulator.pay(session.id, "4242424242424242")["payment_status"] == "paid"
    with pytest.raises(stripe.InvalidRequestError, match="No such coupon: 'GONE'"):
        shop.open(discounts=[{"coupon": "GONE"}])


def test_a_coupon_for_some_products_discounts_only_these(shop: Any) -> None:
    """applies_to narrows the discount to its lines."""
    shop.client.v1.coupons.create(params={"id": "SOME", "percent_off": 50, "applies_to": {"products": ["prod_course"]}})
    other = {"price_data": {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "Book"}}, "quantity": 1}
    session = shop.open(line_items=[{"price": "price_course", "quantity": 1}, other], discounts=[{"coupon": "SOME"}])
    assert session.total_details.amount_discount == 5000


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "Missing required param"),
        ({"percent_off": 10, "amount_off": 5, "currency": "usd"}, "only specify one of"),
        ({"percent_off": 0}, "percent_off"),
        ({"percent_off": 100.1}, "percent_off"),
        ({"percent_off": "NaN"}, "Invalid decimal"),
        ({"amount_off": 0, "currency": "usd"}, "positive"),
        ({"amount_off": 100}, "Missing required param: currency"),
        ({"percent_off": 10, "max_redemptions": 0}, "greater than or equal to 1"),
        ({"percent_off": 10, "redeem_by": 1}, "in the future"),
        ({"percent_off": 10, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 10, "name": "x" * 41}, "at most 40"),
        ({"id": "TWICE", "percent_off": 10}, "already exists"),
    ],
)
def test_coupons_that_make_no_sense_are_refused(shop: Any, params: Any, words: str) -> None:
    """Each is a 400 in words."""
    shop.client.v1.coupons.create(params={"id": "TWICE", "percent_off": 10})
    with pytest.raises(stripe.InvalidRequestError, match=words):
        shop.client.v1.coupons.create(params=params)


def test_coupons_can_be_renamed_and_listed(shop: Any) -> None:
    """Name and metadata change, the worth does not."""
    shop.client.v1.coupons.create(params={"id": "A", "percent_off": 10, "metadata": {"k": "v"}})
    changed = shop.client.v1.coupons.update("A", params={"name": "Spring", "metadata": {"k": "", "n": "1"}})
    assert (changed.name, changed.metadata.to_dict(), changed.percent_off) == ("Spring", {"n": "1"}, 10)
    assert [coupon.id for coupon in shop.client.v1.coupons.list().data] == ["A"]
