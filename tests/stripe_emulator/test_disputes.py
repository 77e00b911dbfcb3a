"""Disputes: how they come about, what they do to the money, how they end, and in which order events say so."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.stripe_emulator.conftest import payload, shape

FRAUDULENT, NOT_RECEIVED, INQUIRY = "4000000000000259", "4000000000002685", "4000000000001976"
WITHDRAWN, REINSTATED = ("adjustment", -9999, 1500), ("adjustment", 9999, 0)
WON = ["charge.dispute.updated", "charge.updated", "charge.dispute.funds_reinstated", "charge.dispute.closed"]
LOST = ["charge.dispute.updated", "charge.updated", "charge.dispute.closed"]


def disputed(shop: Any, card: str = FRAUDULENT) -> stripe.Dispute:
    """The dispute of a new payment with that card."""
    found = shop.client.v1.disputes.list(params={"payment_intent": shop.paid(card)}).data[0]
    assert isinstance(found, stripe.Dispute)
    return found


def read(shop: Any, dispute: stripe.Dispute) -> stripe.Dispute:
    """A dispute as it is now."""
    found = shop.client.v1.disputes.retrieve(dispute.id)
    assert isinstance(found, stripe.Dispute)
    return found


def say(shop: Any, dispute: stripe.Dispute, text: str, **params: Any) -> list[str]:
    """Send evidence with that text; the types of the events that follow."""
    given: Any = {"evidence": {"uncategorized_text": text}, **params}
    kinds: list[str] = shop.kinds_after(lambda: shop.client.v1.disputes.update(dispute.id, params=given))
    return kinds


@pytest.mark.parametrize(
    ("card", "reason", "code", "stored"),
    [
        (FRAUDULENT, "fraudulent", "10.4", "dispute.needs_response"),
        (NOT_RECEIVED, "product_not_received", "13.1", "dispute.needs_response"),
        (INQUIRY, "fraudulent", "10", "dispute.inquiry"),
    ],
)
def test_test_cards_dispute_their_payment(shop: Any, card: str, reason: str, code: str, stored: str) -> None:
    """The payment succeeds all the same; the dispute looks as Stripe's do."""
    dispute = disputed(shop, card)
    assert dispute.payment_method_details
    assert dispute.payment_method_details.card
    assert (dispute.reason, dispute.status, dispute.amount) == (reason, payload(stored)["status"], 9999)
    assert dispute.payment_method_details.card.network_reason_code == code
    assert shape(dispute.to_dict()) == shape(payload(stored))
    assert shop.charge(dispute.payment_intent).disputed is True


