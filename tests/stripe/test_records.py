"""What Stripe has on record: events that nobody took, and completed checkouts, read page by page and no further."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from domain.errors import ProviderUnavailable
from domain.money import Money
from domain.payments.events import (
    CheckoutExpired,
    CheckoutFree,
    CheckoutPaid,
    PaymentDeclined,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
)
from domain.payments.session import PaymentSession
from domain.ports.telemetry import Signal
from domain.pricing import Quote
from tests.support.factories import PRICE, a_session, a_student
from tests.support.stripe.gateway_rig import StripeRig
from tests.support.stripe.webhook_receiver import WebhookReceiver

CARD = "4242424242424242"
DEBIT, BOUNCING = "000123456789", "000111111116"


@pytest.fixture
def receiver(rig: StripeRig) -> Iterator[WebhookReceiver]:
    """A webhook endpoint that takes what it gets, for as long as nothing is dropped on the way."""
    with WebhookReceiver() as running:
        rig.emulator.set_webhook(running.url, "whsec_rig")
        yield running


def opened(rig: StripeRig, name: str = "ps_1", **changes: Any) -> PaymentSession:
    """A session whose checkout is open."""
    session = a_session(payment_session_id=name, **changes)
    checkout = rig.gateway.open_checkout(session, a_student())
    return evolve(session, provider_session_id=checkout.provider_session_id)


def paid(rig: StripeRig, name: str = "ps_1", card: str = CARD, **changes: Any) -> str:
    """Somebody has paid; Stripe's id of the checkout."""
    checkout_id = opened(rig, name, **changes).provider_session_id
    assert checkout_id is not None
    rig.emulator.pay(checkout_id, card)
    return checkout_id


def nobody_takes_webhooks(rig: StripeRig) -> None:
    """From here on every delivery is lost."""
    rig.emulator.control.set_faults({"webhooks": {"drop": True}})


def missed(rig: StripeRig, since: timedelta = timedelta(days=3), at_most: int = 1000) -> tuple[PaymentEvent, ...]:
    """What our webhook has not taken."""
    return rig.gateway.undelivered_events(since=rig.clock.now() - since, at_most=at_most)


def on_record(rig: StripeRig, since: timedelta = timedelta(hours=48), at_most: int = 1000) -> tuple[PaymentEvent, ...]:
    """What completed checkouts say."""
    return rig.gateway.completed_checkouts(since=rig.clock.now() - since, at_most=at_most)


def the_event(rig: StripeRig, kind: str) -> dict[str, Any]:
    """The last event of that type, as Stripe keeps it."""
    return rig.events(kind)[-1]


def multiplied(table: dict[str, Any], original: dict[str, Any], count: int) -> None:
    """So many more objects like this one on Stripe's record, created one second after another."""
    for number in range(count):
        twin = copy.deepcopy(original)
        twin["id"] = f"{original['id'][:20]}{number:04d}"
        twin["created"] = original["created"] + number
        table[twin["id"]] = twin


def lists(rig: StripeRig, path: str) -> list[dict[str, str]]:
    """The parameters of each page that was asked for."""
    return [exchange.params for exchange in rig.exchanges if exchange.path == path and exchange.method == "get"]


# -- events that nobody took ------------------------------------------------------------------------------------------


def test_an_event_that_was_taken_is_not_missed(rig: StripeRig, receiver: WebhookReceiver) -> None:
    """Delivered is delivered; what came later and was lost is found."""
    paid(rig, "ps_1")
    receiver.wait_for(lambda deliveries: len(deliveries) >= 2)
    assert rig.emulator.settle_webhooks()
    nobody_takes_webhooks(rig)
    paid(rig, "ps_2")
    assert {event.payment_session_id for event in missed(rig)} == {"ps_2"}


def test_a_missed_payment_says_what_its_webhook_would_have_said(rig: StripeRig, receiver: WebhookReceiver) -> None:
    """Amount, ids and whose it is: enough to settle by, under the event's own id."""
    nobody_takes_webhooks(rig)
    checkout_id = paid(rig)
    [event] = [event for event in missed(rig) if event.event_type == "checkout.session.completed"]
    assert isinstance(event, CheckoutPaid)
    assert (event.amount, event.provider_session_id, event.reference) == (PRICE, checkout_id, "ps_1")
    assert (event.user_id, event.course_id, event.livemode) == ("user-1", "course-1", False)
    assert event.event_id == the_event(rig, "checkout.session.completed")["id"]
    assert event.provider_payment_id


