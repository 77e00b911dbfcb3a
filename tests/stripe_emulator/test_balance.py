"""Charges, their receipts, and what moves on the balance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
import stripe

from tests.stripe_emulator.conftest import payload, shape

AVAILABLE_AT_ONCE = "4000000000000077"


@pytest.mark.parametrize("kind", ["charge", "refund", "refund_failure", "dispute"])
def test_movements_look_as_stripes_do(shop: Any, kind: str) -> None:
    """Keys and kinds of values, type and category equal those of Stripe's own."""
    intent = shop.paid()
    shop.emulator.fail_refund(shop.emulator.refund(intent)["id"])
    shop.emulator.open_dispute(intent)
    stored = payload(f"balance_transaction.{kind}")
    [made] = shop.client.v1.balance_transactions.list(params={"type": stored["type"]}).data
    assert shape(made.to_dict()) == shape(stored)
    same = ("object", "type", "reporting_category", "balance_type", "exchange_rate")
    assert {name: made[name] for name in same} == {name: stored[name] for name in same}
    assert made.net == made.amount - made.fee
    assert sum(part.amount for part in made.fee_details) == made.fee


def test_the_money_of_a_payment_is_available_later(shop: Any) -> None:
    """After two days; with one test card at once."""
    shop.paid()
    shop.paid(AVAILABLE_AT_ONCE)
    listed = shop.client.v1.balance_transactions.list
    at_once, later = listed().data
    assert (at_once.status, at_once.available_on) == ("available", at_once.created)
    assert (later.status, later.available_on) == ("pending", later.created + 2 * 86400)
    shop.emulator.advance(2 * 86400)
    assert [made.status for made in listed().data] == ["available", "available"]


def test_a_declined_payment_moves_nothing(shop: Any) -> None:
    """Its charge exists, failed, without booking and receipt."""
    intent = shop.paid("4000000000000002")
    [charge] = shop.client.v1.charges.list(params={"payment_intent": intent}).data
    assert (charge.status, charge.balance_transaction, charge.receipt_url) == ("failed", None, None)
    assert shop.money() == []


def test_movements_are_found_by_time_type_source_and_currency(shop: Any) -> None:
    """Newest first, in pages, each with its source on request."""
    intent = shop.paid()
    shop.emulator.advance(100)
    refund = shop.emulator.refund(intent)["id"]
    dispute = shop.emulator.open_dispute(shop.paid())["id"]
    listed = shop.client.v1.balance_transactions.list

    def sources(**params: Any) -> list[Any]:
        return [made.source for made in listed(params=params).data]

    charge = shop.charge(intent)
    assert sources(type="adjustment") == [dispute]
    assert sources(source=charge.id) == [charge.id]
    assert sources(created={"lt": charge.created + 50}) == [charge.id]
    assert sources(created={"gte": charge.created + 50})[-1] == refund
    assert sources(currency="eur") == []
    pages = [made.id for made in listed(params={"limit": 1}).auto_paging_iter()]
    assert pages == [made.id for made in listed().data]
    shown = [made.source.object for made in listed(params={"expand": ["data.source"]}).data]
    assert shown == ["dispute", "charge", "refund", "charge"]
    made = shop.client.v1.balance_transactions.retrieve(charge.balance_transaction.id, params={"expand": ["source"]})
    assert made.source.payment_intent == intent
    with pytest.raises(stripe.InvalidRequestError, match="does not support payouts"):
        sources(payout="po_1")
    with pytest.raises(stripe.InvalidRequestError, match="No such balance transaction"):
        shop.client.v1.balance_transactions.retrieve("txn_nope")


def test_the_sum_of_all_movements_is_the_balance(shop: Any) -> None:
    """Received, refunded, come back, charged back and won: to the cent."""
    kept = shop.paid()
    shop.emulator.refund(kept, 999)
    shop.emulator.fail_refund(shop.emulator.refund(kept, 1000)["id"])
    for outcome in ("won", "lost"):
        shop.emulator.decide_dispute(shop.emulator.open_dispute(shop.paid())["id"], outcome)
    total = sum(made.net for made in shop.client.v1.balance_transactions.list().data)
    assert total == (9999 - 320 - 999) + (9999 - 320 - 1500) + (-320 - 1500)


def test_charges_are_found_and_shown_with_what_belongs_to_them(shop: Any) -> None:
    """By PaymentIntent, customer and time; booking and refunds only on request."""
    customer = shop.client.v1.customers.create().id
    one, two = shop.paid(customer=customer), shop.paid()
    shop.emulator.refund(one, 5)
    listed = shop.client.v1.charges.list
    [mine] = listed(params={"customer": customer, "expand": ["data.refunds", "data.balance_transaction"]}).data
    assert (mine.payment_intent, mine.refunds.data[0].amount, mine.balance_transaction.fee) == (one, 5, 320)
    assert [charge.payment_intent for charge in listed().data] == [two, one]
    plain = shop.client.v1.charges.retrieve(mine.id)
    assert ("refunds" in plain, isinstance(plain.balance_transaction, str)) == (False, True)
    assert shape(payload("charge.disputed")).keys() == plain.to_dict().keys() - {"source"}
    with pytest.raises(stripe.InvalidRequestError, match="No such charge: 'ch_nope'"):
        shop.client.v1.charges.retrieve("ch_nope")


def test_payment_intents_are_listed(shop: Any) -> None:
    """By customer and time, newest first, with their charge on request."""
    customer = shop.client.v1.customers.create().id
    one, two = shop.paid(customer=customer), shop.paid()
    listed = shop.client.v1.payment_intents.list
    found = listed(params={"expand": ["data.latest_charge"]}).data
    assert [(intent.id, intent.latest_charge.paid) for intent in found] == [(two, True), (one, True)]
    assert [intent.id for intent in listed(params={"customer": customer}).data] == [one]


def test_a_receipt_shows_the_payment_as_it_is_now(shop: Any) -> None:
    """Refunds included, to whoever has the link, for 30 days."""
    charge = shop.charge(shop.paid())

    def page() -> str:
        with requests.Session() as http:
            answer = http.get(charge.receipt_url, timeout=30)
        assert (answer.status_code, answer.headers["Content-Security-Policy"]) == (200, "default-src 'none'")
        return answer.text

    assert "Amount paid: 99.99 usd" in page()
    assert "Refunded" not in page()
    shop.emulator.refund(charge.id, 999)
    assert "Refunded: 9.99 usd" in page()
    shop.emulator.advance(31 * 86400)
    assert "99.99" not in page()
    assert "expired" in page()


def test_a_receipt_says_whose_it_is_without_becoming_markup(make_shop: Callable[..., Any]) -> None:
    """The business name is text; a path that nobody was given is no receipt."""
    shop = make_shop(business_name="<b>School</b>")
    url = shop.charge(shop.paid()).receipt_url
    with requests.Session() as http:
        assert "Receipt from &lt;b&gt;School" in http.get(url, timeout=30).text
        assert http.get(f"{url}x", timeout=30).status_code == 404
        assert http.post(url, timeout=30).status_code == 404