def test_a_chargeback_can_come_before_the_event_of_the_payment(shop: Any) -> None:
    """The dispute and its withdrawal stand between the charge and the PaymentIntent; an inquiry withdraws nothing."""
    kinds = shop.kinds_after(lambda: disputed(shop))
    assert kinds[-5:] == [
        "charge.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
    assert "charge.dispute.funds_withdrawn" not in shop.kinds_after(lambda: disputed(shop, INQUIRY))
    for event in shop.recorded("charge.dispute.created"):
        inquiry = event["data"]["object"]["status"].startswith("warning")
        stored = payload(f"event.charge.dispute.created{'.inquiry' * inquiry}")
        assert shape(event["data"]) == shape(stored["data"])


def test_a_chargeback_takes_the_amount_and_a_fee(shop: Any) -> None:
    """Its booking is part of the dispute, and of the balance."""
    dispute = disputed(shop)
    [made] = dispute.balance_transactions
    assert shape(made.to_dict()) == shape(payload("balance_transaction.dispute"))
    assert (made.amount, made.fee, made.net, made.reporting_category, made.source) == (
        -9999,
        1500,
        -11499,
        "dispute",
        dispute.id,
    )
    assert shop.money() == [("charge", 9999, 320), WITHDRAWN]
    assert (dispute.is_charge_refundable, shop.charge(dispute.payment_intent).amount_refunded) == (False, 0)


def test_winning_evidence_brings_the_money_back(shop: Any) -> None:
    """All but the fee; the charge stays marked as disputed and can be refunded again."""
    dispute = disputed(shop)
    assert say(shop, dispute, "winning_evidence") == WON
    won = read(shop, dispute)
    assert (won.status, won.is_charge_refundable, won.evidence_details.submission_count) == ("won", True, 1)
    assert shop.money() == [("charge", 9999, 320), WITHDRAWN, REINSTATED]
    assert won.balance_transactions[1].reporting_category == "dispute_reversal"
    assert shop.charge(won.payment_intent).disputed is True
    [closed] = shop.recorded("charge.dispute.closed")
    stored = payload("event.charge.dispute.closed.won")["data"]
    closed["data"]["object"]["evidence"]["uncategorized_text"] = None
    assert shape(closed["data"]) == shape(stored)
    assert shop.client.v1.refunds.create(params={"payment_intent": won.payment_intent}).status == "succeeded"


def test_losing_evidence_leaves_the_money_with_the_bank(shop: Any) -> None:
    """Lost is no refund: the charge shows none."""
    dispute = disputed(shop)
    assert say(shop, dispute, "losing_evidence") == LOST
    assert (read(shop, dispute).status, read(shop, dispute).is_charge_refundable) == ("lost", False)
    assert shop.money() == [("charge", 9999, 320), WITHDRAWN]
    assert shop.charge(dispute.payment_intent).amount_refunded == 0
    assert "charge.refunded" not in shop.kinds()


def test_other_evidence_waits_for_the_bank(shop: Any) -> None:
    """Until the bank decides, by script; once it has the evidence there is no second chance."""
    dispute = disputed(shop)
    assert say(shop, dispute, "They attended every lesson.") == ["charge.dispute.updated"]
    assert read(shop, dispute).status == "under_review"
    with pytest.raises(stripe.InvalidRequestError, match="does not accept evidence"):
        say(shop, dispute, "And one more thing.")
    assert shop.kinds_after(lambda: shop.emulator.decide_dispute(dispute.id, "won")) == WON
    assert read(shop, dispute).status == "won"


def test_evidence_can_be_staged(shop: Any) -> None:
    """With submit=false it is kept, field by field, and nothing is decided."""
    dispute = disputed(shop)
    assert say(shop, dispute, "winning_evidence", submit=False) == ["charge.dispute.updated"]
    shop.client.v1.disputes.update(
        dispute.id, params={"evidence": {"customer_name": "A"}, "submit": False, "metadata": {"case": "7"}}
    )
    staged = read(shop, dispute)
    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    assert (staged.evidence_details.has_evidence, staged.metadata["case"]) == (True, "7")
    assert (staged.evidence.uncategorized_text, staged.evidence.customer_name) == ("winning_evidence", "A")
    shop.client.v1.disputes.update(dispute.id, params={"evidence": {"receipt": "file_1"}})
    assert read(shop, dispute).status == "won"


LONG_FIELDS = (
    "access_activity_log",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "duplicate_charge_explanation",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "uncategorized_text",
)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"evidence": {"uncategorized_text": "x" * 20001}}, "at most 20000"),
        ({"evidence": dict.fromkeys(LONG_FIELDS, "x" * 20000)}, "150000 characters in all"),
        ({"evidence": {"alibi": "x"}}, r"unknown parameter: evidence\[alibi\]"),
        (
            {"evidence": {"enhanced_evidence": {"mastercard_compliance": {"fee_acknowledged": True}}}},
            r"does not support `evidence\[enhanced_evidence\]`",
        ),
        ({"intended_submission_method": "manual"}, "does not support `intended_submission_method`"),
    ],
    ids=["long", "long in all", "unknown", "enhanced", "method"],
)
def test_evidence_that_stripe_would_refuse_is_refused(shop: Any, params: Any, words: str) -> None:
    """Too long, unknown, or not emulated; the dispute stays as it is."""
    dispute = disputed(shop)
    with pytest.raises(stripe.InvalidRequestError, match=words):
        shop.client.v1.disputes.update(dispute.id, params=params)
    assert read(shop, dispute) == dispute


def test_an_inquiry_moves_no_money(shop: Any) -> None:
    """It can be closed well, and the payment stays refundable."""
    dispute = disputed(shop, INQUIRY)
    assert (dispute.balance_transactions, dispute.is_charge_refundable) == ([], True)
    assert say(shop, dispute, "Here is what they bought.") == ["charge.dispute.updated"]
    assert read(shop, dispute).status == "warning_under_review"
    assert shop.kinds_after(lambda: shop.emulator.decide_dispute(dispute.id, "warning_closed")) == LOST
    closed = read(shop, dispute)
    assert (closed.status, closed.is_charge_refundable) == ("warning_closed", True)
    assert shop.money() == [("charge", 9999, 320)]
    assert say(shop, disputed(shop, INQUIRY), "losing_evidence") == LOST


