"""Refunds and PaymentIntents over the API."""

from __future__ import annotations

from typing import Any

import pytest
import stripe


def paid(shop: Any) -> str:
    """A paid session's PaymentIntent."""
    session = shop.open()
    shop.emulator.pay(session.id, "4242424242424242")
    return str(shop.read(session.id).payment_intent)


def test_a_refund_gives_back_everything(shop: Any) -> None:
    """The charge is refunded and charge.refunded says so."""
    intent = paid(shop)
    refund = shop.client.v1.refunds.create(params={"payment_intent": intent, "reason": "requested_by_customer"})
    assert (refund.amount, refund.status, refund.currency) == (9999, "succeeded", "usd")
    assert shop.client.v1.refunds.retrieve(refund.id).id == refund.id
    [emitted] = [
        event for event in shop.events() if event["type"] == "charge.refunded"
    ]  # in whatever order they arrive
    assert emitted["data"]["object"]["refunded"] is True
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.client.v1.refunds.create(params={"payment_intent": intent})
    assert refused.value.code == "charge_already_refunded"


def test_partial_refunds_add_up(shop: Any) -> None:
    """The flag is true only when all is back; more than is left is refused."""
    intent = paid(shop)
    shop.client.v1.refunds.create(params={"payment_intent": intent, "amount": 1000})
    charge = shop.client.v1.payment_intents.retrieve(intent, params={"expand": ["latest_charge"]}).latest_charge
    assert (charge.amount_refunded, charge.refunded) == (1000, False)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        shop.client.v1.refunds.create(params={"charge": charge.id, "amount": 9000})
    assert shop.client.v1.refunds.create(params={"charge": charge.id}).amount == 8999


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "Missing required param"),
        ({"payment_intent": "pi_x", "charge": "ch_x"}, "only specify one of"),
        ({"payment_intent": "pi_x"}, "No such payment_intent"),
        ({"charge": "ch_x"}, "No such charge"),
    ],
)
def test_refunds_of_nothing_are_refused(shop: Any, params: Any, words: str) -> None:
    """Each is a 400 in words."""
    with pytest.raises(stripe.InvalidRequestError, match=words):
        shop.client.v1.refunds.create(params=params)


def test_an_unpaid_intent_has_nothing_to_refund(shop: Any) -> None:
    """A declined payment took no money."""
    session = shop.open()
    shop.emulator.pay(session.id, "4000000000000002")
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        shop.client.v1.refunds.create(params={"payment_intent": shop.read(session.id).payment_intent})
