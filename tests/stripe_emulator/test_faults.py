"""API faults: what a client of Stripe must survive."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

FIXTURES = Path(__file__).parents[1] / "payloads" / "stripe"


def fault(shop: Any, **wanted: Any) -> None:
    """Set one API fault over HTTP."""
    assert shop.call("POST", "/emulator/faults", {"api": wanted}).status_code == 200


def impatient_client(shop: Any, mode: str = "timeout", retries: int = 0) -> stripe.StripeClient:
    """A client that waits 0.3 seconds where no answer will come; where a connection is cut, as long as that takes."""
    transport = stripe.RequestsClient(timeout=0.3 if mode.startswith("timeout") else 30)
    base: Any = {"api": shop.emulator.url}
    return stripe.StripeClient("sk_test_local", base_addresses=base, http_client=transport, max_network_retries=retries)


@pytest.mark.parametrize(
    ("mode", "kind", "status"),
    [
        ("500", stripe.APIError, 500),
        ("503", stripe.APIError, 503),
        ("429", stripe.RateLimitError, 429),
        ("409", stripe.APIError, 409),
    ],
)
def test_a_call_fails_as_set_and_the_next_one_works(
    shop: Any, mode: str, kind: type[stripe.StripeError], status: int
) -> None:
    """The status is what the SDK knows; a fault strikes as often as it says."""
    fault(shop, mode=mode, path="/checkout/sessions", method="post")
    assert shop.client.v1.coupons.list().data == []
    with pytest.raises(kind) as failed:
        shop.open()
    assert failed.value.http_status == status
    assert shop.open().status == "open"


def test_a_rate_limit_has_the_recorded_body(shop: Any) -> None:
    """429 as Stripe gives it."""
    fault(shop, mode="429")
    with pytest.raises(stripe.RateLimitError) as failed:
        shop.open()
    recorded = json.loads((FIXTURES / "error.429.json").read_text("utf-8"))
    assert json.loads(str(failed.value.http_body)) == recorded


@pytest.mark.parametrize("mode", ["429", "409", "503"])
def test_what_struck_before_any_work_is_not_remembered(shop: Any, mode: str) -> None:
    """The same key gets through afterwards."""
    fault(shop, mode=mode)
    with pytest.raises(stripe.StripeError):
        shop.open(key="k")
    assert shop.open(key="k").status == "open"


def test_a_500_need_not_be_remembered(shop: Any) -> None:
    """With stored=false a retry with the same key works."""
    fault(shop, mode="500", stored=False)
    with pytest.raises(stripe.APIError):
        shop.open(key="k")
    assert shop.open(key="k").status == "open"


@pytest.mark.parametrize("mode", ["timeout", "drop_connection"])
def test_a_call_without_answer_did_nothing(shop: Any, mode: str) -> None:
    """Neither hanging nor a cut connection leaves a session behind."""
    fault(shop, mode=mode, seconds=30)
    client = impatient_client(shop, mode)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(params=shop.params(), options={"idempotency_key": "k"})
    assert shop.emulator.faults.wait_for_held(1 if mode == "timeout" else 0, 30)
    assert shop.emulator.account.checkouts == {}
    assert shop.open(key="k").status == "open"


@pytest.mark.parametrize("mode", ["drop_connection", "drop_connection_after_commit"])
def test_a_dropped_connection_is_closed_at_once(shop: Any, mode: str) -> None:
    """The client learns of it without waiting for its timeout."""
    fault(shop, mode=mode)
    connection = http.client.HTTPConnection(shop.emulator.url.removeprefix("http://"), timeout=30)
    connection.request("GET", "/v1/coupons", headers={"Authorization": "Bearer sk_test_local"})
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()


@pytest.mark.parametrize("mode", ["timeout_after_commit", "drop_connection_after_commit"])
def test_an_answer_lost_after_the_work_is_replayed(shop: Any, mode: str) -> None:
    """The session exists; repeating with the same key finds it and makes no second one."""
    fault(shop, mode=mode, seconds=30)
    client = impatient_client(shop, mode)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(params=shop.params(), options={"idempotency_key": "k"})
    assert shop.emulator.faults.wait_for_held(1 if mode == "timeout_after_commit" else 0, 30)
    (made,) = shop.emulator.account.checkouts
    assert shop.open(key="k").id == made


def test_the_sdks_own_retries_get_through(shop: Any) -> None:
    """A cut connection is retried under one key, and one session results."""
    fault(shop, mode="drop_connection_after_commit", times=1)
    client = impatient_client(shop, "drop_connection_after_commit", retries=1)
    session = client.v1.checkout.sessions.create(params=shop.params())
    assert [session.id] == list(shop.emulator.account.checkouts)
    first, second = shop.emulator.control.requests()
    assert first["idempotency_key"] == second["idempotency_key"]
    assert (first["status"], second["status"], second["replayed"]) == (None, 200, True)


def test_faults_are_shown_and_cleared(shop: Any) -> None:
    """GET shows what is in force, DELETE ends it."""
    fault(shop, mode="500", times=3)
    shop.call("POST", "/emulator/faults", {"webhooks": {"drop": ["a"], "delay_seconds": 1}})
    shown = shop.call("GET", "/emulator/faults").json()
    assert (shown["api"][0]["mode"], shown["api"][0]["times"]) == ("500", 3)
    assert (shown["webhooks"]["drop_types"], shown["webhooks"]["delay_seconds"]) == (["a"], 1)
    cleared = shop.call("DELETE", "/emulator/faults").json()
    assert cleared["api"] == []
    assert cleared["webhooks"]["drop_types"] == []
    assert shop.open().status == "open"


@pytest.mark.parametrize(
    "body",
    [
        {"api": {"mode": "sleep"}},
        {"api": {"mode": "500", "when": "now"}},
        {"api": {"mode": "500", "times": "many"}},
        {"api": "500"},
        {"webhooks": {"lose": 1}},
        {"webhooks": []},
        {"webhooks": {"duplicate": "twice"}},
        {"storms": "many"},
    ],
)
def test_faults_that_make_no_sense_are_refused(shop: Any, body: Any) -> None:
    """A typing mistake in a test's fault does not pass silently."""
    answer = shop.call("POST", "/emulator/faults", body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert shop.emulator.faults.as_json()["api"] == []


def test_stopping_ends_calls_that_hang(make_shop: Callable[..., Any]) -> None:
    """An emulator with a call in a timeout stops at once."""
    shop = make_shop()
    fault(shop, mode="timeout", seconds=600)
    with pytest.raises(stripe.APIConnectionError):
        impatient_client(shop).v1.coupons.list()
    assert shop.emulator.faults.wait_for_held(1, 30)