@pytest.mark.parametrize("by_script", [False, True])
def test_an_inquiry_can_become_a_chargeback(shop: Any, *, by_script: bool) -> None:
    """By the words of its evidence or by script: the money is taken now, and an answer is due again."""
    dispute = disputed(shop, INQUIRY)
    expected = ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]
    if by_script:
        assert shop.kinds_after(lambda: shop.emulator.escalate_inquiry(dispute.id)) == expected
    else:
        assert say(shop, dispute, "escalate_inquiry_evidence")[-2:] == expected
    now = read(shop, dispute)
    assert now.payment_method_details
    assert now.payment_method_details.card
    assert (now.status, now.payment_method_details.card.case_type) == ("needs_response", "chargeback")
    assert shop.money()[1:] == [WITHDRAWN]
    assert shop.kinds_after(lambda: shop.emulator.decide_dispute(dispute.id, "lost")) == LOST


def test_giving_up_loses_at_once(shop: Any) -> None:
    """Closing is final: the dispute is lost, and cannot be closed or answered again."""
    dispute = disputed(shop)
    kinds = shop.kinds_after(lambda: shop.client.v1.disputes.close(dispute.id))
    assert (kinds, read(shop, dispute).status) == (["charge.dispute.closed", "charge.updated"], "lost")
    with pytest.raises(stripe.InvalidRequestError, match="closed already"):
        shop.client.v1.disputes.close(dispute.id)
    with pytest.raises(stripe.InvalidRequestError, match="does not accept evidence"):
        say(shop, dispute, "winning_evidence")
    inquiry = disputed(shop, INQUIRY)
    assert shop.client.v1.disputes.close(inquiry.id).status == "warning_closed"


def test_a_lost_dispute_can_be_won_on_appeal(shop: Any) -> None:
    """Neither outcome is final: the appeal is under review, and then the money comes back."""
    dispute = disputed(shop)
    shop.emulator.decide_dispute(dispute.id, "lost")
    assert shop.kinds_after(lambda: shop.emulator.appeal_dispute(dispute.id)) == ["charge.dispute.updated"]
    assert read(shop, dispute).status == "appeal_under_review"
    assert shop.kinds_after(lambda: shop.emulator.decide_dispute(dispute.id, "won")) == WON
    assert shop.money()[1:] == [WITHDRAWN, REINSTATED]


def test_a_won_dispute_can_be_lost_on_appeal(shop: Any) -> None:
    """The cardholder's bank takes the money once more, without a second fee, and waits for an answer."""
    dispute = disputed(shop)
    say(shop, dispute, "winning_evidence")
    kinds = shop.kinds_after(lambda: shop.emulator.appeal_dispute(dispute.id))
    assert kinds == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]
    appealed = read(shop, dispute)
    assert (appealed.status, appealed.is_charge_refundable) == ("appeal_needs_response", False)
    assert say(shop, dispute, "losing_evidence") == LOST
    assert shop.money()[1:] == [WITHDRAWN, REINSTATED, ("adjustment", -9999, 0)]


