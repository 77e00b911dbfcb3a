"""What becomes of refunds after they were made: pending ones, failing ones, and those of the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from scripts.stripe_emulator.control.error import ControlError
from tests.stripe_emulator.conftest import payload, shape

PENDING, FAILING = "4000000000007726", "4000000000005126"


def refunded(shop: Any, card: str, **params: Any) -> tuple[str, stripe.Refund]:
    """A payment with that card and its refund."""
    intent = shop.paid(card)
    return intent, shop.client.v1.refunds.create(params={"payment_intent": intent, **params})


def test_a_pending_refund_has_moved_no_money(shop: Any) -> None:
    """It is created and nothing else; the charge shows nothing, but the amount cannot be refunded twice."""
    intent, refund = refunded(shop, PENDING, amount=6000, metadata={"order_id": "o"}, reason="duplicate")
    assert (refund.status, refund.pending_reason, refund.balance_transaction) == ("pending", "processing", None)
    assert shape(refund.to_dict() | {"payment_method": None}) == shape(payload("refund.pending"))
    assert shop.kinds()[-1] == "refund.created"
    assert shop.charge(intent).amount_refunded == 0
    assert shop.money() == [("charge", 9999, 320)]
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        shop.client.v1.refunds.create(params={"payment_intent": intent, "amount": 4000})


def test_a_pending_refund_is_done_later(shop: Any) -> None:
    """Then it has its booking, and the charge its sum."""
    intent, refund = refunded(shop, PENDING)
    kinds = shop.kinds_after(lambda: shop.emulator.succeed_refund(refund.id))
    assert kinds == ["refund.updated", "charge.refunded"]
    done = shop.client.v1.refunds.retrieve(refund.id)
    assert (done.status, "pending_reason" in done) == ("succeeded", False)
    [updated] = shop.recorded("refund.updated")
    stored = payload("event.refund.updated.succeeded")["data"]["previous_attributes"]
    assert updated["data"]["previous_attributes"] == stored
    assert stored == {"status": "pending", "balance_transaction": None, "pending_reason": "processing"}
    assert shop.charge(intent).refunded is True
    assert shop.money()[-1] == ("refund", -9999, 0)


def test_a_refund_that_succeeded_can_fail(shop: Any) -> None:
    """The money is back on our balance, the charge shows less refunded, and it can be refunded again."""
    intent, refund = refunded(shop, FAILING, metadata={"order_id": "o"}, reason="duplicate")
    assert (refund.status, shop.charge(intent).refunded) == ("succeeded", True)
    kinds = shop.kinds_after(lambda: shop.emulator.fail_refund(refund.id))
    assert kinds == ["refund.failed", "refund.updated"]
    failed = shop.client.v1.refunds.retrieve(refund.id, params={"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert (failed.failure_balance_transaction.amount, failed.failure_balance_transaction.type) == (
        9999,
        "refund_failure",
    )
    assert (shop.charge(intent).amount_refunded, shop.charge(intent).refunded) == (0, False)
    assert shop.money() == [("charge", 9999, 320), ("refund", -9999, 0), ("refund_failure", 9999, 0)]
    assert shop.client.v1.refunds.create(params={"payment_intent": intent}).amount == 9999


def test_a_failure_is_reported_as_stripe_does(shop: Any) -> None:
    """Both events carry the failed refund and what it was before."""
    _, refund = refunded(shop, FAILING, metadata={"order_id": "o"}, reason="duplicate")
    shop.emulator.fail_refund(refund.id)
    events = shop.recorded("refund.failed", "refund.updated")
    assert len(events) == 2
    for event in events:
        stored = payload(f"event.{event['type']}{'.failed' * (event['type'] == 'refund.updated')}")["data"]
        event["data"]["object"]["payment_method"] = None
        assert shape(event["data"]["object"]) == shape(stored["object"])
        assert event["data"]["previous_attributes"] == stored["previous_attributes"]


def test_a_pending_refund_can_fail_too(shop: Any) -> None:
    """No money ever left, so none comes back."""
    intent, refund = refunded(shop, PENDING)
    failed = shop.emulator.fail_refund(refund.id, "lost_or_stolen_card")
    assert (failed["status"], failed["failure_reason"]) == ("failed", "lost_or_stolen_card")
    assert "failure_balance_transaction" not in failed
    assert shop.money() == [("charge", 9999, 320)]
    assert shop.charge(intent).amount_refunded == 0


@pytest.mark.parametrize(
    ("card", "kinds"),
    [
        (PENDING, ["refund.updated", "charge.refunded"]),
        (FAILING, ["refund.failed", "refund.updated"]),
        ("4242424242424242", []),
    ],
)
def test_banks_act_by_themselves_if_they_may(make_shop: Callable[..., Any], card: str, kinds: list[str]) -> None:
    """After settle_after seconds the test cards' refunds settle or fail, once; ordinary ones stay as they are."""
    shop = make_shop(settle_after=60)
    refunded(shop, card)
    assert shop.kinds_after(lambda: shop.emulator.advance(59)) == []
    assert shop.kinds_after(lambda: shop.emulator.advance(2)) == kinds
    assert shop.kinds_after(lambda: shop.emulator.advance(10**6)) == []


