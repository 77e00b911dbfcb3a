"""The account's own list of money that moved, and the list of checkouts from which lost sessions are stored again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from adapters.stripe import movements as parsing
from domain.coupons import HeldCoupon
from domain.ledger import EntryKind
from domain.money import Money
from domain.payments.events import CheckoutFree, CheckoutPaid, PaymentFailed, PaymentPending
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import Movement, RebuildableCheckout, SessionReference
from domain.ports.telemetry import Signal
from domain.pricing import Quote
from tests.support.factories import NOW, PRICE, a_coupon, a_session, a_session_with, a_student
from tests.support.stripe.gateway_rig import StripeRig

PAYLOADS = Path(__file__).parents[1] / "payloads" / "stripe"
CARD, DEBIT = "4242424242424242", "000123456789"
OURS = SessionReference(user_id="user-1", payment_session_id="ps_1")


def paid(rig: StripeRig, card: str = CARD, session: PaymentSession | None = None) -> str:
    """Let a session's checkout be paid; the id of the checkout."""
    checkout = rig.gateway.open_checkout(session or a_session(), a_student())
    rig.emulator.pay(checkout.provider_session_id, card)
    return checkout.provider_session_id


def moved(rig: StripeRig, since: datetime = NOW, until: datetime | None = None) -> list[Movement]:
    """The movements of this time, by default until now."""
    return list(rig.gateway.movements(since=since, until=until or rig.clock.now() + timedelta(seconds=1)))


# -- movements --------------------------------------------------------------------------------------------------------


def test_a_payment_is_a_sale_with_its_fee(rig: StripeRig) -> None:
    """Whose it is, how much, what Stripe keeps of it, and when it can be paid out."""
    checkout_id = paid(rig)
    [sale] = moved(rig)
    assert sale == Movement(
        movement_id=next(iter(rig.emulator.account.balance_transactions)),
        kind=EntryKind.SALE,
        provider_payment_id=rig.emulator.account.checkouts[checkout_id].body["payment_intent"],
        session=OURS,
        amount=PRICE.amount,
        currency="usd",
        fee=465,
        net=PRICE.amount - 465,
        settlement_currency="usd",
        occurred_at=NOW.replace(microsecond=0),
        available_on=(NOW + timedelta(days=2)).date(),
    )


def test_what_goes_back_is_negative_and_names_its_reversal(rig: StripeRig) -> None:
    """A refund in the dashboard, and a dispute, have no metadata of their own: the payment says whose they are."""
    checkout_id = paid(rig)
    refund = rig.emulator.refund(checkout_id, 700)
    dispute = rig.emulator.open_dispute(checkout_id, 1_000)
    rig.emulator.decide_dispute(dispute["id"], "won")
    rig.emulator.fail_refund(refund["id"])
    assert [(one.kind, one.provider_reversal_id, one.amount, one.session) for one in moved(rig)] == [
        (EntryKind.SALE, None, PRICE.amount, OURS),
        (EntryKind.REFUND, refund["id"], -700, OURS),
        (EntryKind.DISPUTE, dispute["id"], -1_000, OURS),
        (EntryKind.DISPUTE_RETURNED, dispute["id"], 1_000, OURS),
        (EntryKind.REFUND_FAILED, refund["id"], 700, OURS),
    ]


def test_money_of_others_names_no_session(rig: StripeRig) -> None:
    """Another product of the same account, and another stage of ours."""
    foreign, other = paid(rig), paid(rig, session=a_session(payment_session_id="ps_2"))
    intents = rig.emulator.account.intents
    intents[rig.emulator.account.checkouts[foreign].body["payment_intent"]]["metadata"] = {"order": "7"}
    intents[rig.emulator.account.checkouts[other].body["payment_intent"]]["metadata"]["stage"] = "dev"
    assert [one.session for one in moved(rig)] == [None, None]


def test_a_time_is_read_slice_by_slice_oldest_first(rig: StripeRig) -> None:
    """Stripe gives the newest first; nothing is read before it is asked for, and nothing outside of the time."""
    for number in range(4):
        late = a_session(payment_session_id=f"ps_{number}", expires_at=rig.clock.now() + timedelta(minutes=40))
        paid(rig, session=late)
        rig.advance(hours=5)
    since = NOW + timedelta(hours=1)
    found = rig.gateway.movements(since=since, until=NOW + timedelta(hours=15))
    before = len(rig.exchanges)
    names = [next(found).session]
    assert len(rig.exchanges) == before + 1
    names.append(next(found).session)
    assert len(rig.exchanges) == before + 2
    assert [one.payment_session_id for one in names if one] == ["ps_1", "ps_2"]
    assert list(found) == []


def test_every_page_of_a_slice_is_read(rig: StripeRig) -> None:
    """Two hundred and three movements of one minute are three pages."""
    paid(rig)
    [example] = rig.emulator.account.balance_transactions.values()
    for number in range(202):
        rig.emulator.account.balance_transactions[f"txn_{number}"] = example | {"id": f"txn_{number}"}
    assert len({one.movement_id for one in moved(rig)}) == 203


