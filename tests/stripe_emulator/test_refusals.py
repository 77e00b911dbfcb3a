"""What Stripe refuses, the emulator refuses: the same status, code and parameter, and where known the same words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

FIXTURES = Path(__file__).parents[1] / "payloads" / "stripe"


def fixture(name: str) -> dict[str, Any]:
    """A recorded body."""
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    return found


def price(amount: int = 9999, currency: str = "usd") -> list[Any]:
    """Line items of one inline price."""
    data = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Course"}}
    return [{"price_data": data, "quantity": 1}]


REFUSED: list[tuple[str, dict[str, Any], str, str | None, str | None]] = [
    # what is sent beside a good request, words, parameter, code
    ("old ui_mode", {"ui_mode": "embedded"}, "Invalid ui_mode: must be one of elements", "ui_mode", None),
    ("old hosted", {"ui_mode": "hosted"}, "Invalid ui_mode", "ui_mode", None),
    (
        "forced methods",
        {"payment_method_types": ["card"]},
        "Received unknown parameter: payment_method_types",
        "payment_method_types",
        "parameter_unknown",
    ),
    (
        "unknown nested",
        {"automatic_tax": {"on": True}},
        "unknown parameter: automatic_tax[on]",
        "automatic_tax[on]",
        None,
    ),
    ("no return url", {"return_url": None}, "Missing required param: return_url", "return_url", "parameter_missing"),
    ("return url and never", {"redirect_on_completion": "never"}, "`return_url` is not allowed", "return_url", None),
    ("success url", {"success_url": "http://127.0.0.1/"}, "`success_url` is not allowed", "success_url", None),
    ("cancel url", {"cancel_url": "http://127.0.0.1/"}, "`cancel_url` is not allowed", "cancel_url", None),
    ("hosted without success", {"ui_mode": "hosted_page", "return_url": None}, "success_url", "success_url", None),
    ("hosted with return", {"ui_mode": "hosted_page"}, "`return_url` is only allowed", "return_url", None),
    ("bad url", {"return_url": "javascript:alert(1)"}, "Not a valid URL", "return_url", "url_invalid"),
    ("relative url", {"return_url": "/return"}, "Not a valid URL", "return_url", "url_invalid"),
    ("no mode", {"mode": None}, "Missing required param: mode", "mode", "parameter_missing"),
    ("no lines", {"line_items": None}, "Missing required param: line_items", "line_items", "parameter_missing"),
    ("no quantity", {"line_items": [{"price": "price_course"}]}, "Quantity is required", "line_items[0]", None),
    ("no price", {"line_items": [{"quantity": 1}]}, "either `price` or `price_data`", "line_items[0]", None),
    (
        "unknown price",
        {"line_items": [{"price": "price_x", "quantity": 1}]},
        "No such price: 'price_x'",
        "line_items[0][price]",
        "resource_missing",
    ),
    ("unknown customer", {"customer": "cus_x"}, "No such customer: 'cus_x'", "customer", "resource_missing"),
    ("bad e-mail", {"customer_email": "nobody"}, "Invalid email address", "customer_email", "email_invalid"),
    (
        "promotion code",
        {"discounts": [{"promotion_code": "promo_x"}]},
        "No such promotion code",
        "discounts[0][promotion_code]",
        "resource_missing",
    ),
    ("two discounts", {"discounts": [{"coupon": "a"}, {"coupon": "b"}]}, "maximum 1", "discounts", None),
    ("reference too long", {"client_reference_id": "x" * 201}, "at most 200", "client_reference_id", None),
    ("metadata value too long", {"metadata": {"k": "x" * 501}}, "at most 500", "metadata[k]", None),
    ("metadata key too long", {"metadata": {"k" * 41: "x"}}, "up to 40", f"metadata[{'k' * 40}]", None),
    ("too much metadata", {"metadata": {f"k{n}": "x" for n in range(51)}}, "at most 50", "metadata", None),
    (
        "statement descriptor",
        {"payment_intent_data": {"statement_descriptor": "SHOP"}},
        "statement_descriptor_suffix",
        "payment_intent_data[statement_descriptor]",
        None,
    ),
    ("too small", {"line_items": price(49)}, "must add up to at least $0.50 usd", None, "amount_too_small"),
    ("too small in pounds", {"line_items": price(29, "gbp")}, "£0.30 gbp", None, "amount_too_small"),
    ("too large", {"line_items": price(100_000_000)}, "no more than 999999.99 usd", None, "amount_too_large"),
    (
        "negative",
        {"line_items": price(-1)},
        "Invalid non-negative integer",
        "line_items[0][price_data][unit_amount]",
        None,
    ),
    (
        "not a number",
        {"line_items": [{"price": "price_course", "quantity": "1.5"}]},
        "Invalid integer: 1.5",
        "line_items[0][quantity]",
        "parameter_invalid_integer",
    ),
    (
        "two currencies",
        {"line_items": [*price(500, "eur"), {"price": "price_course", "quantity": 1}]},
        "doesn't match the expected currency",
        "line_items[1][price]",
        None,
    ),
    ("empty", {"client_reference_id": ""}, "empty string", "client_reference_id", "parameter_invalid_empty"),
    ("subscription", {"mode": "subscription"}, "does not support mode", "mode", None),
    ("automatic tax", {"automatic_tax": {"enabled": True}}, "does not support", "automatic_tax[enabled]", None),
    ("update without customer", {"customer_update": {"name": "auto"}}, "only be used with", "customer_update", None),
    ("not expandable", {"expand": ["livemode"]}, "cannot be expanded (livemode)", "expand", None),
]


@pytest.mark.parametrize(("changes", "words", "param", "code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_session_that_stripe_would_refuse_is_refused(
    shop: Any, changes: dict[str, Any], words: str, param: str | None, code: str | None
) -> None:
    """Each broken rule of a create request is a 400 that names the parameter, and no session exists after it."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.open(**changes)
    assert words in str(refused.value.user_message)
    assert (refused.value.http_status, refused.value.param) == (400, param)
    assert code is None or refused.value.code == code
    assert shop.emulator.account.checkouts == {}


