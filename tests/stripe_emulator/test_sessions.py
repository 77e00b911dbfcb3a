"""A Checkout Session's life over the API: opened, read, listed, expired."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

FIXTURES = Path(__file__).parents[1] / "payloads" / "stripe"


def fixture(name: str) -> dict[str, Any]:
    """A recorded body."""
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    return found


def test_a_new_session_is_open_unpaid_and_has_a_client_secret(shop: Any, now: int) -> None:
    """An embedded session starts without a PaymentIntent and with what the browser needs."""
    session = shop.open(expires_at=now + 3600, client_reference_id="ps_1", customer_email="a@example.com")
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.client_secret.startswith(f"{session.id}_secret_")
    assert len(session.id) == 66
    assert (session.amount_subtotal, session.amount_total, session.currency) == (9999, 9999, "usd")
    assert (session.url, session.customer, session.customer_creation) == (None, None, "if_required")
    assert session.customer_details.email == "a@example.com"
    assert session.expires_at == now + 3600
    assert session.livemode is False


@pytest.mark.parametrize("state", ["open", "complete_paid", "expired"])
def test_a_session_has_the_fields_of_stripes_own(shop: Any, state: str) -> None:
    """Fields are neither missing nor added, compared with a recorded session of the same state."""
    session = shop.open()
    if state == "complete_paid":
        shop.emulator.pay(session.id, "4242424242424242")
    if state == "expired":
        shop.client.v1.checkout.sessions.expire(session.id)
    wanted = fixture(f"checkout.session.{state}").keys() | {"excluded_payment_method_types"}
    assert shop.read(session.id).to_dict().keys() == wanted


def test_a_session_expires_24_hours_after_it_was_made_unless_asked_otherwise(shop: Any) -> None:
    """The default life of a session is a day."""
    session = shop.open()
    assert session.expires_at - session.created == 86400


def test_inline_prices_make_their_own_product(shop: Any) -> None:
    """price_data with product_data needs nothing in the catalog."""
    data = {"currency": "eur", "unit_amount": 4900, "product_data": {"name": "Kurs: Grundlagen & mehr é"}}
    session = shop.open(line_items=[{"price_data": data, "quantity": 2}], expand=["line_items"])
    assert (session.amount_total, session.currency) == (9800, "eur")
    assert session.line_items.data[0].description == "Kurs: Grundlagen & mehr é"


def test_an_expired_session_is_final(shop: Any) -> None:
    """Expiring closes an open session once; the second time is refused in Stripe's words."""
    session = shop.open()
    assert shop.client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.client.v1.checkout.sessions.expire(session.id)
    assert json.loads(str(refused.value.http_body)) == {
        "error": {
            "message": fixture("error.400.expire_not_open")["error"]["message"].replace("complete", "expired"),
            "type": "invalid_request_error",
        }
    }
    closed = shop.read(session.id)
    assert (closed.client_secret, closed.payment_status) == (None, "unpaid")
    assert shop.kinds() == ["checkout.session.expired"]


def test_a_paid_session_cannot_be_expired(shop: Any) -> None:
    """A payment that won the race stays won."""
    session = shop.open()
    shop.emulator.pay(session.id, "4242424242424242")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.client.v1.checkout.sessions.expire(session.id)
    assert json.loads(str(refused.value.http_body)) == fixture("error.400.expire_not_open")


def test_a_session_past_its_time_is_expired_for_every_reader(shop: Any, now: int) -> None:
    """Moving the clock past expires_at expires the session and reports it once."""
    session = shop.open(expires_at=now + 1900)
    shop.emulator.advance(1898)
    assert shop.read(session.id).status == "open"
    shop.emulator.advance(3)
    assert shop.read(session.id).status == "expired"
    assert [event["type"] for event in shop.events()] == ["checkout.session.expired"]


def test_time_expires_sessions_that_nobody_reads(make_shop: Callable[..., Any]) -> None:
    """The background tick reports an expiry without any call."""
    time = [1_800_000_000.0]
    shop = make_shop(clock=lambda: time[0])
    session = shop.open(expires_at=int(time[0]) + 1800)
    time[0] += 1801
    (webhook,) = shop.receiver.wait_for(lambda deliveries: len(deliveries) == 1)
    assert json.loads(webhook.body)["data"]["object"]["id"] == session.id


def test_expiring_a_session_cancels_its_abandoned_payment(shop: Any) -> None:
    """A PaymentIntent that was declined is cancelled when its session ends."""
    session = shop.open()
    shop.emulator.pay(session.id, "4000000000000002")
    shop.client.v1.checkout.sessions.expire(session.id)
    expired = shop.read(session.id, "payment_intent")
    assert (expired.payment_intent.status, expired.payment_intent.cancellation_reason) == ("canceled", "expired")
    assert shop.kinds()[-2:] == ["payment_intent.canceled", "checkout.session.expired"]


