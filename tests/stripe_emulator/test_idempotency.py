"""Idempotency keys: the first answer is the only one."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

FIXTURES = Path(__file__).parents[1] / "payloads" / "stripe"


def fixture(name: str) -> Any:
    """A recorded body."""
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def test_the_same_request_with_the_same_key_gets_the_first_answer(shop: Any) -> None:
    """A replay returns the original response, even after the session moved on, and says that it is one."""
    first = shop.open(key="k")
    shop.emulator.pay(first.id, "4242424242424242")
    again = shop.open(key="k")
    assert (again.id, again.status, again.client_secret) == (first.id, "open", first.client_secret)
    assert len(shop.emulator.account.checkouts) == 1
    headers = again.last_response.headers
    assert headers["Idempotent-Replayed"] == "true"
    assert headers["Original-Request"] == first.last_response.request_id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.body == first.last_response.body


def test_a_key_with_other_parameters_is_refused(shop: Any) -> None:
    """The same key with another body, or on another path, is an idempotency_error."""
    shop.open(key="k")
    with pytest.raises(stripe.IdempotencyError) as refused:
        shop.open(key="k", client_reference_id="other")
    assert json.loads(str(refused.value.http_body)) == fixture("error.400.idempotency_params_differ")
    with pytest.raises(stripe.IdempotencyError):
        shop.client.v1.coupons.create(params={"percent_off": 10}, options={"idempotency_key": "k"})


def test_a_key_whose_first_request_still_runs_is_in_use(shop: Any) -> None:
    """Of two requests at once with one key, one works and the other gets 409; none is made twice."""
    shop.emulator.control.set_faults({"api": {"mode": "hold", "seconds": 10}})
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(shop.open, key="k")
        assert shop.emulator.faults.wait_for_held(1, 30)
        with pytest.raises(stripe.APIError) as refused:
            shop.open(key="k")
        assert refused.value.http_status == 409
        assert json.loads(str(refused.value.http_body)) == fixture("error.409.idempotency_key_in_use")
        shop.emulator.faults.release()
        made = slow.result(5)
    assert shop.open(key="k").id == made.id
    assert len(shop.emulator.account.checkouts) == 1


def test_many_at_once_with_one_key_make_one_session(shop: Any) -> None:
    """However the requests interleave, each gets the one session or 409."""

    def attempt(_: int) -> str:
        try:
            return str(shop.open(key="k").id)
        except stripe.APIError as error:
            return str(error.http_status)

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(attempt, range(32)))
    assert answers - {"409"} == set(shop.emulator.account.checkouts)
    assert len(shop.emulator.account.checkouts) == 1


def test_a_key_is_forgotten_after_24_hours(shop: Any) -> None:
    """Past a day the same key makes a new object."""
    first = shop.open(key="k")
    shop.emulator.advance(86340)
    assert shop.open(key="k").id == first.id
    shop.emulator.advance(61)
    assert shop.open(key="k").id != first.id


def test_a_saved_500_is_replayed(shop: Any) -> None:
    """The answer is kept whether it was good or bad; a new key gets through."""
    shop.emulator.control.set_faults({"api": {"mode": "500"}})
    for _ in range(2):
        with pytest.raises(stripe.APIError) as failed:
            shop.open(key="k")
        assert failed.value.http_status == 500
    assert failed.value.headers is not None
    assert failed.value.headers["Idempotent-Replayed"] == "true"
    assert shop.open(key="k2").status == "open"


def test_a_refusal_by_the_endpoint_is_kept_but_bad_parameters_are_not(shop: Any) -> None:
    """What failed before anything ran may be corrected under the same key; what ran and failed may not."""
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        shop.open(key="k", foo="bar")
    assert shop.open(key="k").status == "open"
    with pytest.raises(stripe.InvalidRequestError, match="No such coupon"):
        shop.open(key="late", discounts=[{"coupon": "LATE"}])
    shop.client.v1.coupons.create(params={"id": "LATE", "percent_off": 10})
    with pytest.raises(stripe.InvalidRequestError, match="No such coupon"):
        shop.open(key="late", discounts=[{"coupon": "LATE"}])


def test_old_keys_can_be_forgotten_by_script(shop: Any) -> None:
    """After a day, or at once: then a repeated request runs again, as it may at Stripe."""
    first = shop.open(key="k").id
    forget = "/emulator/idempotency_keys/forget"
    assert shop.call("POST", forget).json() == {"forgotten": 0}
    assert shop.open(key="k").id == first
    assert shop.call("POST", forget, {"older_than": 0}).json() == {"forgotten": 1}
    assert shop.open(key="k").id != first
    shop.emulator.advance(86340)
    assert shop.emulator.control.forget_idempotency_keys() == 0
    shop.emulator.advance(61)
    assert shop.emulator.control.forget_idempotency_keys() == 1
    assert shop.call("POST", forget, {"older_than": -1}).status_code == 400


def test_a_key_whose_request_still_runs_is_not_forgotten(shop: Any) -> None:
    """Its second request is a conflict, whatever was forgotten."""
    shop.emulator.control.set_faults({"api": {"mode": "hold", "seconds": 10}})
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(shop.open, key="k")
        assert shop.emulator.faults.wait_for_held(1, 30)
        assert shop.emulator.control.forget_idempotency_keys(0) == 0
        with pytest.raises(stripe.APIError) as conflict:
            shop.open(key="k")
        assert conflict.value.http_status == 409
        shop.emulator.faults.release()
        assert running.result(10).status == "open"


def test_the_order_of_parameters_does_not_matter(shop: Any) -> None:
    """Two encodings of the same parameters are the same request."""
    headers = {"Authorization": "Bearer sk_test_local", "Idempotency-Key": "k"}
    url = f"{shop.emulator.url}/v1/coupons"
    with requests.Session() as http:
        one = http.post(url, data="id=A&percent_off=10", headers=headers | FORM, timeout=30)
        two = http.post(url, data="percent_off=10&id=A", headers=headers | FORM, timeout=30)
        long = http.post(
            url, data="percent_off=10", headers=headers | FORM | {"Idempotency-Key": "x" * 256}, timeout=30
        )
    assert (one.status_code, two.status_code, two.headers["Idempotent-Replayed"]) == (200, 200, "true")
    assert long.status_code == 400


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
