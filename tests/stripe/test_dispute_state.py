"""Disputes of a payment, as the gateway reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.stripe import reversals
from adapters.stripe.reversals import dispute_state
from domain.errors import MalformedEvent
from domain.payments.reversals import DisputeStatus
from tests.support.factories import PRICE
from tests.support.stripe.gateway_rig import StripeRig
from tests.support.stripe.paid_sessions import (
    EURO_PAYMENT,
    SESSION,
    example,
    paid,
    payment_of,
)


def test_a_dispute_takes_the_money_and_gives_it_back_when_won(rig: StripeRig) -> None:
    """What is withdrawn is what was taken and not given back, without the bank's fee."""
    session = paid(rig)
    opened = rig.emulator.open_dispute(payment_of(session))
    [dispute] = rig.gateway.payment_state(session).disputes
    assert (dispute.status, dispute.withdrawn, dispute.reason) == (DisputeStatus.OPEN, PRICE.amount, "fraudulent")
    assert dispute.provider_reversal_id == opened["id"]
    rig.emulator.decide_dispute(opened["id"], "won")
    [dispute] = rig.gateway.payment_state(session).disputes
    assert (dispute.status, dispute.withdrawn) == (DisputeStatus.WON, 0)
    rig.emulator.appeal_dispute(opened["id"])
    [dispute] = rig.gateway.payment_state(session).disputes
    assert (dispute.status, dispute.withdrawn) == (DisputeStatus.OPEN, PRICE.amount)
    rig.emulator.decide_dispute(opened["id"], "lost")
    [dispute] = rig.gateway.payment_state(session).disputes
    assert (dispute.status, dispute.withdrawn) == (DisputeStatus.LOST, PRICE.amount)


def test_an_inquiry_moves_no_money(rig: StripeRig) -> None:
    """It may end by itself, or become a dispute that does."""
    session = paid(rig)
    opened = rig.emulator.open_dispute(payment_of(session), inquiry=True)
    [inquiry] = rig.gateway.payment_state(session).disputes
    assert (inquiry.status, inquiry.withdrawn) == (DisputeStatus.INQUIRY, 0)
    rig.emulator.escalate_inquiry(opened["id"])
    [escalated] = rig.gateway.payment_state(session).disputes
    assert (escalated.status, escalated.withdrawn) == (DisputeStatus.OPEN, PRICE.amount)


def test_a_dispute_of_a_part_withdraws_that_part(rig: StripeRig) -> None:
    """One payment may have several."""
    session = paid(rig)
    rig.emulator.open_dispute(payment_of(session), 1_000)
    rig.emulator.open_dispute(payment_of(session), 500, inquiry=True)
    assert {(one.amount, one.withdrawn) for one in rig.gateway.payment_state(session).disputes} == {
        (1_000, 1_000),
        (500, 0),
    }


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("warning_needs_response", DisputeStatus.INQUIRY),
        ("warning_under_review", DisputeStatus.INQUIRY),
        ("warning_closed", DisputeStatus.CLOSED),
        ("prevented", DisputeStatus.CLOSED),
        ("needs_response", DisputeStatus.OPEN),
        ("under_review", DisputeStatus.OPEN),
        ("appeal_needs_response", DisputeStatus.OPEN),
        ("appeal_under_review", DisputeStatus.OPEN),
        ("won", DisputeStatus.WON),
        ("lost", DisputeStatus.LOST),
        ("a_new_word", DisputeStatus.OPEN),
    ],
)
def test_every_status_of_a_dispute_has_its_meaning(word: str, status: DisputeStatus) -> None:
    """Appeals, and words that are new, are open: a person has to look."""
    assert dispute_state(EURO_PAYMENT, example("dispute.inquiry", status=word)).status is status


