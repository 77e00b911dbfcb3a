"""What verified webhook messages mean, read from Stripe's own examples with our names in their metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.stripe.events import StripeEvent
from domain.errors import MalformedEvent
from domain.money import Money
from domain.payments.events import (
    CheckoutExpired,
    CheckoutFree,
    CheckoutPaid,
    IgnoredEvent,
    IgnoreReason,
    PaymentDeclined,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
    ReversalReported,
)

PAYLOADS = Path(__file__).parents[1] / "payloads" / "stripe"
OURS = {"paymentSessionId": "ps_1", "userId": "user-1", "courseId": "course-1"}
COMPLETED = "event.checkout.session.completed"


def raw_event(name: str, **changes: Any) -> dict[str, Any]:
    """The example of that name, about our payment session; ``changes`` are made to the object it is about."""
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))
    ours = {"metadata": OURS}
    if loaded["type"].startswith("checkout."):
        ours["client_reference_id"] = "ps_1"  # type: ignore[assignment]
    loaded["data"]["object"] |= ours | changes
    return loaded


def meaning(
    message: dict[str, Any] | bytes, *, livemode: bool = False, stage: str = "prod"
) -> PaymentEvent | ReversalReported | IgnoredEvent:
    """What the message says to an account of that mode, and a deployment of that stage."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return StripeEvent.parse(body).meaning(provider="stripe", livemode=livemode, stage=stage)


def reason(message: dict[str, Any], *, livemode: bool = False) -> IgnoreReason:
    """Why the message changes nothing."""
    ignored = meaning(message, livemode=livemode)
    assert isinstance(ignored, IgnoredEvent)
    return ignored.reason


def test_a_paid_checkout_says_how_much_by_whom_and_for_what() -> None:
    """Everything that settling needs is in our event; nothing else of Stripe's is."""
    example = raw_event(COMPLETED)
    checkout = example["data"]["object"]
    assert meaning(example) == CheckoutPaid(
        provider="stripe",
        event_id=example["id"],
        event_type="checkout.session.completed",
        user_id="user-1",
        course_id="course-1",
        payment_session_id="ps_1",
        provider_session_id=checkout["id"],
        reference="ps_1",
        livemode=False,
        amount=Money(checkout["amount_total"], checkout["currency"]),
        provider_payment_id=checkout["payment_intent"],
        customer_id=checkout["customer"],
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (COMPLETED, CheckoutPaid),
        (f"{COMPLETED}.free", CheckoutFree),
        (f"{COMPLETED}.unpaid_delayed", PaymentPending),
        ("event.checkout.session.async_payment_succeeded", CheckoutPaid),
        ("event.checkout.session.async_payment_failed", PaymentFailed),
        ("event.checkout.session.expired", CheckoutExpired),
        ("event.payment_intent.succeeded", CheckoutPaid),
    ],
)
def test_every_subscribed_event_becomes_its_payment_event(name: str, kind: type[PaymentEvent]) -> None:
    """Stripe's examples of what we subscribe to are understood. (Faults 30, 31, 32 and 34 start here.)"""
    assert type(meaning(raw_event(name))) is kind


def test_a_payment_reports_its_money_without_knowing_its_checkout() -> None:
    """A PaymentIntent names our session by the metadata that we gave it, and no Checkout Session."""
    event = meaning(raw_event("event.payment_intent.succeeded"))
    assert isinstance(event, CheckoutPaid)
    assert (event.provider_session_id, event.reference, event.amount) == (None, None, Money(3920, "eur"))


