"""Refunds over the API: what they change, what is refused, where they are found again."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from tests.stripe_emulator.conftest import payload, shape

DECLINED = "4000000000000002"
PENDING = "4000000000007726"
DISPUTED, INQUIRY = "4000000000000259", "4000000000001976"
DEBIT = "000123456789"


def test_a_refund_gives_back_everything(shop: Any) -> None:
    """Refund, charge and balance show it; session and PaymentIntent stay as they were."""
    intent = shop.paid()
    refund = shop.client.v1.refunds.create(params={"payment_intent": intent, "reason": "requested_by_customer"})
    assert (refund.amount, refund.status, refund.currency, refund.reason) == (
        9999,
        "succeeded",
        "usd",
        "requested_by_customer",
    )
    charge = shop.charge(intent)
    assert (charge.amount_refunded, charge.refunded, charge.refunds.data[0].id) == (9999, True, refund.id)
    assert shop.money() == [("charge", 9999, 320), ("refund", -9999, 0)]
    assert shop.client.v1.payment_intents.retrieve(intent).status == "succeeded"
    assert shop.client.v1.checkout.sessions.list().data[0].payment_status == "paid"


def test_a_refund_looks_as_stripes_do(shop: Any) -> None:
    """Keys and kinds of values equal those of Stripe's own, with metadata and without."""
    intent = shop.paid()
    params = {"payment_intent": intent, "amount": 1000, "metadata": {"order_id": "o"}, "reason": "duplicate"}
    made = shop.client.v1.refunds.create(params=params).to_dict()
    assert shape(made | {"payment_method": None}) == shape(payload("refund.succeeded_partial"))


def test_partial_refunds_add_up(shop: Any) -> None:
    """The charge shows their sum; it is refunded only when all is back, and more than is left is refused."""
    intent = shop.paid()
    shop.client.v1.refunds.create(params={"payment_intent": intent, "amount": 1000})
    charge = shop.charge(intent)
    assert (charge.amount_refunded, charge.refunded) == (1000, False)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        shop.client.v1.refunds.create(params={"charge": charge.id, "amount": 9000})
    assert shop.client.v1.refunds.create(params={"charge": charge.id}).amount == 8999
    assert shop.charge(intent).refunded is True


def test_events_carry_the_sum_and_what_it_was(shop: Any) -> None:
    """Each refund is created first and then added to its charge; the charge in events has no list of refunds."""
    intent = shop.paid()
    first = shop.kinds_after(lambda: shop.client.v1.refunds.create(params={"payment_intent": intent, "amount": 1000}))
    second = shop.kinds_after(lambda: shop.client.v1.refunds.create(params={"payment_intent": intent}))
    assert first == second == ["refund.created", "charge.refunded"]
    partial, full = shop.recorded("charge.refunded")
    assert (partial["data"]["object"]["amount_refunded"], partial["data"]["object"]["refunded"]) == (1000, False)
    assert partial["data"]["previous_attributes"] == {"amount_refunded": 0}
    assert (full["data"]["object"]["amount_refunded"], full["data"]["object"]["refunded"]) == (9999, True)
    assert full["data"]["previous_attributes"] == {"amount_refunded": 1000, "refunded": False}
    assert "refunds" not in full["data"]["object"]
    assert "charge.refunded" in [event["type"] for event in shop.events()]


def test_two_equal_requests_are_two_refunds_unless_their_key_is_one(shop: Any) -> None:
    """The key makes repetitions one refund; without it each is a refund of its own."""
    params = {"payment_intent": shop.paid(), "amount": 1000}
    create = shop.client.v1.refunds.create
    keyed = [create(params=params, options={"idempotency_key": "refund-1"}).id for _ in range(2)]
    assert keyed[0] == keyed[1]
    assert create(params=params).id != create(params=params).id
    assert shop.charge(params["payment_intent"]).amount_refunded == 3000
    with pytest.raises(stripe.IdempotencyError):
        create(params={**params, "amount": 1}, options={"idempotency_key": "refund-1"})