def test_missed_events_come_oldest_first(rig: StripeRig, receiver: WebhookReceiver) -> None:
    """As they would have come: first on its way, then arrived; and one that expired in between."""
    nobody_takes_webhooks(rig)
    slow = paid(rig, "ps_1", DEBIT)
    rig.advance(seconds=5)
    over = opened(rig, "ps_2").provider_session_id
    assert over is not None
    rig.emulator.control.expire(over)
    rig.advance(seconds=5)
    rig.emulator.control.settle_delayed(slow, "succeeded")
    emitted = [event for event in missed(rig) if event.provider_session_id]
    assert [(type(event), event.payment_session_id) for event in emitted] == [
        (PaymentPending, "ps_1"),
        (CheckoutExpired, "ps_2"),
        (CheckoutPaid, "ps_1"),
    ]


def test_only_subscribed_types_are_asked_for(rig: StripeRig, receiver: WebhookReceiver) -> None:
    """Charges, customers and whatever else happens in the account are not even read."""
    nobody_takes_webhooks(rig)
    paid(rig)
    kinds = {event["type"] for event in rig.emulator.account.events.values()}
    assert "charge.succeeded" in kinds
    missed(rig)
    (params,) = lists(rig, "/v1/events")
    asked = {value for name, value in params.items() if name.startswith("types")}
    assert "charge.succeeded" not in asked
    assert {"checkout.session.completed", "payment_intent.succeeded"} <= asked
    assert params["delivery_success"] == "false"


def test_a_declined_card_is_on_record(rig: StripeRig, receiver: WebhookReceiver) -> None:
    """It ends nothing, and says why it was declined."""
    nobody_takes_webhooks(rig)
    paid(rig, card="4000000000000002")
    [event] = missed(rig)
    assert isinstance(event, PaymentDeclined)
    assert event.decline_code == "generic_decline"


def test_reports_of_refunds_are_left_out(rig: StripeRig, receiver: WebhookReceiver) -> None:
    """The movements of money have what they are about."""
    nobody_takes_webhooks(rig)
    rig.emulator.refund(paid(rig))
    assert rig.events("refund.created")
    assert {type(event) for event in missed(rig)} == {CheckoutPaid}


@pytest.mark.parametrize(
    "wrong", [{"livemode": True}, {"account": "acct_connected"}], ids=["other mode", "other account"]
)
def test_events_of_another_mode_or_account_are_passed_over(
    rig: StripeRig, receiver: WebhookReceiver, wrong: dict[str, Any]
) -> None:
    """They are not about our money."""
    nobody_takes_webhooks(rig)
    paid(rig)
    for event in rig.emulator.account.events.values():
        event.update(wrong)
    assert missed(rig) == ()


@pytest.mark.parametrize("metadata", [{}, {"paymentSessionId": "ps_1"}, {"paymentSessionId": "a#b"}])
def test_foreign_events_are_passed_over(rig: StripeRig, receiver: WebhookReceiver, metadata: dict[str, str]) -> None:
    """Other products of the same account carry no names of ours, or not all, or none that could be ours."""
    nobody_takes_webhooks(rig)
    paid(rig)
    for event in rig.emulator.account.events.values():
        event["data"]["object"]["metadata"] = metadata
    assert missed(rig) == ()
    assert rig.telemetry.count(Signal.EVENT_REFUSED) == 0


def test_an_event_that_cannot_be_read_hides_no_other(rig: StripeRig, receiver: WebhookReceiver) -> None:
    """It is reported, by its id."""
    nobody_takes_webhooks(rig)
    paid(rig, "ps_1")
    broken = the_event(rig, "checkout.session.completed")
    broken["data"]["object"]["payment_status"] = "who knows"
    paid(rig, "ps_2")
    assert [event.payment_session_id for event in missed(rig) if event.provider_session_id] == ["ps_2"]
    (emitted,) = [emitted for emitted in rig.telemetry.emitted if emitted.signal is Signal.EVENT_REFUSED]
    assert emitted.ids == {"event_id": broken["id"]}


def test_events_are_read_page_by_page_and_no_further(rig: StripeRig, receiver: WebhookReceiver) -> None:
    """Two hundred and ten undelivered events are three pages; of no more than asked for, the newest."""
    nobody_takes_webhooks(rig)
    paid(rig)
    example = the_event(rig, "checkout.session.completed")
    rig.emulator.account.events = {}
    multiplied(rig.emulator.account.events, example, 210)
    everything = missed(rig)
    assert len({event.event_id for event in everything}) == 210
    assert everything[0].event_id.endswith("0000")
    pages = lists(rig, "/v1/events")
    assert [page.get("limit") for page in pages] == ["100", "100", "100"]
    assert [page.get("starting_after", "-")[-4:] for page in pages] == ["-", "0110", "0010"]
    some = missed(rig, at_most=120)
    assert [event.event_id for event in some] == [event.event_id for event in everything[-120:]]
    assert len(lists(rig, "/v1/events")) == 3 + 2


def test_a_full_page_is_not_followed_by_another_in_vain(rig: StripeRig, receiver: WebhookReceiver) -> None:
    """As many as were asked for are there: nobody asks for the next page."""
    nobody_takes_webhooks(rig)
    paid(rig)
    example = the_event(rig, "checkout.session.completed")
    rig.emulator.account.events = {}
    multiplied(rig.emulator.account.events, example, 150)
    assert len(missed(rig, at_most=100)) == 100
    assert len(lists(rig, "/v1/events")) == 1