def test_expanded_objects_are_read_by_their_ids() -> None:
    """Customer and payment may come as ids or as whole objects."""
    event = meaning(
        raw_event(COMPLETED, customer={"id": "cus_7"}, payment_intent={"id": "pi_7", "status": "succeeded"})
    )
    assert isinstance(event, CheckoutPaid)
    assert (event.customer_id, event.provider_payment_id) == ("cus_7", "pi_7")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"id":' + b"9" * 5_000 + b"}",
        b'{"id":"evt_1"}',
        b'{"object":"event","id":"evt 1","type":"x","livemode":false}',
        b'{"object":"event","id":"evt_1","type":"x","livemode":0}',
        b'{"object":"event","id":"evt_1","type":"checkout.session.completed","livemode":false,"data":[]}',
        b'{"object":"event","id":"evt#1","type":"x","livemode":false}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_fault_14_a_signed_message_that_is_no_event_is_malformed(body: bytes) -> None:
    """Nothing that JSON or Python's reader can be bent to gets further than this refusal."""
    with pytest.raises(MalformedEvent):
        meaning(body)


def test_fault_15_of_duplicate_keys_the_last_counts() -> None:
    """Stripe signs what it sends, and the amount is compared with ours later; so any fixed rule will do."""
    body = (
        json.dumps(raw_event(COMPLETED))
        .encode()
        .replace(b'"amount_total": 3920', b'"amount_total": 1, "amount_total": 5')
    )
    event = meaning(body)
    assert isinstance(event, CheckoutPaid)
    assert event.amount == Money(5, "eur")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "39.2", "3920.0", "true", '"3920"', "null", "[]"])
def test_fault_16_an_amount_is_an_integer_and_nothing_like_one(amount: str) -> None:
    """Money that is not a whole number of minor units is not understood, and never guessed."""
    body = json.dumps(raw_event(COMPLETED)).replace('"amount_total": 3920', f'"amount_total": {amount}')
    with pytest.raises(MalformedEvent):
        meaning(body.encode())


def test_fault_17_a_thin_event_is_malformed() -> None:
    """Thin events need another kind of endpoint; getting one means that ours is set up wrongly."""
    body = (PAYLOADS / "event_notification.thin.v1.checkout.session.completed.json").read_bytes()
    with pytest.raises(MalformedEvent):
        meaning(body)


@pytest.mark.parametrize("kind", ["customer.created", "charge.succeeded", "checkout.session.invented", "v2.new.kind"])
def test_fault_18_an_unsubscribed_event_is_ignored(kind: str) -> None:
    """What we did not ask for is acknowledged and changes nothing, whatever it holds."""
    assert reason(raw_event(COMPLETED) | {"type": kind, "data": {"object": None}}) is IgnoreReason.UNSUBSCRIBED


def test_fault_19_another_api_version_is_still_read() -> None:
    """A payment reported in another version's words is still a payment."""
    assert isinstance(meaning(raw_event(COMPLETED) | {"api_version": "2025-03-31.basil"}), CheckoutPaid)


@pytest.mark.parametrize("livemode", [True, False])
def test_fault_22_an_event_of_the_other_mode_is_ignored(livemode: bool) -> None:
    """Test money never buys a real course, nor the other way round."""
    assert reason(raw_event(COMPLETED) | {"livemode": not livemode}, livemode=livemode) is IgnoreReason.OTHER_MODE


def test_fault_23_an_event_of_a_connected_account_is_ignored() -> None:
    """Money that went to another account is not ours."""
    assert reason(raw_event(COMPLETED) | {"account": "acct_other"}) is IgnoreReason.OTHER_ACCOUNT


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        None,
        {"order_id": "x"},
        {"paymentSessionId": "ps_1"},
        OURS | {"userId": ""},
        OURS | {"userId": "a#b"},
        OURS | {"paymentSessionId": "ps_1\n"},
        OURS | {"courseId": "x" * 65},
        OURS | {"courseId": 7},
    ],
)
def test_fault_24_an_event_without_our_names_is_foreign(metadata: object) -> None:
    """Another product of the same Stripe account may sell what it likes. (A session made by hand, fault 38, is one.)"""
    assert reason(raw_event(COMPLETED, metadata=metadata)) is IgnoreReason.FOREIGN
    assert reason(raw_event("event.payment_intent.succeeded", metadata=metadata)) is IgnoreReason.FOREIGN


def test_fault_24_a_foreign_event_may_be_of_any_shape() -> None:
    """A subscription's checkout has no amount and no payment; that is no reason to have it sent again for days."""
    assert reason(raw_event(COMPLETED, metadata={}, amount_total=None, currency=None)) is IgnoreReason.FOREIGN