def test_a_movement_that_cannot_be_read_hides_no_other(rig: StripeRig) -> None:
    """It is reported by its id; the comparison with our own entries finds what it was about."""
    paid(rig)
    paid(rig, session=a_session(payment_session_id="ps_2"))
    first = next(iter(rig.emulator.account.balance_transactions.values()))
    first["fee"] = None
    with pytest.raises(Exception, match="is not of type"):
        moved(rig)  # the emulator's answer is checked against Stripe's description first
    unchecked = rig.another_gateway(transport=rig.unchecked_transport)
    found = list(unchecked.movements(since=NOW, until=NOW + timedelta(seconds=1)))
    assert [one.session and one.session.payment_session_id for one in found] == ["ps_2"]
    [refused] = [one for one in rig.telemetry.emitted if one.signal is Signal.EVENT_REFUSED]
    assert refused.ids == {"event_id": first["id"]}


def booking(name: str, source: object, **changes: Any) -> dict[str, Any]:
    """A balance transaction from Stripe's examples, about this source."""
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"balance_transaction.{name}.json").read_text("utf-8"))
    return loaded | {"source": source} | changes


INTENT = json.loads((PAYLOADS / "payment_intent.succeeded.json").read_text("utf-8")) | {
    "metadata": {"paymentSessionId": "ps_1", "userId": "user-1", "courseId": "course-1"}
}


def source(name: str, **changes: Any) -> dict[str, Any]:
    """An object from Stripe's examples, of our payment."""
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))
    return loaded | {"payment_intent": INTENT} | changes


IN_DOLLARS = source("dispute.won")
IN_DOLLARS["balance_transactions"] = [
    one | {"currency": "usd", "amount": amount}
    for one, amount in zip(IN_DOLLARS["balance_transactions"], (-4_300, 2_150), strict=True)
]


@pytest.mark.parametrize(
    ("transaction", "amount"),
    [
        (booking("charge", source("charge.succeeded"), amount=4_300, currency="usd"), 3_920),
        (booking("refund", source("refund.succeeded_partial"), amount=-1_100, currency="usd"), None),
        (booking("dispute", IN_DOLLARS, amount=-4_300, currency="usd"), -3_920),
        (booking("dispute", IN_DOLLARS, amount=2_150, currency="usd"), 1_960),
    ],
)
def test_amounts_are_in_the_currency_of_the_payment(transaction: dict[str, Any], amount: int | None) -> None:
    """An account that settles in another currency books that; our ledger has what the payer paid."""
    found = parsing.movement(transaction, "prod")
    assert found is not None
    wanted = -transaction["source"]["amount"] if amount is None else amount
    assert (found.amount, found.currency, found.settlement_currency) == (wanted, "eur", "usd")


@pytest.mark.parametrize(
    "transaction",
    [
        booking("charge", source("charge.succeeded"), type="payout"),
        booking("charge", source("charge.succeeded"), type="stripe_fee"),
        booking("charge", "ch_1"),
        booking("charge", None),
        booking("charge", source("charge.succeeded", payment_intent=None)),
        booking("charge", source("charge.succeeded", status="pending"), type="payment"),
        booking("charge", source("charge.succeeded", status="failed"), type="payment_failure_refund"),
        booking("dispute", source("charge.succeeded"), type="adjustment"),
    ],
)
def test_what_is_no_money_of_a_payment_is_left_out(transaction: dict[str, Any]) -> None:
    """Payouts, fees, bare charges, and bank debits that have not arrived or never will."""
    assert parsing.movement(transaction, "prod") is None


@pytest.mark.parametrize("kind", ["refund_failure", "payment_failure_refund"])
def test_a_failed_refund_is_classified_by_what_it_is_about(kind: str) -> None:
    """One type stands for slow payments that failed, too."""
    found = parsing.movement(booking("refund_failure", source("refund.failed"), type=kind), "prod")
    assert found is not None
    assert (found.kind, found.amount) == (EntryKind.REFUND_FAILED, 3_920)


# -- checkouts to store again -----------------------------------------------------------------------------------------


def lost(rig: StripeRig) -> list[RebuildableCheckout]:
    """The completed checkouts of the last day."""
    return list(rig.gateway.rebuildable_checkouts(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1)))


def test_a_checkout_has_everything_that_its_session_had(rig: StripeRig) -> None:
    """Prices, coupon use and choices are in the metadata, the rest is Stripe's own."""
    session = a_session_with(a_coupon(), source="email", ui_mode="embedded")
    checkout_id = paid(rig, session=session)
    [found] = lost(rig)
    assert isinstance(found.event, CheckoutPaid)
    assert (found.event.payment_session_id, found.event.user_id, found.event.course_id) == (
        "ps_1",
        "user-1",
        "course-1",
    )
    assert (found.event.provider_session_id, found.event.reference) == (checkout_id, "ps_1")
    assert (found.event.amount, found.event.provider_payment_id) == (
        session.total,
        rig.emulator.account.checkouts[checkout_id].body["payment_intent"],
    )
    assert found == RebuildableCheckout(
        event=found.event,
        version=2,
        stage="test",
        course_name=session.course_name,
        list_amount=PRICE.amount,
        discount=1_500,
        currency="usd",
        coupon=session.coupon,
        source="email",
        ui_mode="embedded",
        provider_price_id="price_1",
        email="sam@example.com",
        created_at=NOW,
        expires_at=session.expires_at.replace(microsecond=0),
        paid_at=NOW.replace(microsecond=0),
    )
    assert "sam@example.com" not in repr(found)


