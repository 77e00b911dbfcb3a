"""What the gateway says to Stripe. Every exchange here has also passed the check against Stripe's description."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve, fields

from adapters.stripe.api import RETRIES, TIMEOUT
from adapters.stripe.payment_gateway import StripeGateway
from domain.money import Money
from domain.payments.events import CheckoutOpened
from domain.pricing import Quote
from tests.support.factories import PRICE, a_coupon, a_session, a_session_with, a_student
from tests.support.stripe.gateway_rig import StripeRig


def test_an_embedded_checkout_of_a_known_price(rig: StripeRig) -> None:
    """The whole request, so that nothing slips in: no payment method types, no promotion codes, no tax."""
    session = a_session()
    rig.gateway.open_checkout(session, a_student())
    [exchange] = rig.exchanges
    names = {
        "v": "2",
        "stage": "test",
        "paymentSessionId": "ps_1",
        "userId": "user-1",
        "courseId": "course-1",
        "courseName": "AWS Cloud Mastery",
        "listAmount": "14999",
        "discountAmount": "0",
        "source": "direct",
        "uiMode": "embedded",
        "createdAt": "2026-01-15T12:00:00.250Z",
        "priceId": "price_1",
    }
    assert exchange.params == {
        "mode": "payment",
        "ui_mode": "embedded_page",
        "line_items[0][price]": "price_1",
        "line_items[0][quantity]": "1",
        "client_reference_id": "ps_1",
        **{f"metadata[{key}]": value for key, value in names.items()},
        **{f"payment_intent_data[metadata][{key}]": value for key, value in names.items()},
        "expires_at": str(int(session.expires_at.timestamp())),
        "adaptive_pricing[enabled]": "false",
        "return_url": "https://school.example/return?session_id={CHECKOUT_SESSION_ID}",
        "redirect_on_completion": "always",
        "customer_creation": "always",
        "customer_email": "sam@example.com",
    }
    assert exchange.headers["Idempotency-Key"] == "ps_1"
    assert exchange.headers["Stripe-Version"] == "2026-10-28.endive"


def test_the_browser_gets_a_secret_and_no_address_for_an_embedded_checkout(rig: StripeRig) -> None:
    """What a checkout in the page needs is its client secret."""
    checkout = rig.gateway.open_checkout(a_session(), a_student())
    assert checkout.client_secret
    assert checkout.client_secret.startswith(f"{checkout.provider_session_id}_secret_")
    assert checkout.redirect_url is None
    assert checkout.client_secret not in repr(checkout)


def test_a_hosted_checkout_has_an_address_and_two_ways_back(rig: StripeRig) -> None:
    """A hosted page returns to the success or the cancel address and needs no client secret."""
    session = a_session(ui_mode="hosted", cancel_url="https://school.example/dashboard")
    checkout = rig.gateway.open_checkout(session, a_student())
    params = rig.exchanges[0].params
    assert params["ui_mode"] == "hosted_page"
    assert params["cancel_url"] == session.cancel_url
    assert params["success_url"] == session.return_url + "?session_id={CHECKOUT_SESSION_ID}"
    assert not {"return_url", "redirect_on_completion"} & params.keys()
    assert checkout.redirect_url
    assert checkout.client_secret is None


def test_the_metadata_have_what_a_lost_session_would_need(rig: StripeRig) -> None:
    """The discount, and which use of which coupon it was; what is not there has no key."""
    coupon = a_coupon(code="SUMMER_26", max_uses=2_000, shards=16)
    session = a_session_with(coupon, shard=11, provider_price_id=None)
    rig.gateway.open_checkout(session, a_student())
    params = rig.exchanges[-1].params
    assert params["metadata[coupon]"] == "SUMMER_26:11:1:1"
    assert params["metadata[discountAmount]"] == "1500"
    assert "metadata[priceId]" not in params


def test_a_long_course_name_fits_into_the_metadata(rig: StripeRig) -> None:
    """Stripe refuses values above 500 characters; the name of the course must not stop a sale."""
    rig.gateway.open_checkout(a_session(course_name="Ü" * 600, provider_price_id=None), a_student())
    assert rig.exchanges[-1].params["metadata[courseName]"] == "Ü" * 500


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://school.example/r?x=1", "https://school.example/r?x=1&session_id={CHECKOUT_SESSION_ID}"),
        ("https://school.example/r?s={CHECKOUT_SESSION_ID}", "https://school.example/r?s={CHECKOUT_SESSION_ID}"),
    ],
)
def test_the_return_address_names_the_checkout_once(rig: StripeRig, url: str, sent: str) -> None:
    """Stripe fills in the checkout's id wherever the address leaves room for it."""
    rig.gateway.open_checkout(a_session(return_url=url), a_student())
    assert rig.exchanges[0].params["return_url"] == sent