def test_fault_27_the_reference_is_reported_as_it_is() -> None:
    """Contradicting names are for the rules to judge; the adapter hides neither."""
    event = meaning(raw_event(COMPLETED, client_reference_id="ps_2"))
    assert isinstance(event, PaymentEvent)
    assert (event.payment_session_id, event.reference) == ("ps_1", "ps_2")


@pytest.mark.parametrize(
    ("change", "received"),
    [
        ({"currency": "zzz"}, (3_920, "zzz")),
        ({"currency": "huf"}, (3_920, "huf")),
        ({"amount_total": 10**9}, (10**9, "eur")),
        ({"amount_total": -1}, (None, None)),
    ],
)
def test_fault_28_money_that_we_never_ask_for_is_still_money(
    change: dict[str, object], received: tuple[int | None, str | None]
) -> None:
    """A currency or size that we do not sell in cannot match any session, and so ends as a review, not as a crash.

    What came is recorded all the same: as long as nobody knows it, nothing keeps it from being booked twice.
    """
    event = meaning(raw_event(COMPLETED, **change))
    assert isinstance(event, CheckoutPaid)
    assert (event.amount, event.received, event.received_currency) == (None, *received)


def test_fault_29_the_currency_that_the_student_saw_does_not_count() -> None:
    """With adaptive pricing the session stays in the currency of the sale; what was shown stands elsewhere."""
    example = json.loads((PAYLOADS / "checkout.session.complete_paid_adaptive_pricing.json").read_text("utf-8"))
    del example["metadata"], example["client_reference_id"]
    shown = example["presentment_details"]
    event = meaning(raw_event(COMPLETED, **example))
    assert isinstance(event, CheckoutPaid)
    assert event.amount == Money(example["amount_total"], example["currency"])
    assert shown["presentment_currency"] != example["currency"]


def test_fault_30_a_completed_checkout_that_is_unpaid_is_pending() -> None:
    """A finished form with a bank debit is not money."""
    assert isinstance(meaning(raw_event(COMPLETED, payment_status="unpaid")), PaymentPending)


def test_fault_34_a_checkout_with_nothing_to_pay_is_reported_as_free() -> None:
    """Free is a fact of its own, so that it can never pass for money."""
    assert isinstance(meaning(raw_event(COMPLETED, payment_status="no_payment_required")), CheckoutFree)


def test_a_payment_status_that_nobody_knows_is_malformed() -> None:
    """Whether money was received is never guessed."""
    with pytest.raises(MalformedEvent):
        meaning(raw_event(COMPLETED, payment_status="mostly_paid"))


def test_fault_35_one_payment_under_two_event_ids_is_one_event() -> None:
    """Two events of one payment differ in their id alone."""
    first, second = meaning(raw_event(COMPLETED)), meaning(raw_event(COMPLETED) | {"id": "evt_other"})
    assert isinstance(first, CheckoutPaid)
    assert isinstance(second, CheckoutPaid)
    assert (first.payment_session_id, first.amount) == (second.payment_session_id, second.amount)


def test_fault_36_the_sum_on_a_charge_is_ignored() -> None:
    """The refund itself has events of its own, which name it."""
    assert reason(raw_event("event.charge.refunded")) is IgnoreReason.UNSUBSCRIBED


def reversal(name: str, **changes: Any) -> dict[str, Any]:
    """The example of that name, with these changes to the refund or dispute, and nothing of ours in it."""
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))
    loaded["data"]["object"] |= {"metadata": {}} | changes
    return loaded


