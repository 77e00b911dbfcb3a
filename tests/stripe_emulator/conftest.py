"""A fresh emulator per test, driven by Stripe's own SDK; every answer is held against the OpenAPI document."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import stripe
from attrs import define

from scripts.stripe_emulator import StripeEmulator
from tests.support.stripe.contract import object_problems, response_problems
from tests.support.stripe.webhook_receiver import WebhookReceiver

SECRET = "whsec_test"
PAYLOADS = Path(__file__).parents[1] / "payloads" / "stripe"
RETURN = "http://127.0.0.1:3000/return.html?session_id={CHECKOUT_SESSION_ID}"
stripe.enable_telemetry = False

Params = dict[str, Any]


class CheckedHttp(stripe.RequestsClient):
    """The SDK's transport, which refuses an answer that Stripe would not give."""

    def request(  # type: ignore[override]  # the SDK's own subclass differs from its base in the same way
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """As the SDK's, then checked."""
        body, status, answered = super().request(method, url, headers, post_data)
        problems = response_problems(method, urlsplit(url).path, status, json.loads(body))
        assert not problems, problems
        assert answered["Request-Id"].startswith("req_")
        return body, status, answered


@define
class Shop:
    """What a test needs: the emulator, a client of it, and the shortest way to a session."""

    emulator: StripeEmulator
    client: stripe.StripeClient
    receiver: WebhookReceiver

    def params(self, **changes: Any) -> Params:
        """Parameters of an embedded session; None removes one."""
        given: Params = {
            "mode": "payment",
            "ui_mode": "embedded_page",
            "return_url": RETURN,
            "line_items": [{"price": "price_course", "quantity": 1}],
            "metadata": {"paymentSessionId": "ps_1"},
            "payment_intent_data": {"metadata": {"paymentSessionId": "ps_1"}},
        }
        return {name: value for name, value in {**given, **changes}.items() if value is not None}

    def open(self, *, key: str | None = None, **changes: Any) -> stripe.checkout.Session:
        """An open session."""
        options: Any = {"idempotency_key": key} if key else {}
        params: Any = self.params(**changes)
        return self.client.v1.checkout.sessions.create(params=params, options=options)

    def paid(self, card: str = "4242424242424242", **changes: Any) -> str:
        """The PaymentIntent of a new session that was paid with this card or account."""
        session = self.open(**changes)
        self.emulator.pay(session.id, card)
        return str(self.read(session.id).payment_intent)

    def charge(self, intent: str) -> stripe.Charge:
        """The charge of a PaymentIntent as it is now, with its balance transaction and refunds."""
        found = self.client.v1.payment_intents.retrieve(
            intent, params={"expand": ["latest_charge.balance_transaction", "latest_charge.refunds"]}
        ).latest_charge
        assert isinstance(found, stripe.Charge)
        return found

    def money(self) -> list[tuple[str, int, int]]:
        """What moved on the balance, oldest first: type, amount, fee."""
        found = self.client.v1.balance_transactions.list(params={"limit": 100}).data
        return [(made.type, made.amount, made.fee) for made in reversed(found)]

    def recorded(self, *kinds: str) -> list[Params]:
        """The recorded events, oldest first; of these types, if any are given."""
        return [event for event in self.emulator.account.events.values() if not kinds or event["type"] in kinds]

    def read(self, session_id: str, *expand: str) -> stripe.checkout.Session:
        """A session as it is now."""
        return self.client.v1.checkout.sessions.retrieve(session_id, params={"expand": list(expand)})

    def events(self) -> list[Params]:
        """What was delivered, in order of arrival, verified with the SDK."""
        assert self.emulator.settle_webhooks(10)
        found = [stripe.Webhook.construct_event(m.body, m.signature, SECRET) for m in self.receiver.deliveries]
        return [event.to_dict() for event in found]

    def kinds(self) -> list[str]:
        """The types of the recorded events, oldest first."""
        return [event["type"] for event in self.recorded()]

    def kinds_after(self, change: Callable[[], Any]) -> list[str]:
        """The types of the events that a change records, oldest first."""
        before = len(self.kinds())
        change()
        return self.kinds()[before:]

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        """The control API over HTTP."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.emulator.url + path, json=body, timeout=10)


def payload(name: str) -> Params:
    """An object, event or error as Stripe gives it."""
    found: Params = json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))
    return found


def shape(value: Any) -> Any:
    """The keys of an object, all the way down, with its fixed words; without ids, amounts and times."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


@pytest.fixture
def make_shop() -> Iterator[Callable[..., Shop]]:
    """Shops with the given settings of the emulator."""
    running: list[tuple[Shop, CheckedHttp]] = []

    def make(**settings: Any) -> Shop:
        receiver = WebhookReceiver().__enter__()
        wanted = {"webhook_url": receiver.url, "webhook_secret": SECRET, "webhook_backoff": (0.01,) * 7, **settings}
        emulator = StripeEmulator(**wanted).start()
        emulator.catalog(product_id="prod_course", price_id="price_course", name="Bootcamp", unit_amount=9999)
        http = CheckedHttp(timeout=10)
        client = stripe.StripeClient("sk_test_local", base_addresses={"api": emulator.url}, http_client=http)
        shop = Shop(emulator, client, receiver)
        running.append((shop, http))
        return shop

    yield make
    for shop, http in running:
        for event in shop.recorded():
            subject = event["data"]["object"]
            assert object_problems(subject["object"], subject) == [], event["type"]
        http.close()  # type: ignore[no-untyped-call]
        shop.emulator.stop()
        shop.receiver.__exit__(None, None, None)


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    """A shop with the default settings."""
    return make_shop()


@pytest.fixture
def now() -> int:
    """The time, in whole seconds."""
    return int(time.time())