def test_a_payment_can_be_disputed_in_parts(shop: Any) -> None:
    """Several disputes of one payment, each with its own amount and outcome; while one is open, no refund."""
    intent = shop.paid()
    one = shop.emulator.open_dispute(intent, 3000, "product_unacceptable")
    two = shop.emulator.open_dispute(intent, 2000, inquiry=True)
    assert (one["amount"], one["reason"], two["status"]) == (3000, "product_unacceptable", "warning_needs_response")
    shop.emulator.decide_dispute(one["id"], "won")
    three = shop.emulator.open_dispute(intent, 1000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.client.v1.refunds.create(params={"payment_intent": intent, "amount": 1})
    assert refused.value.code == "charge_disputed"
    shop.emulator.decide_dispute(three["id"], "lost")
    assert shop.money()[1:] == [
        ("adjustment", -3000, 1500),
        ("adjustment", 3000, 0),
        ("adjustment", -1000, 1500),
    ]
    found = shop.client.v1.disputes.list(params={"charge": shop.charge(intent).id}).data
    assert [dispute.status for dispute in found] == ["lost", "warning_needs_response", "won"]


def test_what_was_refunded_is_not_disputed_by_itself(shop: Any) -> None:
    """Without an amount a dispute is about the rest; after a full refund there is none."""
    intent = shop.paid()
    shop.emulator.refund(intent, 4000)
    dispute = shop.emulator.open_dispute(intent)
    assert dispute["amount"] == 5999
    assert shop.kinds_after(lambda: shop.emulator.decide_dispute(dispute["id"], "won")) == WON
    shop.emulator.refund(intent)
    assert shop.call("POST", "/emulator/disputes", {"payment": intent}).status_code == 409


def test_an_answer_is_due_in_time(shop: Any) -> None:
    """After due_by a dispute without an answer is past due; nothing else happens by itself."""
    silent, answered = disputed(shop), disputed(shop)
    say(shop, answered, "Here.")
    assert silent.evidence_details.due_by
    ahead = silent.evidence_details.due_by - shop.emulator.account.now()
    assert shop.kinds_after(lambda: shop.emulator.advance(ahead + 1)) == []
    assert read(shop, silent).evidence_details.past_due is True
    assert read(shop, answered).evidence_details.past_due is False
    assert read(shop, silent).status == "needs_response"


def test_disputes_are_found_by_payment_charge_and_time(shop: Any) -> None:
    """And show their payment on request; unknown ones are 404."""
    one, two = disputed(shop), disputed(shop, INQUIRY)
    listed = shop.client.v1.disputes.list
    assert [d.id for d in listed().data] == [two.id, one.id]
    assert [d.id for d in listed(params={"charge": one.charge}).data] == [one.id]
    assert [d.id for d in listed(params={"payment_intent": two.payment_intent}).data] == [two.id]
    assert listed(params={"created": {"gt": two.created}}).data == []
    shown = shop.client.v1.disputes.retrieve(one.id, params={"expand": ["charge", "payment_intent"]})
    assert (shown.charge.amount, shown.payment_intent.status) == (9999, "succeeded")
    with pytest.raises(stripe.InvalidRequestError, match="No such dispute") as missing:
        shop.client.v1.disputes.retrieve("du_nope")
    assert missing.value.http_status == 404


def test_disputes_by_script_over_http(shop: Any) -> None:
    """Open, escalate, decide, appeal and list as JSON."""
    body = {"payment": shop.paid(), "amount": 500, "reason": "general", "inquiry": True}
    dispute = shop.call("POST", "/emulator/disputes", body).json()
    path = f"/emulator/disputes/{dispute['id']}"
    statuses = [dispute["status"]]
    steps: list[tuple[str, Any]] = [
        ("escalate", None),
        ("decide", {"outcome": "won"}),
        ("appeal", None),
        ("decide", {"outcome": "lost"}),
    ]
    statuses += [shop.call("POST", f"{path}/{step}", given).json()["status"] for step, given in steps]
    assert statuses == ["warning_needs_response", "needs_response", "won", "appeal_needs_response", "lost"]
    assert [found["status"] for found in shop.call("GET", "/emulator/disputes").json()] == ["lost"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/emulator/disputes", {}, 400),
        ("/emulator/disputes", {"payment": "pi_nope"}, 404),
        ("/emulator/disputes", {"payment": "PAID", "amount": 10000}, 409),
        ("/emulator/disputes", {"payment": "PAID", "reason": "spite"}, 400),
        ("/emulator/disputes", {"payment": "PAID", "inquiry": "yes"}, 400),
        ("/emulator/disputes/du_nope/decide", {"outcome": "won"}, 404),
        ("/emulator/disputes/DISPUTE/decide", {}, 400),
        ("/emulator/disputes/DISPUTE/decide", {"outcome": "prevented"}, 400),
        ("/emulator/disputes/DISPUTE/decide", {"outcome": "warning_closed"}, 409),
        ("/emulator/disputes/DISPUTE/escalate", {}, 409),
        ("/emulator/disputes/DISPUTE/appeal", {}, 409),
    ],
)
def test_disputes_by_script_that_make_no_sense_are_refused(shop: Any, path: str, body: Any, status: int) -> None:
    """In words, and nothing changes."""
    dispute = disputed(shop)
    paid = shop.paid()
    path = path.replace("DISPUTE", dispute.id)
    body = {name: paid if value == "PAID" else value for name, value in body.items()}
    before = shop.kinds()
    answer = shop.call("POST", path, body)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)
    assert shop.kinds() == before