def test_what_was_changed_by_hand_is_left_alone(make_shop: Callable[..., Any]) -> None:
    """A refund that a script failed does not settle afterwards."""
    shop = make_shop(settle_after=60)
    _, refund = refunded(shop, PENDING)
    shop.emulator.fail_refund(refund.id)
    assert shop.kinds_after(lambda: shop.emulator.advance(61)) == []


def test_a_refund_in_the_dashboard_has_no_metadata(shop: Any) -> None:
    """The same events and bookings as over the API, without idempotency key; found by session, intent or charge."""
    session = shop.open()
    shop.emulator.pay(session.id, "4242424242424242")
    intent = shop.read(session.id).payment_intent
    kinds = shop.kinds_after(lambda: shop.emulator.refund(session.id, 1000, "fraudulent"))
    assert kinds == ["refund.created", "charge.refunded"]
    made = shop.emulator.refund(intent, 1000)
    assert shape(made | {"payment_method": None}) == shape(payload("refund.from_dashboard"))
    assert (made["metadata"], made["reason"]) == ({}, None)
    assert shop.emulator.refund(shop.charge(intent).id)["amount"] == 7999
    assert [event["request"]["idempotency_key"] for event in shop.recorded("refund.created")] == [None] * 3
    assert [refund["reason"] for refund in shop.emulator.dashboard.refunds()] == ["fraudulent", None, None]


def test_a_card_refund_can_be_canceled_in_the_dashboard(shop: Any) -> None:
    """It ends as canceled by the merchant, and the money is back."""
    intent, refund = refunded(shop, "4242424242424242")
    kinds = shop.kinds_after(lambda: shop.emulator.cancel_refund(refund.id))
    canceled = shop.client.v1.refunds.retrieve(refund.id)
    assert (kinds, canceled.status, canceled.failure_reason) == (["refund.updated"], "canceled", "merchant_request")
    assert shop.charge(intent).amount_refunded == 0
    assert sum(amount for _, amount, _ in shop.money()) == 9999


def test_refunds_by_script_over_http(shop: Any) -> None:
    """Refund, settle, fail, cancel and list as JSON."""
    intent = shop.paid(PENDING)
    made = [
        shop.call("POST", "/emulator/refunds", {"payment": intent, "amount": n, "reason": "duplicate"}).json()
        for n in (10, 20, 30)
    ]
    paths = [f"/emulator/refunds/{refund['id']}" for refund in made]
    assert shop.call("POST", f"{paths[0]}/succeed").json()["status"] == "succeeded"
    failed = shop.call("POST", f"{paths[1]}/fail", {"failure_reason": "declined"}).json()
    assert (failed["status"], failed["failure_reason"]) == ("failed", "declined")
    assert shop.call("POST", f"{paths[2]}/cancel").json()["status"] == "canceled"
    listed = shop.call("GET", "/emulator/refunds").json()
    assert [(refund["amount"], refund["status"]) for refund in listed] == [
        (10, "succeeded"),
        (20, "failed"),
        (30, "canceled"),
    ]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/emulator/refunds", {}, 400),
        ("/emulator/refunds", {"payment": "pi_nope"}, 404),
        ("/emulator/refunds", {"payment": "pi_nope", "amount": 0}, 400),
        ("/emulator/refunds", {"payment": "pi_nope", "amount": "1"}, 400),
        ("/emulator/refunds", {"payment": "pi_nope", "reason": "because"}, 400),
        ("/emulator/refunds", {"payment": "PAID", "amount": 10000}, 409),
        ("/emulator/refunds", {"payment": "DECLINED"}, 409),
        ("/emulator/refunds/re_nope/fail", {}, 404),
        ("/emulator/refunds/REFUND/succeed", {}, 409),
        ("/emulator/refunds/REFUND/fail", {"failure_reason": "bad luck"}, 400),
        ("/emulator/refunds/FAILED/fail", {}, 409),
        ("/emulator/refunds/FAILED/cancel", {}, 409),
    ],
)
def test_refunds_by_script_that_make_no_sense_are_refused(shop: Any, path: str, body: Any, status: int) -> None:
    """In words, and nothing changes."""
    paid, declined = shop.paid(), shop.paid("4000000000000002")
    refund, failed = (shop.emulator.refund(paid, 10)["id"] for _ in range(2))
    shop.emulator.fail_refund(failed)
    names = {"PAID": paid, "DECLINED": declined, "REFUND": refund, "FAILED": failed}
    for name, value in names.items():
        path = path.replace(name, value)
    body = {key: names.get(value, value) if isinstance(value, str) else value for key, value in body.items()}
    before = shop.kinds()
    answer = shop.call("POST", path, body)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)
    assert shop.kinds() == before


def test_mistakes_in_python_are_exceptions(shop: Any) -> None:
    """With the status that HTTP would have."""
    with pytest.raises(ControlError) as refused:
        shop.emulator.fail_refund("re_nope")
    assert refused.value.status == 404