def test_a_course_without_a_price_at_stripe_is_sold_at_its_list_price(rig: StripeRig) -> None:
    """Without a price in Stripe's catalogue the request carries name, currency and amount."""
    checkout = rig.gateway.open_checkout(a_session(provider_price_id=None, course_name="Café & Co."), a_student())
    params = rig.exchanges[0].params
    assert params["line_items[0][price_data][unit_amount]"] == "14999"
    assert params["line_items[0][price_data][currency]"] == "usd"
    assert params["line_items[0][price_data][product_data][name]"] == "Café & Co."
    assert checkout.amount == PRICE


def test_a_known_customer_is_named_and_no_address_with_it(rig: StripeRig) -> None:
    """Stripe takes a customer or an address, never both; a first purchase makes the customer."""
    first = rig.gateway.open_checkout(a_session(), a_student())
    rig.emulator.pay(first.provider_session_id, "4242424242424242")
    event = rig.gateway.look_up(evolve(a_session(), provider_session_id=first.provider_session_id)).event
    customer = event.customer_id  # type: ignore[attr-defined]
    assert customer
    again = rig.gateway.open_checkout(a_session(payment_session_id="ps_2", customer_id=customer), a_student())
    assert not again.customer_is_gone
    params = rig.exchanges[-1].params
    assert params["customer"] == customer
    assert not {"customer_email", "customer_creation"} & params.keys()


def test_a_customer_who_was_deleted_at_stripe_can_still_buy(rig: StripeRig) -> None:
    """Whom Stripe does not know any more is asked for anew, under a key of its own, every time the same way."""
    session = a_session(customer_id="cus_gone")
    checkout = rig.gateway.open_checkout(session, a_student())
    assert isinstance(checkout.event, CheckoutOpened)
    assert rig.exchanges[-1].headers["Idempotency-Key"] == "ps_1:anew"
    assert checkout.customer_is_gone
    again = rig.another_gateway().open_checkout(session, a_student())
    assert again == checkout


@pytest.mark.parametrize(("customer_id", "key"), [(None, "ps_1:unaddressed"), ("cus_gone", "ps_1:anew:unaddressed")])
def test_an_address_that_stripe_does_not_take_keeps_nobody_from_buying(
    rig: StripeRig, customer_id: str | None, key: str
) -> None:
    """Stripe's form asks for one that it takes; under a key of its own, every time the same way."""
    session, buyer = a_session(customer_id=customer_id), a_student(email="sam@intranet")
    checkout = rig.gateway.open_checkout(session, buyer)
    assert isinstance(checkout.event, CheckoutOpened)
    assert rig.exchanges[-1].headers["Idempotency-Key"] == key
    assert "customer_email" not in rig.exchanges[-1].params
    assert rig.another_gateway().open_checkout(session, buyer).provider_session_id == checkout.provider_session_id


def test_a_discount_becomes_a_coupon_of_exactly_that_amount(rig: StripeRig) -> None:
    """Our coupons are counted here; Stripe gets a coupon for one use that takes off what we agreed on."""
    session = a_session_with(a_coupon())
    checkout = rig.gateway.open_checkout(session, a_student())
    coupon, opened = rig.exchanges
    assert coupon.params == {
        "id": "ps_1",
        "amount_off": str(session.quote.discount),
        "currency": "usd",
        "duration": "once",
        "max_redemptions": "1",
        "name": "SPRING",
    }
    assert coupon.headers["Idempotency-Key"] == "ps_1:coupon"
    assert opened.params["discounts[0][coupon]"] == "ps_1"
    assert "allow_promotion_codes" not in opened.params
    assert checkout.amount == session.total


def test_a_coupon_made_a_day_ago_is_used_again(rig: StripeRig) -> None:
    """Keys fade after a day; that the coupon is there already is then no error."""
    session = a_session_with(a_coupon())
    rig.gateway.open_checkout(session, a_student())
    rig.advance(hours=25)
    later = evolve(session, expires_at=session.expires_at + timedelta(hours=25))
    assert isinstance(rig.gateway.open_checkout(later, a_student()).event, CheckoutOpened)


def test_fault_50_the_price_at_stripe_is_reported_as_it_is(rig: StripeRig) -> None:
    """If Stripe would charge something else than we agreed on, the amount says so before any secret leaves."""
    session = a_session(quote=Quote(list_price=Money(9_900, "usd")))
    assert rig.gateway.open_checkout(session, a_student()).amount == PRICE


def test_the_sdk_does_not_report(rig: StripeRig) -> None:
    """Nothing is sent about earlier requests."""
    for number in range(2):
        rig.gateway.open_checkout(a_session(payment_session_id=f"ps_{number}"), a_student())
    assert all("X-Stripe-Client-Telemetry" not in exchange.headers for exchange in rig.exchanges)


def test_all_attempts_fit_into_a_request() -> None:
    """What a gateway waits by itself, each attempt and the SDK's pause between them, ends before API Gateway does."""
    assert fields(StripeGateway).timeout.default == TIMEOUT
    assert (RETRIES + 1) * sum(TIMEOUT) + RETRIES < 29
