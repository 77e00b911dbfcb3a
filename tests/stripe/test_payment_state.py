"""Refunds of a payment, as the gateway asks for them and reads them back, and whose payment it is."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.stripe.payments import receipt_of
from adapters.stripe.reversals import refund_state
from domain.errors import MalformedEvent, ProviderRejected, ProviderUnavailable, RefundRejected
from domain.payments.events import ReversalReported
from domain.payments.reversals import RefundStatus
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import SessionReference
from tests.support.factories import PRICE, a_session, a_student
from tests.support.reversal_factories import an_asked_refund
from tests.support.stripe.gateway_rig import StripeRig
from tests.support.stripe.paid_sessions import (
    REFUND_PENDS,
    SESSION,
    example,
    paid,
    payment_of,
)

# -- asking for a refund ----------------------------------------------------------------------------------------------


def test_a_payment_without_reversals_says_what_was_received(rig: StripeRig) -> None:
    """Its id, the amount, the currency and the mode."""
    session = paid(rig)
    state = rig.gateway.payment_state(session)
    assert (state.provider_payment_id, state.received, state.currency) == (payment_of(session), PRICE.amount, "usd")
    assert (state.livemode, state.refunds, state.disputes) == (False, (), ())


def test_the_receipt_is_where_the_charge_says(rig: StripeRig) -> None:
    """Asked for anew each time: one request."""
    session = paid(rig)
    before = len(rig.exchanges)
    address = rig.gateway.receipt_url(session)
    assert address is not None
    assert "/receipts/" in address
    assert len(rig.exchanges) == before + 1


@pytest.mark.parametrize("address", [None, "", "javascript:alert(1)", "http://evil.example/receipt", "ftp://x"])
def test_what_is_no_address_of_the_web_is_no_receipt(address: str | None) -> None:
    """A link that a student follows leads to a page over https, or to the emulator on this machine."""
    assert receipt_of({"latest_charge": {"object": "charge", "receipt_url": address}}) is None
    assert receipt_of({"latest_charge": None}) is None


def test_a_refund_is_asked_for_once_under_our_own_id(rig: StripeRig) -> None:
    """Key and metadata both have our id: the one makes repetitions one refund, by the other it is found again."""
    session = paid(rig)
    rig.gateway.refund(session, an_asked_refund())
    exchange = rig.exchanges[-1]
    assert exchange.headers["Idempotency-Key"] == "ps_1:refund-1"
    assert exchange.params == {
        "payment_intent": payment_of(session),
        "amount": "5000",
        "metadata[refundId]": "refund-1",
        "metadata[paymentSessionId]": "ps_1",
        "metadata[userId]": "user-1",
        "metadata[stage]": "test",
    }
    rig.another_gateway().refund(session, an_asked_refund())
    [refund] = rig.gateway.payment_state(session).refunds
    assert (refund.refund_id, refund.amount, refund.currency) == ("refund-1", 5_000, "usd")
    assert (refund.status, refund.provider_reversal_id[:3]) == (RefundStatus.SUCCEEDED, "re_")


def test_two_refunds_of_the_same_amount_are_two(rig: StripeRig) -> None:
    """What tells them apart is our id alone."""
    session = paid(rig)
    for name in ("refund-1", "refund-2"):
        rig.gateway.refund(session, an_asked_refund(reversal_id=name))
    assert {refund.refund_id for refund in rig.gateway.payment_state(session).refunds} == {"refund-1", "refund-2"}


def test_a_refund_from_the_dashboard_is_seen_and_not_ours(rig: StripeRig) -> None:
    """It has no metadata, and is recognised by that."""
    session = paid(rig)
    rig.emulator.refund(payment_of(session), 700, "duplicate")
    [refund] = rig.gateway.payment_state(session).refunds
    assert (refund.refund_id, refund.amount, refund.reason, refund.origin_known) == (None, 700, "duplicate", True)


def test_a_refund_goes_its_way(rig: StripeRig) -> None:
    """Pending first, then done; a bank may send back even one that was done."""
    session = paid(rig, REFUND_PENDS)
    rig.gateway.refund(session, an_asked_refund())
    [pending] = rig.gateway.payment_state(session).refunds
    rig.emulator.succeed_refund(pending.provider_reversal_id)
    [done] = rig.gateway.payment_state(session).refunds
    rig.emulator.fail_refund(pending.provider_reversal_id, "lost_or_stolen_card")
    [failed] = rig.gateway.payment_state(session).refunds
    assert [one.status for one in (pending, done, failed)] == [
        RefundStatus.PENDING,
        RefundStatus.SUCCEEDED,
        RefundStatus.FAILED,
    ]
    assert (failed.reason, failed.counted) == ("lost_or_stolen_card", 0)


def test_a_refund_canceled_in_the_dashboard_has_failed(rig: StripeRig) -> None:
    """The money stays with us."""
    session = paid(rig)
    rig.gateway.refund(session, an_asked_refund())
    [refund] = rig.gateway.payment_state(session).refunds
    rig.emulator.cancel_refund(refund.provider_reversal_id)
    [canceled] = rig.gateway.payment_state(session).refunds
    assert canceled.status is RefundStatus.FAILED


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", RefundStatus.PENDING),
        ("requires_action", RefundStatus.PENDING),
        ("succeeded", RefundStatus.SUCCEEDED),
        ("failed", RefundStatus.FAILED),
        ("canceled", RefundStatus.FAILED),
        ("a_new_word", RefundStatus.PENDING),
        (None, RefundStatus.PENDING),
    ],
)
def test_every_status_of_a_refund_has_its_meaning(word: str | None, status: RefundStatus) -> None:
    """An unknown one holds the money back and is looked at again."""
    assert refund_state(SESSION, example("refund.succeeded_full", status=word)).status is status


@pytest.mark.parametrize(
    ("metadata", "refund_id"),
    [
        ({"refundId": "r-1"}, "r-1"),
        ({"refundId": "r-1", "paymentSessionId": "ps_1"}, "r-1"),
        ({"refundId": "r-1", "paymentSessionId": "ps_other"}, None),
        ({"refundId": "a#b"}, None),
        ({"refundId": ""}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_refund_is_ours_by_its_metadata(metadata: object, refund_id: str | None) -> None:
    """An id that could not be ours, or of another session, is not taken for ours."""
    assert refund_state(SESSION, example("refund.succeeded_full", metadata=metadata)).refund_id == refund_id


def test_more_refunds_than_fit_on_a_page_are_all_there(rig: StripeRig) -> None:
    """All pages are read: sums over some of them would be wrong."""
    session = paid(rig)
    for _ in range(103):
        rig.emulator.refund(payment_of(session), 1)
    assert len(rig.gateway.payment_state(session).refunds) == 103


def test_a_list_without_all_that_was_refunded_is_no_answer(rig: StripeRig) -> None:
    """The charge says that more went back than the list has: half a list would be stored as the whole."""
    session = paid(rig)
    rig.emulator.refund(payment_of(session), 700)
    [charge] = rig.emulator.account.charges.values()
    charge["amount_refunded"] = 701
    with pytest.raises(ProviderUnavailable):
        rig.gateway.payment_state(session)


def test_fault_48_a_refund_whose_answer_was_lost_is_made_once(rig: StripeRig) -> None:
    """Every repetition has the same key."""
    session = paid(rig)
    rig.fails("drop_connection_after_commit", path="/v1/refunds")
    rig.gateway.refund(session, an_asked_refund())
    rig.another_gateway().refund(session, an_asked_refund())
    assert len(rig.emulator.account.refunds) == 1


def test_a_payment_that_stripe_does_not_know_is_rejected(rig: StripeRig) -> None:
    """Keys of another account, perhaps: there is no state to be had."""
    with pytest.raises(ProviderRejected):
        rig.gateway.payment_state(a_session(provider_payment_id="pi_none"))


# -- refusals ---------------------------------------------------------------------------------------------------------


def refused(rig: StripeRig, session: PaymentSession, **changes: Any) -> str:
    """Stripe's code for why it refuses the refund for good."""
    with pytest.raises(RefundRejected) as rejected:
        rig.gateway.refund(session, an_asked_refund(**changes))
    return rejected.value.reason