@pytest.mark.parametrize(
    ("params", "words", "where"),
    [
        ({}, "One of the following params", (400, None, None)),
        ({"payment_intent": "pi_x", "charge": "ch_x"}, "only specify one of", (400, None, None)),
        ({"payment_intent": "pi_x"}, "No such payment_intent", (400, "payment_intent", "resource_missing")),
        ({"charge": "ch_x"}, "No such charge: 'ch_x'", (404, "id", "resource_missing")),
        ({"amount": 0}, "greater than or equal to 1", (400, "amount", "parameter_invalid_integer")),
        ({"amount": -5}, "greater than or equal to 1", (400, "amount", "parameter_invalid_integer")),
        ({"amount": "1.5"}, "Invalid integer", (400, "amount", "parameter_invalid_integer")),
        ({"amount": 10000}, r"Refund amount \(\$100.00\) is greater", (400, "amount", None)),
        ({"reason": "expired_uncaptured_charge"}, "Invalid reason", (400, "reason", None)),
        ({"reverse_transfer": True}, "does not support `reverse_transfer`", (400, "reverse_transfer", None)),
        ({"metadata": {"k" * 41: "v"}}, "up to 40", (400, f"metadata[{'k' * 40}]", None)),
    ],
)
def test_refunds_that_stripe_would_refuse_are_refused(
    shop: Any, params: dict[str, Any], words: str, where: tuple[int, str | None, str | None]
) -> None:
    """Each with Stripe's status, parameter and code; nothing is refunded."""
    intent = shop.paid()
    if params and not params.keys() & {"payment_intent", "charge"}:
        params = {**params, "payment_intent": intent}
    with pytest.raises(stripe.InvalidRequestError, match=words) as refused:
        shop.client.v1.refunds.create(params=params)
    assert (refused.value.http_status, refused.value.param, refused.value.code) == where
    assert shop.client.v1.refunds.list().data == []
    assert shop.charge(intent).amount_refunded == 0


def error_of(shop: Any, **params: Any) -> dict[str, Any]:
    """The error object of a refund that is refused, without its link to the documentation."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.client.v1.refunds.create(params=params)
    assert refused.value.http_status == 400
    body: Any = refused.value.json_body
    error: dict[str, Any] = body["error"]
    return {name: value for name, value in error.items() if name != "doc_url"}


def test_refusals_have_stripes_words(shop: Any) -> None:
    """Too large, refunded already, charged back: the bodies equal Stripe's."""
    data = {"currency": "eur", "unit_amount": 4000, "product_data": {"name": "Course"}}
    intent = shop.paid(line_items=[{"price_data": data, "quantity": 1}])
    charge = shop.charge(intent).id
    shop.client.v1.refunds.create(params={"payment_intent": intent, "amount": 1000})
    expected = {
        name: {
            key: value.replace("ch_3PgafyB7WZ01zgkW1Q0aaaaa", charge)
            for key, value in payload(f"error.400.{name}")["error"].items()
        }
        for name in ("refund_too_large", "charge_already_refunded", "charge_disputed")
    }
    assert error_of(shop, charge=charge, amount=4000) == expected["refund_too_large"]
    dispute = shop.emulator.open_dispute(intent)
    assert error_of(shop, charge=charge, amount=1) == expected["charge_disputed"]
    shop.emulator.decide_dispute(dispute["id"], "won")
    shop.client.v1.refunds.create(params={"payment_intent": intent})
    assert error_of(shop, payment_intent=intent) == expected["charge_already_refunded"]


@pytest.mark.parametrize("card", [DECLINED, DEBIT])
def test_a_payment_without_money_has_nothing_to_refund(shop: Any, card: str) -> None:
    """A declined card, a bank debit that has not settled."""
    intent = shop.paid(card)
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge") as refused:
        shop.client.v1.refunds.create(params={"payment_intent": intent})
    assert refused.value.code is None
    charge = shop.charge(intent).id
    with pytest.raises(stripe.InvalidRequestError, match="was not successful"):
        shop.client.v1.refunds.create(params={"charge": charge})


def test_a_settled_bank_debit_can_be_refunded(shop: Any) -> None:
    """Its balance transactions have the types of payments that are not by card."""
    intent = shop.paid(DEBIT)
    shop.emulator.control.settle_delayed(shop.client.v1.checkout.sessions.list().data[0].id)
    assert shop.client.v1.refunds.create(params={"payment_intent": intent}).destination_details is None
    assert shop.money() == [("payment", 9999, 320), ("payment_refund", -9999, 0)]


