"""Each test card does what Stripe's documentation says of it."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.stripe_emulator.payment_methods import luhn

GOOD = "4242424242424242"
DECLINES = [
    ("4000000000000002", "card_declined", "generic_decline"),
    ("4000000000009995", "card_declined", "insufficient_funds"),
    ("4000000000009987", "card_declined", "lost_card"),
    ("4000000000009979", "card_declined", "stolen_card"),
    ("4000000000000069", "expired_card", "expired_card"),
    ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
    ("4000000000000119", "processing_error", "processing_error"),
    ("4000000000006975", "card_declined", "card_velocity_exceeded"),
    ("4000000000000341", "card_declined", "generic_decline"),
    ("4100000000000019", "card_declined", "fraudulent"),
    ("4111111111111111", "card_declined", "test_mode_live_card"),
]


def test_a_good_card_completes_the_session(shop: Any) -> None:
    """Paid at once: session, PaymentIntent and charge agree, and carry the intent's metadata."""
    session = shop.open()
    assert shop.emulator.pay(session.id, GOOD) == {
        "status": "complete",
        "payment_status": "paid",
        "outcome": "succeeded",
    }
    paid = shop.read(session.id, "payment_intent.latest_charge")
    intent = paid.payment_intent
    assert (paid.status, paid.payment_status, paid.client_secret) == ("complete", "paid", None)
    assert (intent.status, intent.amount, intent.amount_received, intent.currency) == ("succeeded", 9999, 9999, "usd")
    assert intent.metadata.to_dict() == {"paymentSessionId": "ps_1"}
    assert (intent.latest_charge.paid, intent.latest_charge.status) == (True, "succeeded")
    assert shop.kinds() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize(("number", "code", "decline_code"), DECLINES)
def test_a_declined_card_leaves_the_session_open(shop: Any, number: str, code: str, decline_code: str) -> None:
    """The buyer sees why, the events say why, and another card can still pay the same PaymentIntent."""
    session = shop.open()
    answer = shop.emulator.pay(session.id, number)
    assert (answer["outcome"], answer["code"], answer["decline_code"]) == ("declined", code, decline_code)
    declined = shop.read(session.id, "payment_intent.latest_charge")
    intent = declined.payment_intent
    assert (declined.status, declined.payment_status) == ("open", "unpaid")
    assert declined.client_secret
    assert (intent.status, intent.last_payment_error.decline_code) == ("requires_payment_method", decline_code)
    assert (intent.latest_charge.status, intent.latest_charge.failure_code) == ("failed", code)
    assert intent.latest_charge.amount_captured == 0
    assert shop.kinds() == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]
    assert shop.emulator.pay(session.id, GOOD)["payment_status"] == "paid"
    paid = shop.read(session.id, "payment_intent")
    assert (paid.payment_intent.id, paid.payment_intent.status) == (intent.id, "succeeded")
    assert paid.payment_intent.last_payment_error is None


@pytest.mark.parametrize("number", ["4242424242424241", "1234", "", "4242 4242 4242 424x", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"])
def test_a_mistyped_number_is_refused_by_the_form(shop: Any, number: str) -> None:
    """No payment is tried and nothing is reported."""
    session = shop.open()
    answer = shop.emulator.pay(session.id, number)
    assert (answer["outcome"], answer["status"]) == ("refused", "open")
    assert shop.kinds() == []
    assert shop.read(session.id).payment_intent is None


@pytest.mark.parametrize("number", ["4000002500003155", "4000002760003184"])
def test_a_challenge_can_be_passed(shop: Any, number: str) -> None:
    """Between the card and the money lies the bank's question."""
    session = shop.open()
    assert shop.emulator.pay(session.id, number)["outcome"] == "requires_action"
    waiting = shop.read(session.id, "payment_intent")
    assert (waiting.status, waiting.payment_intent.status) == ("open", "requires_action")
    assert shop.emulator.pay(session.id, challenge="complete")["payment_status"] == "paid"
    assert shop.read(session.id, "payment_intent").payment_intent.next_action is None


def test_a_failed_challenge_declines(shop: Any) -> None:
    """The session stays open; no charge was made."""
    session = shop.open()
    answer = shop.emulator.pay(session.id, "4000002760003184", challenge="fail")
    assert (answer["outcome"], answer["code"]) == ("declined", "payment_intent_authentication_failure")
    assert "charge.failed" not in shop.kinds()
    assert shop.emulator.pay(session.id, GOOD)["payment_status"] == "paid"


def test_a_passed_challenge_may_still_be_declined(shop: Any) -> None:
    """4000008260003178 authenticates and then lacks funds."""
    session = shop.open()
    answer = shop.emulator.pay(session.id, "4000008260003178", challenge="complete")
    assert (answer["outcome"], answer["decline_code"]) == ("declined", "insufficient_funds")


def test_paying_twice_is_not_possible(shop: Any) -> None:
    """A complete session takes no second payment, an expired one no first."""
    session = shop.open()
    shop.emulator.pay(session.id, GOOD)
    again = shop.call("POST", f"/emulator/sessions/{session.id}/pay", {"card": GOOD})
    assert (again.status_code, again.json()["payment_status"]) == (409, "paid")
    dead = shop.open()
    shop.client.v1.checkout.sessions.expire(dead.id)
    assert shop.call("POST", f"/emulator/sessions/{dead.id}/pay", {"card": GOOD}).json()["status"] == "expired"


def test_customer_creation_always_makes_a_customer_on_completion(shop: Any) -> None:
    """The customer is new, has the buyer's address, and is on session, intent and event."""
    session = shop.open(customer_creation="always", customer_email="ada@example.com")
    shop.emulator.pay(session.id, GOOD, name="Ada")
    paid = shop.read(session.id, "customer", "payment_intent")
    assert (paid.customer.email, paid.customer.name) == ("ada@example.com", "Ada")
    assert paid.payment_intent.customer == paid.customer.id
    completed = [e for e in shop.emulator.account.events.values() if e["type"] == "checkout.session.completed"]
    assert completed[0]["data"]["object"]["customer"] == paid.customer.id
    assert "customer.created" in shop.kinds()


def test_a_guest_stays_without_a_customer(shop: Any) -> None:
    """With if_required, who paid is only in customer_details."""
    session = shop.open()
    shop.emulator.pay(session.id, GOOD, email="guest@example.com")
    paid = shop.read(session.id)
    assert (paid.customer, paid.customer_details.email) == (None, "guest@example.com")


def test_a_card_number_is_never_kept(shop: Any) -> None:
    """After a payment the number is nowhere in the emulator's state or logs."""
    session = shop.open()
    shop.emulator.pay(session.id, "4000002760003184")
    shop.emulator.pay(session.id, GOOD)
    everything = repr((shop.emulator.account, shop.emulator.api.log, shop.emulator.control.deliveries()))
    assert "4242" in everything
    assert GOOD not in everything
    assert "4000002760003184" not in everything


def test_the_check_digit() -> None:
    """Luhn's formula tells a mistyped digit and swapped neighbours."""
    assert luhn("4242424242424242")
    assert not luhn("4242424242424243")
    assert not luhn("4242424242422442")