@pytest.mark.parametrize(
    ("changes", "pair"),
    [
        ({"allow_promotion_codes": False, "discounts": [{"coupon": "x"}]}, "allow_promotion_codes, discounts"),
        ({"allow_promotion_codes": True, "discounts": [{"coupon": "x"}]}, "allow_promotion_codes, discounts"),
        ({"customer": "cus_x", "customer_email": "a@example.com"}, "customer, customer_email"),
        ({"customer": "cus_x", "customer_creation": "always"}, "customer, customer_creation"),
    ],
)
def test_parameters_that_exclude_each_other(shop: Any, changes: dict[str, Any], pair: str) -> None:
    """Of each such pair only one may be sent; even allow_promotion_codes=false counts."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.open(**changes)
    assert refused.value.user_message == f"You may only specify one of these parameters: {pair}."


@pytest.mark.parametrize(("ahead", "words"), [(1799, "at least 30 minutes"), (86460, "less than 24 hours")])
def test_a_session_lives_between_30_minutes_and_24_hours(shop: Any, now: int, ahead: int, words: str) -> None:
    """expires_at outside of that is refused."""
    with pytest.raises(stripe.InvalidRequestError, match=words):
        shop.open(expires_at=now + ahead)
    assert shop.open(expires_at=now + 1860).status == "open"


def test_refusals_have_the_recorded_bodies(shop: Any) -> None:
    """The bodies of common refusals equal the recorded ones, field for field."""
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("400.parameter_unknown", lambda: shop.open(foo="bar")),
        ("400.coupon_missing", lambda: shop.open(discounts=[{"coupon": "NOPE"}])),
        ("404.session_missing", lambda: shop.read("cs_test_nope")),
        (
            "400.allow_promotion_codes_and_discounts",
            lambda: shop.open(allow_promotion_codes=True, discounts=[{"coupon": "NOPE"}]),
        ),
    ]
    for name, call in calls:
        with pytest.raises(stripe.StripeError) as refused:
            call()
        assert json.loads(str(refused.value.http_body)) == fixture(f"error.{name}")


def test_the_secret_key_is_checked(shop: Any) -> None:
    """A wrong key is 401 with the key masked; Basic authentication works as Bearer does."""
    url = f"{shop.emulator.url}/v1/checkout/sessions"
    with requests.Session() as http:
        wrong = http.get(url, headers={"Authorization": "Bearer sk_test_wrong"}, timeout=30)
        none = http.get(url, timeout=30)
        basic = http.get(url, auth=("sk_test_local", ""), timeout=30)
    assert (wrong.status_code, wrong.json()) == (401, fixture("error.401"))
    assert none.status_code == 401
    assert "did not provide an API key" in none.json()["error"]["message"]
    assert basic.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/charge", 404),
        ("GET", "/v2/charges", 404),
        ("GET", "/v1/coupons/NOPE", 404),
        ("GET", "/v1/prices/NOPE", 404),
        ("GET", "/v1/products/NOPE", 404),
        ("GET", "/v1/customers/NOPE", 404),
        ("GET", "/v1/events/NOPE", 404),
        ("GET", "/v1/payment_intents/NOPE", 404),
        ("GET", "/v1/refunds/NOPE", 404),
        ("GET", "/v1/webhook_endpoints/NOPE", 404),
        ("GET", "/v1/checkout/sessions?limit=0", 400),
        ("GET", "/v1/checkout/sessions?limit=101", 400),
        ("GET", "/v1/checkout/sessions?limit=ten", 400),
        ("GET", "/v1/checkout/sessions?starting_after=cs_nope", 400),
        ("GET", "/v1/checkout/sessions?status[x]=open", 400),
        ("GET", "/v1/checkout/sessions?a[b", 400),
        ("GET", "/v1/checkout/sessions?%ff=1", 400),
        ("GET", "/v1/events?type=a&types[0]=b", 400),
    ],
)
def test_what_does_not_exist_or_make_sense_is_refused(shop: Any, method: str, path: str, status: int) -> None:
    """Unknown paths and ids are 404, unreadable parameters 400, each with an error object."""
    headers = {"Authorization": "Bearer sk_test_local"}
    with requests.Session() as http:
        answer = http.request(method, shop.emulator.url + path, headers=headers, timeout=30)
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.headers["Request-Id"].startswith("req_")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/payouts"),
        ("POST", "/v1/subscriptions"),
        ("GET", "/v1/terminal/readers/tmr_1"),
        ("DELETE", "/v1/checkout/sessions"),
        ("PUT", "/v1/coupons/SUMMER"),
        ("GET", "/v2/core/events"),
    ],
)
def test_what_the_emulator_lacks_is_named(shop: Any, method: str, path: str) -> None:
    """A call of Stripe's that is not emulated is 501 by its name, which the SDK does not repeat."""
    with requests.Session() as http:
        headers = {"Authorization": "Bearer sk_test_local"}
        answer = http.request(method, shop.emulator.url + path, headers=headers, timeout=30)
    assert answer.status_code == 501
    assert answer.json()["error"]["message"] == f"The emulator does not support {method} {path} yet."
    assert answer.headers["Stripe-Should-Retry"] == "false"