def test_older_events_are_not_asked_for(rig: StripeRig, receiver: WebhookReceiver) -> None:
    """Only as far back as it was said."""
    nobody_takes_webhooks(rig)
    paid(rig)
    rig.advance(hours=2)
    assert missed(rig, timedelta(hours=1)) == ()
    assert missed(rig, timedelta(hours=2))


# -- completed checkouts ----------------------------------------------------------------------------------------------


def test_completed_checkouts_say_how_they_stand_now(rig: StripeRig) -> None:
    """Paid, free, on its way, or failed for good; open and expired ones are not among them."""
    paid(rig, "ps_paid")
    paid(rig, "ps_free", quote=Quote(list_price=PRICE, discount=PRICE.amount))
    paid(rig, "ps_slow", DEBIT)
    rig.emulator.control.settle_delayed(paid(rig, "ps_late", DEBIT), "succeeded")
    rig.emulator.control.settle_delayed(paid(rig, "ps_bounced", BOUNCING), "failed")
    opened(rig, "ps_open")
    over = opened(rig, "ps_over").provider_session_id
    assert over is not None
    rig.emulator.control.expire(over)
    assert {event.payment_session_id: type(event) for event in on_record(rig)} == {
        "ps_paid": CheckoutPaid,
        "ps_free": CheckoutFree,
        "ps_slow": PaymentPending,
        "ps_late": CheckoutPaid,
        "ps_bounced": PaymentFailed,
    }


def test_a_checkout_on_record_says_what_was_paid_and_by_which_payment(rig: StripeRig) -> None:
    """Though the payment comes expanded, its id is what is kept."""
    checkout_id = paid(rig)
    [event] = on_record(rig)
    assert isinstance(event, CheckoutPaid)
    assert (event.amount, event.provider_session_id, event.reference) == (PRICE, checkout_id, "ps_1")
    assert event.provider_payment_id == next(iter(rig.emulator.account.intents))
    assert event.event_type == "record"


def test_an_amount_changed_at_stripe_is_reported_as_it_is(rig: StripeRig) -> None:
    """Comparing is for the rules; the record hides nothing."""
    rig.emulator.control.tamper(paid(rig), {"amount_total": 1})
    [event] = on_record(rig)
    assert isinstance(event, CheckoutPaid)
    assert event.amount == Money(1, "usd")


@pytest.mark.parametrize("metadata", [{}, {"userId": "user-1"}, {"paymentSessionId": "ps\n1"}])
def test_foreign_checkouts_are_passed_over(rig: StripeRig, metadata: dict[str, str]) -> None:
    """Made by hand in the dashboard, or by another product of the account."""
    foreign = paid(rig, "ps_1")
    paid(rig, "ps_2")
    rig.emulator.account.checkouts[foreign].body["metadata"] = metadata
    assert [event.payment_session_id for event in on_record(rig)] == ["ps_2"]
    assert rig.telemetry.count(Signal.EVENT_REFUSED) == 0


def test_checkouts_are_read_page_by_page_and_no_further(rig: StripeRig) -> None:
    """A hundred and two are two pages; a foreign one counts as read."""
    rig.emulator.account.checkouts[paid(rig)].body["metadata"] = {}
    original = rig.emulator.account.checkouts[paid(rig, "ps_2")]
    bodies: dict[str, Any] = {}
    multiplied(bodies, original.body, 100)
    rig.emulator.account.checkouts |= {name: evolve(original, body=body) for name, body in bodies.items()}
    assert len(on_record(rig)) == 101
    assert len(lists(rig, "/v1/checkout/sessions")) == 2
    assert len(on_record(rig, at_most=50)) == 50
    assert len(lists(rig, "/v1/checkout/sessions")) == 2 + 1


def test_checkouts_opened_before_are_not_asked_for(rig: StripeRig) -> None:
    """As far back as it was said, by when they were opened."""
    paid(rig, "ps_1")
    rig.advance(hours=3)
    paid(rig, "ps_2", expires_at=rig.clock.now() + timedelta(minutes=40))
    assert [event.payment_session_id for event in on_record(rig, timedelta(hours=1))] == ["ps_2"]
    assert len(on_record(rig, timedelta(hours=3))) == 2


@pytest.mark.parametrize("path", ["/v1/events", "/v1/checkout/sessions"])
def test_records_that_stripe_does_not_give_are_unavailable(rig: StripeRig, path: str) -> None:
    """Half a record would pass for a quiet day."""
    paid(rig)
    rig.fails("503", path=path, times=9)
    with pytest.raises(ProviderUnavailable):
        (missed if path == "/v1/events" else on_record)(rig)