def test_refunds_are_found_by_payment_charge_and_time(shop: Any) -> None:
    """Newest first, in pages; unknown cursors are refused."""
    one, other = shop.paid(), shop.paid()
    made = [shop.client.v1.refunds.create(params={"payment_intent": one, "amount": 10}).id for _ in range(3)]
    shop.emulator.advance(100)
    late = shop.client.v1.refunds.create(params={"payment_intent": other})

    def ids(**params: Any) -> list[str]:
        return [refund.id for refund in shop.client.v1.refunds.list(params=params).data]

    assert ids(payment_intent=one) == made[::-1]
    assert ids(charge=shop.charge(other).id) == [late.id]
    assert ids(created={"gte": late.created}) == [late.id]
    assert ids(limit=2) == [late.id, made[2]]
    assert ids(starting_after=made[2], limit=2) == [made[1], made[0]]
    assert ids(ending_before=made[2]) == [late.id]
    of_charge = json.loads(shop.client.raw_request("get", f"/v1/charges/{shop.charge(one).id}/refunds").body)
    assert [refund["id"] for refund in of_charge["data"]] == made[::-1]
    assert len(list(shop.client.v1.refunds.list(params={"limit": 1}).auto_paging_iter())) == 4
    with pytest.raises(stripe.InvalidRequestError, match="No such refund"):
        ids(starting_after="re_nope")


def test_only_the_metadata_of_a_refund_can_change(shop: Any) -> None:
    """It is the refund's own: nothing is copied from the payment, and an update has its event."""
    refund = shop.client.v1.refunds.create(params={"payment_intent": shop.paid(), "metadata": {"a": "1", "b": "2"}})
    assert refund.metadata.to_dict() == {"a": "1", "b": "2"}
    params = {"metadata": {"a": "", "c": "3"}}
    kinds = shop.kinds_after(lambda: shop.client.v1.refunds.update(refund.id, params=params))
    assert shop.client.v1.refunds.retrieve(refund.id).metadata.to_dict() == {"b": "2", "c": "3"}
    assert kinds == ["refund.updated"]
    assert shop.recorded("refund.updated")[0]["data"]["previous_attributes"] == {"metadata": {"a": "1", "c": None}}
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: amount"):
        shop.client.v1.refunds.update(refund.id, params={"amount": 1})


@pytest.mark.parametrize("card", ["4242424242424242", PENDING])
def test_card_refunds_cannot_be_canceled_over_the_api(shop: Any, card: str) -> None:
    """Done or pending: 400 with Stripe's words and no code."""
    refund = shop.client.v1.refunds.create(params={"payment_intent": shop.paid(card)})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.client.v1.refunds.cancel(refund.id)
    assert refused.value.json_body == payload("error.400.cancel_unsupported")


def test_a_refund_shows_its_charge_and_booking_on_request(shop: Any) -> None:
    """Expanded over the API and in lists; plain ids otherwise."""
    intent = shop.paid()
    refund = shop.client.v1.refunds.create(params={"payment_intent": intent, "expand": ["balance_transaction"]})
    assert (refund.balance_transaction.amount, refund.balance_transaction.source) == (-9999, refund.id)
    [listed] = shop.client.v1.refunds.list(params={"expand": ["data.charge", "data.payment_intent"]}).data
    assert (listed.charge.payment_intent, listed.payment_intent.id) == (intent, intent)
    assert isinstance(shop.client.v1.refunds.retrieve(refund.id).charge, str)


def test_refunds_at_the_same_time_never_exceed_the_payment(shop: Any) -> None:
    """Of twenty parts of a tenth each, nine are made and the others refused."""
    intent = shop.paid()

    def refund(_: int) -> bool:
        try:
            shop.client.v1.refunds.create(params={"payment_intent": intent, "amount": 1000})
        except stripe.InvalidRequestError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(refund, range(20)))
    assert (made, shop.charge(intent).amount_refunded) == (9, 9000)


def test_an_inquiry_does_not_stop_a_refund_but_a_chargeback_does(shop: Any) -> None:
    """While a chargeback is open or lost the money is with the bank already."""
    assert shop.client.v1.refunds.create(params={"payment_intent": shop.paid(INQUIRY)}).status == "succeeded"
    disputed = shop.paid(DISPUTED)
    assert error_of(shop, payment_intent=disputed)["code"] == "charge_disputed"
    dispute = shop.client.v1.disputes.list(params={"payment_intent": disputed}).data[0]
    shop.client.v1.disputes.close(dispute.id)
    assert error_of(shop, payment_intent=disputed)["code"] == "charge_disputed"