def test_the_sdk_does_not_repeat_what_the_emulator_lacks(shop: Any) -> None:
    """A client with retries asks once and raises the sentence."""
    http = stripe.RequestsClient(timeout=30)
    base: Any = {"api": shop.emulator.url}
    client = stripe.StripeClient("sk_test_local", base_addresses=base, http_client=http, max_network_retries=3)
    with pytest.raises(stripe.APIError, match="does not support GET /v1/payouts yet"):
        client.v1.payouts.list()
    http.close()  # type: ignore[no-untyped-call]
    assert [entry["path"] for entry in shop.emulator.control.requests()] == ["/v1/payouts"]


@pytest.mark.parametrize(
    ("call", "param"),
    [
        (lambda shop: shop.open(line_items=price(500, "xyz")), "line_items[0][price_data][currency]"),
        (
            lambda shop: shop.client.v1.prices.create(
                params={"currency": "eurr", "unit_amount": 1, "product": "prod_course"}
            ),
            "currency",
        ),
        (lambda shop: shop.client.v1.coupons.create(params={"amount_off": 1, "currency": "btc"}), "currency"),
    ],
)
def test_currencies_that_stripe_does_not_know_are_refused(shop: Any, call: Callable[[Any], Any], param: str) -> None:
    """A 400 that names the parameter and lists the currencies; upper case is fine."""
    with pytest.raises(stripe.InvalidRequestError, match="Stripe currently supports these currencies: usd, aed") as no:
        call(shop)
    assert no.value.param == param
    assert shop.open(line_items=price(500, "EUR")).currency == "eur"


def test_other_api_versions_are_refused(shop: Any) -> None:
    """The emulator speaks one version and says so, rather than answering in another's shape."""
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version: 2024-06-20"):
        shop.client.v1.coupons.list(options={"stripe_version": "2024-06-20"})


def test_redirects_can_be_kept_on_this_machine(make_shop: Callable[..., Any]) -> None:
    """With return_origin_check a session that sends the buyer elsewhere is refused."""
    shop = make_shop(return_origin_check=True)
    with pytest.raises(stripe.InvalidRequestError, match="redirects that leave this machine"):
        shop.open(return_url="https://shop.example/return")
    assert shop.open().status == "open"
