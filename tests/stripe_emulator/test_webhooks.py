"""Webhooks: signed, tried again, lost, late, doubled and out of order on demand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.support.stripe.contract import object_problems
from tests.support.stripe.webhook_receiver import WebhookReceiver

GOOD = "4242424242424242"
SECRET = "whsec_test"


def paid(shop: Any) -> str:
    """A paid session."""
    session = shop.open()
    shop.emulator.pay(session.id, GOOD)
    return str(session.id)


def test_events_are_signed_snapshots_in_todays_shape(shop: Any) -> None:
    """The SDK verifies each delivery; the object inside is as it was at that moment."""
    session = shop.open()
    shop.emulator.pay(session.id, "4000000000000002")
    shop.emulator.pay(session.id, "000123456789")
    shop.emulator.control.settle_delayed(session.id)
    events = {event["type"]: event for event in shop.events()}
    for event in events.values():
        assert object_problems("event", event) == []
        assert object_problems(event["data"]["object"]["object"], event["data"]["object"]) == []
        assert event["api_version"] == "2026-10-28.endive"
        assert event["request"] == {"id": None, "idempotency_key": None}
        assert event["pending_webhooks"] == 1
    completed = events["checkout.session.completed"]["data"]["object"]
    assert (completed["status"], completed["payment_status"]) == ("complete", "unpaid")
    settled = events["checkout.session.async_payment_succeeded"]["data"]["object"]
    assert (settled["id"], settled["payment_status"]) == (session.id, "paid")
    failed = events["payment_intent.payment_failed"]["data"]["object"]
    assert failed["metadata"] == {"paymentSessionId": "ps_1"}
    assert "line_items" not in completed


def test_an_event_caused_by_an_api_call_names_the_request(shop: Any) -> None:
    """The event's `request` carries the call's id and idempotency key."""
    customer = shop.client.v1.customers.create(params={"email": "a@example.com"}, options={"idempotency_key": "k"})
    (event,) = shop.events()
    assert event["request"] == {"id": customer.last_response.request_id, "idempotency_key": "k"}


def test_a_wrong_secret_does_not_verify(shop: Any) -> None:
    """The signature is of this secret and of these very bytes."""
    paid(shop)
    shop.events()
    delivery = shop.receiver.deliveries[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(delivery.body, delivery.signature, "whsec_other")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(delivery.body + b" ", delivery.signature, SECRET)


def test_a_refused_delivery_is_tried_again_with_a_new_signature(make_shop: Callable[..., Any]) -> None:
    """Redirects and errors are failures; the event stays pending until one try succeeds."""
    time = [1_800_000_000.0]

    def clock() -> float:
        time[0] += 1
        return time[0]

    shop = make_shop(clock=clock)
    shop.receiver.statuses.extend([500, 302, 404])
    shop.client.v1.customers.create(params={"email": "a@example.com"})
    assert shop.emulator.settle_webhooks(10)
    deliveries = shop.receiver.deliveries
    assert len(deliveries) == 4
    assert len({delivery.signature for delivery in deliveries}) == 4
    assert len({delivery.body for delivery in deliveries}) == 1
    (entry,) = shop.call("GET", "/emulator/webhooks").json()
    assert (entry["attempts"], entry["status"], entry["last_status"]) == (4, "delivered", 200)
    assert shop.client.v1.events.retrieve(entry["event"]).pending_webhooks == 0


def test_tries_end(shop: Any) -> None:
    """After eight refusals a delivery has failed, and the event shows up as undelivered."""
    shop.receiver.statuses.extend([503] * 100)
    shop.client.v1.customers.create(params={"email": "a@example.com"})
    assert shop.emulator.settle_webhooks(10)
    assert len(shop.receiver.deliveries) == 8
    (entry,) = shop.emulator.control.deliveries()
    assert entry["status"] == "failed"
    undelivered = shop.client.v1.events.list(params={"delivery_success": False}).data
    assert [event.id for event in undelivered] == [entry["event"]]
    assert shop.client.v1.events.list(params={"delivery_success": True}).data == []


def test_an_endpoint_that_is_down_is_tried_again(make_shop: Callable[..., Any]) -> None:
    """A refused connection counts as a failed try."""
    with WebhookReceiver() as closed:
        url = closed.url
    shop = make_shop(webhook_url=url, webhook_backoff=(0.01, 0.01))
    paid(shop)
    assert shop.emulator.settle_webhooks(10)
    assert {(e["attempts"], e["status"], e["last_status"]) for e in shop.emulator.control.deliveries()} == {
        (3, "failed", None)
    }


def test_other_machines_are_never_contacted(make_shop: Callable[..., Any]) -> None:
    """An endpoint elsewhere gets nothing; its deliveries fail."""
    shop = make_shop(webhook_url="https://api.shop.example/hook", webhook_backoff=())
    paid(shop)
    assert shop.emulator.settle_webhooks(10)
    assert {entry["status"] for entry in shop.emulator.control.deliveries()} == {"failed"}


def test_dropped_deliveries_never_arrive(shop: Any) -> None:
    """A number of them, all, or those of some types."""
    control = shop.emulator.control
    control.set_faults({"webhooks": {"drop": 1}})
    paid(shop)
    assert "payment_intent.created" not in [event["type"] for event in shop.events()]
    shop.receiver.deliveries.clear()
    control.set_faults({"webhooks": {"drop": ["checkout.session.completed"]}})
    paid(shop)
    assert len(shop.events()) == 3
    shop.receiver.deliveries.clear()
    control.set_faults({"webhooks": {"drop": True}})
    paid(shop)
    assert shop.events() == []
    lost = shop.client.v1.events.list(params={"delivery_success": False, "types": ["checkout.session.completed"]})
    assert len(lost.data) == 2
    control.clear_faults()
    assert shop.call("POST", f"/emulator/events/{lost.data[0].id}/resend").json() == {"deliveries": 1}
    assert [event["id"] for event in shop.events()] == [lost.data[0].id]


def test_doubled_deliveries_are_the_same_event(shop: Any) -> None:
    """Each event is sent that many more times under its own id."""
    shop.emulator.control.set_faults({"webhooks": {"duplicate": 2}})
    shop.client.v1.customers.create(params={"email": "a@example.com"})
    events = shop.events()
    assert len(events) == 3
    assert len({event["id"] for event in events}) == 1


def test_one_change_may_come_as_two_events(shop: Any) -> None:
    """same_fact_new_event_id reports everything twice under different ids."""
    shop.emulator.control.set_faults({"webhooks": {"same_fact_new_event_id": True}})
    session_id = paid(shop)
    completed = [event for event in shop.events() if event["type"] == "checkout.session.completed"]
    assert len({event["id"] for event in completed}) == 2
    assert {event["data"]["object"]["id"] for event in completed} == {session_id}


def test_reordered_deliveries_arrive_backwards(shop: Any) -> None:
    """That many are held, and then the last is sent first."""
    shop.emulator.control.set_faults({"webhooks": {"reorder": 4}})
    paid(shop)
    assert [event["type"] for event in shop.events()] == [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]


def test_held_deliveries_are_pending_until_the_fault_ends(shop: Any) -> None:
    """Fewer than the number are kept; clearing the faults sends them."""
    shop.emulator.control.set_faults({"webhooks": {"reorder": 10}})
    paid(shop)
    assert not shop.emulator.settle_webhooks(0.05)
    assert shop.receiver.deliveries == []
    shop.call("DELETE", "/emulator/faults")
    assert len(shop.events()) == 4


def test_delayed_deliveries_come_late(shop: Any) -> None:
    """delay_seconds postpones the first try."""
    shop.emulator.control.set_faults({"webhooks": {"delay_seconds": 0.2}})
    shop.client.v1.customers.create(params={"email": "a@example.com"})
    assert not shop.emulator.settle_webhooks(0.05)
    assert len(shop.events()) == 1


def test_registered_endpoints_get_what_they_asked_for(shop: Any) -> None:
    """Each endpoint has its own secret, told once, and its own choice of events."""
    endpoints = shop.client.v1.webhook_endpoints
    with WebhookReceiver() as own:
        made = endpoints.create(params={"url": own.url, "enabled_events": ["checkout.session.completed"]})
        assert made.secret.startswith("whsec_")
        assert "secret" not in endpoints.retrieve(made.id)
        session_id = paid(shop)
        assert len(shop.events()) == 4
        (delivery,) = own.deliveries
        event = stripe.Webhook.construct_event(delivery.body, delivery.signature, made.secret)
        assert event.data.object["id"] == session_id
        assert event.pending_webhooks in (1, 2)  # this one, and the other endpoint unless it was faster
        assert shop.client.v1.events.retrieve(event.id).pending_webhooks == 0
        endpoints.update(made.id, params={"disabled": True})
        paid(shop)
        assert [e["endpoint"] for e in shop.emulator.control.deliveries()].count(made.id) == 1
        endpoints.update(made.id, params={"disabled": False, "enabled_events": ["*"]})
        assert endpoints.list().data[0].status == "enabled"
        assert endpoints.delete(made.id).deleted is True
        paid(shop)
        assert shop.emulator.settle_webhooks(10)
        assert len(own.deliveries) == 1


def test_retries_stop_when_an_endpoint_is_removed(make_shop: Callable[..., Any]) -> None:
    """Nothing more is sent to an endpoint that is gone."""
    shop = make_shop(webhook_url=None, webhook_backoff=(0.2,) * 7)
    with WebhookReceiver() as own:
        own.statuses.extend([500] * 10)
        made = shop.client.v1.webhook_endpoints.create(params={"url": own.url, "enabled_events": ["*"]})
        shop.client.v1.customers.create(params={"email": "a@example.com"})
        own.wait_for(lambda deliveries: len(deliveries) == 1)
        shop.client.v1.webhook_endpoints.delete(made.id)
        assert shop.emulator.settle_webhooks(10)
        assert len(own.deliveries) == 1
    assert shop.emulator.control.deliveries()[0]["status"] == "cancelled"


def test_a_rolled_secret_signs_together_with_the_old_one(make_shop: Callable[..., Any]) -> None:
    """While rolling there are two v1 signatures, and either secret verifies; later only the new one."""
    time = [1_800_000_000.0]
    shop = make_shop(clock=lambda: time[0])
    body = {"url": shop.receiver.url, "secret": "whsec_new", "keep_old_seconds": 3600}
    assert shop.call("POST", "/emulator/webhook_url", body).status_code == 200
    shop.client.v1.customers.create(params={"email": "a@example.com"})
    assert shop.emulator.settle_webhooks(10)
    delivery = shop.receiver.deliveries[0]
    assert delivery.signature.count("v1=") == 2
    for secret in ("whsec_new", SECRET):
        stripe.Webhook.construct_event(delivery.body, delivery.signature, secret, tolerance=0)
    time[0] += 3601
    shop.client.v1.customers.create(params={"email": "a@example.com"})
    assert shop.emulator.settle_webhooks(10)
    assert shop.receiver.deliveries[1].signature.count("v1=") == 1


def test_signatures_are_fresh_even_when_the_clock_was_moved(shop: Any, now: int) -> None:
    """Moving the emulator's clock ahead does not make its webhooks look like forgeries from the future."""
    shop.emulator.advance(86400)
    paid(shop)
    assert len(shop.events()) == 4
    times = [int(delivery.signature.partition(",")[0].removeprefix("t=")) for delivery in shop.receiver.deliveries]
    assert all(abs(signed - now) < 60 for signed in times)


def test_the_log_of_deliveries_has_no_bodies(shop: Any) -> None:
    """It names event, type, address and tries; nothing about the buyer."""
    session = shop.open(customer_email="private@example.com")
    shop.emulator.pay(session.id, GOOD)
    shop.events()
    log = shop.call("GET", "/emulator/webhooks").json()
    assert {entry["type"] for entry in log} >= {"checkout.session.completed"}
    assert "private" not in json.dumps(log)
    assert SECRET not in json.dumps(log)