def test_more_than_is_left_is_refused_for_good(rig: StripeRig) -> None:
    """Stripe has no code of its own for it, only the name of the parameter."""
    session = paid(rig)
    assert refused(rig, session, amount=PRICE.amount + 1) == "amount_too_large"
    rig.emulator.refund(payment_of(session))
    assert refused(rig, session, reversal_id="refund-2") == "charge_already_refunded"


def test_a_disputed_payment_is_not_refunded(rig: StripeRig) -> None:
    """The bank has the money already."""
    session = paid(rig)
    rig.emulator.open_dispute(payment_of(session))
    assert refused(rig, session) == "charge_disputed"


def test_a_payment_without_a_charge_is_not_refunded(rig: StripeRig) -> None:
    """A declined attempt left a payment behind that never had money."""
    opened = rig.gateway.open_checkout(a_session(), a_student())
    rig.emulator.pay(opened.provider_session_id, "4000000000000002")
    [payment_id] = rig.emulator.account.intents
    assert refused(rig, a_session(provider_payment_id=payment_id)) == "not_refundable"
    assert refused(rig, a_session(provider_payment_id="pi_none"), reversal_id="refund-2") == "resource_missing"


def test_a_wrong_key_is_no_word_about_the_refund(rig: StripeRig) -> None:
    """It can be asked for again once the key is right; so it must not be given up."""
    session = paid(rig)
    rig.emulator.api.secret_key = "sk_test_other"
    with pytest.raises(ProviderRejected) as rejected:
        rig.gateway.refund(session, an_asked_refund())
    assert not isinstance(rejected.value, RefundRejected)