def test_a_checkout_from_before_has_what_stripe_charged(rig: StripeRig) -> None:
    """Version 1 of the metadata had the ids only."""
    checkout_id = paid(rig, session=a_session_with(a_coupon()))
    body = rig.emulator.account.checkouts[checkout_id].body
    body["metadata"] = {name: body["metadata"][name] for name in ("paymentSessionId", "userId", "courseId")}
    [found] = lost(rig)
    assert (found.version, found.stage, found.list_amount, found.discount) == (1, None, PRICE.amount, 1_500)
    assert (found.course_name, found.coupon, found.source, found.ui_mode, found.provider_price_id) == (None,) * 5
    assert found.created_at == NOW.replace(microsecond=0)


def test_only_completed_checkouts_of_ours_are_there_and_the_oldest_is_first(rig: StripeRig) -> None:
    """Free and slow ones, too: what they say is their own. Other stages and products are left out."""
    paid(rig, session=a_session(payment_session_id="ps_1"))
    free = Quote(list_price=PRICE, discount=PRICE.amount)
    rig.advance(hours=7)
    soon = rig.clock.now() + timedelta(minutes=40)
    paid(rig, session=a_session(payment_session_id="ps_2", quote=free, expires_at=soon))
    paid(rig, DEBIT, a_session(payment_session_id="ps_3", expires_at=soon))
    bounced = paid(rig, "000111111116", a_session(payment_session_id="ps_4", expires_at=soon))
    rig.emulator.control.settle_delayed(bounced, "failed")
    rig.gateway.open_checkout(a_session(payment_session_id="ps_open", expires_at=soon), a_student())
    foreign = paid(rig, session=a_session(payment_session_id="ps_5", expires_at=soon))
    rig.emulator.account.checkouts[foreign].body["metadata"] = {}
    other = paid(rig, session=a_session(payment_session_id="ps_6", expires_at=soon))
    rig.emulator.account.checkouts[other].body["metadata"]["stage"] = "dev"
    found = lost(rig)
    assert [(one.event.payment_session_id, type(one.event)) for one in found] == [
        ("ps_1", CheckoutPaid),
        ("ps_2", CheckoutFree),
        ("ps_3", PaymentPending),
        ("ps_4", PaymentFailed),
    ]
    assert found[1].paid_at is None


@pytest.mark.parametrize(
    ("name", "value", "attribute"),
    [
        ("listAmount", "149.99", "list_amount"),
        ("listAmount", "-5", "list_amount"),
        ("discountAmount", "", "discount"),
        ("discountAmount", "9" * 13, "discount"),
        ("coupon", "SPRING", "coupon"),
        ("coupon", "spring:0:1:0", "coupon"),
        ("coupon", "SPRING:0:2:0", "coupon"),
        ("courseName", "", "course_name"),
    ],
)
def test_metadata_that_were_changed_at_stripe_are_absent(rig: StripeRig, name: str, value: str, attribute: str) -> None:
    """What cannot be read is for a person; the others are there all the same."""
    checkout_id = paid(rig, session=a_session_with(a_coupon()))
    rig.emulator.account.checkouts[checkout_id].body["metadata"][name] = value
    [found] = lost(rig)
    assert getattr(found, attribute) is None
    assert found.event.payment_session_id == "ps_1"


def test_an_amount_changed_at_stripe_shows(rig: StripeRig) -> None:
    """What was agreed on and what was paid are both told."""
    rig.emulator.control.tamper(paid(rig), {"amount_total": 1})
    [found] = lost(rig)
    assert isinstance(found.event, CheckoutPaid)
    assert (found.event.amount, found.list_amount) == (Money(1, "usd"), PRICE.amount)


@pytest.mark.parametrize("created", ["yesterday", "2026-01-15T12:00:00", "9" * 30])
def test_a_creation_time_that_cannot_be_read_is_that_of_the_checkout(rig: StripeRig, created: str) -> None:
    """Stripe's own is a moment later."""
    checkout_id = paid(rig)
    rig.emulator.account.checkouts[checkout_id].body["metadata"]["createdAt"] = created
    [found] = lost(rig)
    assert found.created_at == NOW.replace(microsecond=0, tzinfo=UTC)


def test_the_coupon_use_is_the_one_that_was_held(rig: StripeRig) -> None:
    """Its counter has to be found again."""
    session = evolve(a_session(), coupon=HeldCoupon(code="BIG-ONE", shard=63, counted=False, sharded=True))
    paid(rig, session=session)
    [found] = lost(rig)
    assert found.coupon == session.coupon