@pytest.mark.parametrize(
    "name",
    [
        "event.refund.created",
        "event.refund.created.pending",
        "event.refund.updated.succeeded",
        "event.refund.updated.failed",
        "event.refund.failed",
        "event.charge.dispute.created",
        "event.charge.dispute.created.inquiry",
        "event.charge.dispute.funds_withdrawn",
        "event.charge.dispute.funds_reinstated",
        "event.charge.dispute.closed.won",
        "event.charge.dispute.closed.lost",
    ],
)
def test_fault_36_and_37_refunds_and_disputes_are_reported(name: str) -> None:
    """Whatever happens to one, the report names it and its payment; what became of it has to be asked."""
    example = reversal(name)
    resource = example["data"]["object"]
    assert meaning(example) == ReversalReported(
        provider="stripe",
        event_id=example["id"],
        event_type=example["type"],
        provider_payment_id=resource["payment_intent"],
        provider_reversal_id=resource["id"],
        livemode=False,
    )


def test_a_refund_that_we_asked_for_names_our_session() -> None:
    """Its own metadata carry our ids, so that nobody has to ask whose payment it was."""
    ours = {"refundId": "r-1", "paymentSessionId": "ps_1", "userId": "user-1", "stage": "prod"}
    reported = meaning(reversal("event.refund.created", metadata=ours))
    assert isinstance(reported, ReversalReported)
    assert (reported.user_id, reported.payment_session_id) == ("user-1", "ps_1")


@pytest.mark.parametrize("metadata", [{"paymentSessionId": "ps_1"}, {"paymentSessionId": "a#b", "userId": "user-1"}])
def test_a_refund_with_some_of_our_names_is_reported_without_them(metadata: dict[str, str]) -> None:
    """Half a name, or one that cannot be ours, is none."""
    reported = meaning(reversal("event.refund.created", metadata=metadata))
    assert isinstance(reported, ReversalReported)
    assert (reported.user_id, reported.payment_session_id) == (None, None)


@pytest.mark.parametrize("name", ["event.refund.created", "event.charge.dispute.created"])
def test_a_reversal_without_a_payment_of_checkout_is_foreign(name: str) -> None:
    """Checkout makes a PaymentIntent for every payment; a bare charge is another product's."""
    assert reason(reversal(name, payment_intent=None)) is IgnoreReason.FOREIGN


@pytest.mark.parametrize("change", [{"id": None}, {"id": "re 1"}, {"payment_intent": 7}, {"metadata": "ours"}])
def test_a_reversal_that_cannot_be_read_is_malformed(change: dict[str, Any]) -> None:
    """A report has to name what it is about."""
    with pytest.raises(MalformedEvent):
        meaning(reversal("event.refund.created", **change))


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        (COMPLETED, "dev"),
        ("event.payment_intent.succeeded", "dev"),
        ("event.payment_intent.payment_failed", "dev"),
        ("event.refund.created", "dev"),
    ],
)
def test_an_event_of_another_stage_is_ignored(name: str, stage: str) -> None:
    """Two stages may share one sandbox: neither takes the other's events for its own."""
    theirs = raw_event(name, metadata=OURS | {"stage": stage, "v": "2"})
    assert reason(theirs) is IgnoreReason.OTHER_STAGE
    assert not isinstance(meaning(theirs, stage=stage), IgnoredEvent)


def test_an_event_without_a_stage_is_ours() -> None:
    """Checkouts that were opened before stages were named are settled as ever."""
    assert isinstance(meaning(raw_event(COMPLETED)), CheckoutPaid)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "insufficient_funds"),
        ({"code": "expired_card", "decline_code": None}, "expired_card"),
        ({"code": None}, "unknown"),
        ({"code": "What a strange Code!"}, "unknown"),
        (None, "unknown"),
    ],
)
def test_a_failed_attempt_says_why(error: object, code: str) -> None:
    """A declined card ends nothing, since the student may try again; the reason is worth keeping."""
    declined = meaning(raw_event("event.payment_intent.payment_failed", last_payment_error=error))
    assert isinstance(declined, PaymentDeclined)
    assert (declined.decline_code, declined.payment_session_id) == (code, "ps_1")
    assert declined.provider_session_id is None


def test_a_canceled_payment_is_ignored() -> None:
    """What it means for the checkout comes as the checkout's own event."""
    example = raw_event("event.payment_intent.payment_failed") | {"type": "payment_intent.canceled"}
    assert reason(example) is IgnoreReason.PAYMENT_CANCELLED