def test_another_request_under_the_same_key_is_no_word_about_the_refund(rig: StripeRig) -> None:
    """The first one may have been made."""
    session = paid(rig)
    rig.gateway.refund(session, an_asked_refund())
    with pytest.raises(ProviderRejected) as rejected:
        rig.gateway.refund(session, an_asked_refund(amount=1))
    assert not isinstance(rejected.value, RefundRejected)


@pytest.mark.parametrize("mode", ["429", "500", "503", "409"])
def test_a_busy_or_broken_stripe_is_no_word_about_the_refund(rig: StripeRig, mode: str) -> None:
    """Neither a rate, nor a failure, even one that the key remembers."""
    session = paid(rig)
    rig.fails(mode, path="/v1/refunds", times=2)
    with pytest.raises(ProviderUnavailable):
        rig.gateway.refund(session, an_asked_refund())


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": "re.1"},
        {"id": "x" * 65},
        {"amount": 0},
        {"amount": -1},
        {"amount": "3920"},
        {"amount": 39.2},
        {"currency": None},
        {"status": 7},
        {"metadata": []},
        {"reason": {}},
    ],
)
def test_a_refund_that_cannot_be_read_is_malformed(change: dict[str, Any]) -> None:
    """Money is never guessed."""
    with pytest.raises(MalformedEvent):
        refund_state(SESSION, example("refund.succeeded_full", **change))


# -- whose payment it is ----------------------------------------------------------------------------------------------


def report(payment_id: str) -> ReversalReported:
    """A report that names nothing but the payment."""
    return ReversalReported(
        provider="stripe", event_id="evt_1", event_type="x", provider_payment_id=payment_id, livemode=False
    )


def test_the_session_of_a_dispute_is_found_by_its_payment(rig: StripeRig) -> None:
    """A dispute carries no names of ours; the payment's metadata do."""
    session = paid(rig)
    assert rig.gateway.find_session_of(report(payment_of(session))) == SessionReference(
        user_id="user-1", payment_session_id="ps_1"
    )


def test_a_payment_of_others_has_no_session_here(rig: StripeRig) -> None:
    """Another product's, another stage's, or one that Stripe does not know."""
    session = paid(rig)
    assert rig.another_gateway(stage="dev").find_session_of(report(payment_of(session))) is None
    assert rig.gateway.find_session_of(report("pi_none")) is None
    rig.emulator.account.intents[payment_of(session)]["metadata"] = {"order": "7"}
    assert rig.gateway.find_session_of(report(payment_of(session))) is None


def test_every_event_of_refunds_and_disputes_is_read(rig: StripeRig) -> None:
    """Whatever Stripe sends about them is a report about their payment, or ignored; none is malformed."""
    session = paid(rig)
    rig.gateway.refund(session, an_asked_refund())
    rig.emulator.refund(payment_of(session), 10)
    dispute = rig.emulator.open_dispute(payment_of(session), 100)
    rig.emulator.decide_dispute(dispute["id"], "won")
    read = [rig.gateway.read_event(*rig.signed(event)) for event in rig.emulator.account.events.values()]
    reports = [one for one in read if isinstance(one, ReversalReported)]
    assert {one.provider_payment_id for one in reports} == {payment_of(session)}
    assert [one.payment_session_id for one in reports if one.event_type == "refund.created"] == ["ps_1", None]
    assert {one.event_type for one in reports} == {
        "refund.created",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    }