@pytest.mark.parametrize(
    ("word", "is_open"),
    [
        ("warning_needs_response", True),
        ("needs_response", True),
        ("appeal_needs_response", True),
        ("a_new_word", True),
        ("warning_under_review", False),
        ("under_review", False),
        ("appeal_under_review", False),
        ("warning_closed", False),
        ("prevented", False),
        ("won", False),
        ("lost", False),
    ],
)
def test_until_when_evidence_is_taken(word: str, is_open: bool) -> None:
    """As long as none was sent and nothing is decided; a word that is new does not hide the time."""
    dispute = example("dispute.needs_response", status=word)
    due_by = datetime.fromtimestamp(dispute["evidence_details"]["due_by"], UTC)
    assert dispute_state(EURO_PAYMENT, dispute).respond_by == (due_by if is_open else None)


@pytest.mark.parametrize("details", [None, {}, {"due_by": None}, {"due_by": 0}])
def test_a_bank_that_takes_no_evidence_gives_no_time(details: Any) -> None:
    """Stripe's due_by is null then."""
    dispute = example("dispute.needs_response", evidence_details=details)
    assert dispute_state(EURO_PAYMENT, dispute).respond_by is None


def test_a_dispute_that_was_prevented_with_our_money_is_lost() -> None:
    """The network gave the money back by itself, and it does not come again."""
    prevented = dispute_state(EURO_PAYMENT, example("dispute.needs_response", status="prevented"))
    assert (prevented.status, prevented.withdrawn) == (DisputeStatus.LOST, 3_920)


def booked(*amounts: int, currency: str = "eur") -> list[dict[str, Any]]:
    """Bookings of a dispute on the balance."""
    [booking] = example("dispute.needs_response")["balance_transactions"]
    return [booking | {"amount": amount, "currency": currency} for amount in amounts]


@pytest.mark.parametrize(
    ("bookings", "withdrawn"),
    [
        (booked(), 0),
        (booked(-3_920), 3_920),
        (booked(-3_920, 3_920), 0),
        (booked(-3_920, 1_000), 2_920),
        (booked(-3_920, 3_920, -3_920), 3_920),
        (booked(-3_920, 4_000), 0),
        (booked(-4_300, currency="usd"), 3_920),
        (booked(-4_300, 4_300, currency="usd"), 0),
        (booked(-4_300, 2_150, currency="usd"), 1_960),
        (booked(-4_300, 4_300, -4_300, currency="usd"), 3_920),
        (booked(-3, 2, currency="usd"), 1_307),
    ],
)
def test_what_is_withdrawn_is_in_the_currency_of_the_payment(bookings: list[Any], withdrawn: int) -> None:
    """Booked in another currency it is the share of the disputed amount, rounded half up."""
    dispute = example("dispute.needs_response", balance_transactions=bookings)
    assert dispute_state(EURO_PAYMENT, dispute).withdrawn == withdrawn


def test_a_dispute_in_another_currency_than_the_payment_is_about_all_of_it() -> None:
    """Its amount cannot be compared; half of it given back is half of the payment."""
    taken = example("dispute.needs_response", currency="jpy", balance_transactions=booked(-600_000, currency="jpy"))
    half = taken | {"balance_transactions": booked(-600_000, 300_000, currency="jpy")}
    assert dispute_state(EURO_PAYMENT, taken).withdrawn == 3_920
    assert dispute_state(EURO_PAYMENT, half).withdrawn == 1_960


def test_a_dispute_of_nothing_is_left_out() -> None:
    """It holds nothing back."""
    nothing = example("dispute.inquiry", amount=0)
    assert reversals.payment_state(SESSION, EURO_PAYMENT, [], [nothing]).disputes == ()


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"amount": -1},
        {"currency": 7},
        {"status": []},
        {"balance_transactions": None},
        {"evidence_details": 7},
        {"evidence_details": {"due_by": "tomorrow"}},
        {"evidence_details": {"due_by": 10**15}},
        {"balance_transactions": [7]},
        {"balance_transactions": [{"amount": "-3920", "currency": "eur"}]},
        {"balance_transactions": [{"amount": -3920}]},
    ],
)
def test_a_dispute_that_cannot_be_read_is_malformed(change: dict[str, Any]) -> None:
    """Money is never guessed."""
    with pytest.raises(MalformedEvent):
        dispute_state(EURO_PAYMENT, example("dispute.needs_response", **change))