def test_line_items_come_only_when_asked_for(shop: Any) -> None:
    """line_items is absent from plain reads, present when expanded, and has a list of its own."""
    session = shop.open()
    assert "line_items" not in shop.read(session.id)
    expanded = shop.read(session.id, "line_items", "line_items.data.price.product")
    assert expanded.line_items.data[0].price.product.name == "Bootcamp"
    listed = shop.client.v1.checkout.sessions.line_items.list(session.id)
    assert [item.amount_total for item in listed.data] == [9999]


def test_expanding_replaces_ids_by_objects(shop: Any) -> None:
    """payment_intent, its latest charge and the customer can be had in one read."""
    customer = shop.client.v1.customers.create(params={"email": "a@example.com", "name": "Ada"})
    session = shop.open(customer=customer.id)
    assert (session.customer, session.customer_creation) == (customer.id, None)
    shop.emulator.pay(session.id, "4242424242424242")
    read = shop.read(session.id, "payment_intent.latest_charge", "customer", "total_details.breakdown")
    assert read.payment_intent.latest_charge.payment_method_details.card.last4 == "4242"
    assert read.customer.name == "Ada"
    assert read.total_details.breakdown.discounts == []


def test_lists_are_newest_first_in_pages(shop: Any) -> None:
    """A cursor walks through all sessions once."""
    made = [shop.open(client_reference_id=f"n{number}").id for number in range(5)]
    sessions = shop.client.v1.checkout.sessions
    first = sessions.list(params={"limit": 2})
    assert ([s.id for s in first.data], first.has_more) == ([made[4], made[3]], True)
    walked = [session.id for session in sessions.list(params={"limit": 2}).auto_paging_iter()]
    assert walked == made[::-1]
    before = sessions.list(params={"limit": 2, "ending_before": made[1]})
    assert ([s.id for s in before.data], before.has_more) == ([made[3], made[2]], True)


def test_lists_filter_by_what_stripe_filters(shop: Any) -> None:
    """Status, creation time, customer, e-mail and payment intent select; metadata cannot."""
    paid = shop.open(customer_email="a@example.com")
    shop.emulator.pay(paid.id, "4242424242424242")
    shop.open()
    intent = shop.read(paid.id).payment_intent
    sessions = shop.client.v1.checkout.sessions
    for filters in (
        {"status": "complete"},
        {"payment_intent": intent},
        {"customer_details": {"email": "a@example.com"}},
        {"status": "complete", "created": {"gte": paid.created, "lt": paid.created + 60}},
    ):
        assert [session.id for session in sessions.list(params=filters).data] == [paid.id], filters
    assert sessions.list(params={"created": {"lt": paid.created - 60}}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: metadata"):
        sessions.list(params={"metadata": {"a": "b"}})
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: client_reference_id"):
        sessions.list(params={"client_reference_id": "n1"})


def test_metadata_of_a_session_can_be_changed(shop: Any) -> None:
    """Given keys are set, empty ones removed, the others stay."""
    session = shop.open(metadata={"a": "1", "b": "2"})
    changed = shop.client.v1.checkout.sessions.update(session.id, params={"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}


def test_a_hosted_session_has_a_page_of_its_own(shop: Any) -> None:
    """hosted_page is the default; it gives a URL instead of a client secret, for as long as it is open."""
    urls = {"success_url": "http://127.0.0.1:3000/ok?s={CHECKOUT_SESSION_ID}", "cancel_url": "http://127.0.0.1:3000/"}
    session = shop.open(ui_mode=None, return_url=None, **urls)
    assert session.ui_mode == "hosted_page"
    assert session.url.startswith(f"{shop.emulator.url}/c/pay/{session.id}#")
    assert (session.client_secret, session.redirect_on_completion) == (None, None)
    shop.emulator.pay(session.id, "4242424242424242")
    assert shop.read(session.id).url is None


@pytest.mark.parametrize(
    ("currency", "filters", "wanted"),
    [
        ("usd", {}, ["card", "link", "us_bank_account"]),
        ("eur", {}, ["card", "link", "sepa_debit"]),
        ("usd", {"allowed_payment_method_types": ["card"]}, ["card"]),
        ("usd", {"excluded_payment_method_types": ["us_bank_account"]}, ["card", "link"]),
    ],
)
def test_filters_narrow_the_eligible_methods(shop: Any, currency: str, filters: Any, wanted: list[str]) -> None:
    """allowed_ and excluded_payment_method_types filter what the currency offers."""
    data = {"currency": currency, "unit_amount": 4900, "product_data": {"name": "Course"}}
    session = shop.open(line_items=[{"price_data": data, "quantity": 1}], **filters)
    assert session.payment_method_types == wanted
