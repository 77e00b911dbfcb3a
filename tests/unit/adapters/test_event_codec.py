"""Payment events as the queue's messages, and back; the messages kept in tests/payloads/queue are never changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_codec import decode, encode
from domain.errors import MalformedEvent
from domain.money import Money
from domain.payments.events import (
    EVENT_TYPES,
    CheckoutApproved,
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutFree,
    CheckoutOpened,
    CheckoutPaid,
    PaymentDeclined,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
    ProviderEvent,
    ReversalReported,
)
from tests.support.factories import a_session, paid

MESSAGES = Path(__file__).parents[2] / "payloads" / "queue"
PAID = paid(a_session())
_COMMON: dict[str, Any] = {
    "provider": "stripe",
    "event_id": "evt_1QfXk2LkdIwHu7ix",
    "user_id": "44d8a4f8-3021-7094-b5cb-5c1a8e2f90d1",
    "course_id": "aws-cloud-mastery",
    "payment_session_id": "ps_0194686fa00a7c3e9d52b8a1",
    "livemode": False,
}
_CHECKOUT: dict[str, Any] = {
    **_COMMON,
    "provider_session_id": "cs_test_a1B2c3D4e5F6",
    "reference": "ps_0194686fa00a7c3e9d52b8a1",
    "event_type": "checkout.session.completed",
}
_CUSTOMER, _PAYMENT = "cus_RZ8vJ2kLmN", "pi_3QfXk2LkdIwHu7ix0"
_V1: dict[str, PaymentEvent] = {
    "checkout-opened": CheckoutOpened(**_CHECKOUT | {"event_type": "lookup"}),
    "checkout-paid": CheckoutPaid(
        **_CHECKOUT, amount=Money(14_999, "usd"), provider_payment_id=_PAYMENT, customer_id=_CUSTOMER
    ),
    "checkout-paid-by-payment-intent": CheckoutPaid(
        **_COMMON, event_type="payment_intent.succeeded", amount=None, provider_payment_id=_PAYMENT
    ),
    "checkout-free": CheckoutFree(**_CHECKOUT, customer_id=_CUSTOMER),
    "payment-pending": PaymentPending(**_CHECKOUT),
    "payment-failed": PaymentFailed(**_CHECKOUT | {"event_type": "checkout.session.async_payment_failed"}),
    "checkout-expired": CheckoutExpired(**_CHECKOUT | {"event_type": "checkout.session.expired"}),
    "checkout-cancelled": CheckoutCancelled(**_CHECKOUT | {"event_type": "lookup"}),
}
"""What each message says that was written by the first release of the queue's format."""

_V2: dict[str, ProviderEvent] = {
    "checkout-approved": CheckoutApproved(
        **_CHECKOUT | {"event_type": "CHECKOUT.ORDER.APPROVED"}, amount=Money(9_900, "usd")
    ),
    "checkout-paid-in-a-currency-never-sold-in": CheckoutPaid(
        **_CHECKOUT, amount=None, provider_payment_id=_PAYMENT, received=4_990_000, received_currency="huf"
    ),
    "payment-declined": PaymentDeclined(
        **_COMMON, event_type="payment_intent.payment_failed", decline_code="insufficient_funds"
    ),
    "reversal-reported": ReversalReported(
        provider="stripe",
        event_id="evt_1QfXk2LkdIwHu7ix",
        event_type="refund.created",
        provider_payment_id=_PAYMENT,
        provider_reversal_id="re_3QfXk2LkdIwHu7ix1",
        user_id="44d8a4f8-3021-7094-b5cb-5c1a8e2f90d1",
        payment_session_id="ps_0194686fa00a7c3e9d52b8a1",
        livemode=False,
    ),
    "dispute-reported": ReversalReported(
        provider="stripe",
        event_id="evt_1QfXk2LkdIwHu7ix",
        event_type="charge.dispute.created",
        provider_payment_id=_PAYMENT,
        provider_reversal_id="du_1QfXk2LkdIwHu7ix",
        livemode=False,
    ),
}
"""What each message says whose kind of event, or an attribute of it, the first release did not know."""

_KEPT = {f"v1-{name}": event for name, event in _V1.items()} | {f"v2-{name}": event for name, event in _V2.items()}

_IDS = st.text("abcXYZ019_-", min_size=1, max_size=64)
_TEXTS = st.text(max_size=40).filter(lambda text: text.isprintable())


@st.composite
def any_payment_event(draw: st.DrawFn) -> PaymentEvent:
    """An event of any kind about a payment session."""
    kind = draw(st.sampled_from(sorted(EVENT_TYPES)))
    facts: dict[str, object] = {
        "provider": draw(_TEXTS),
        "event_id": draw(_TEXTS),
        "event_type": draw(_TEXTS),
        "user_id": draw(_IDS),
        "course_id": draw(_IDS),
        "payment_session_id": draw(_IDS),
        "provider_session_id": draw(st.none() | _TEXTS),
        "reference": draw(st.none() | _TEXTS),
        "livemode": draw(st.booleans()),
    }
    if kind == "CheckoutApproved":
        facts["amount"] = draw(
            st.none() | st.builds(Money, st.integers(0, 99_999_999), st.sampled_from(["usd", "jpy"]))
        )
    if kind == "CheckoutPaid":
        money = st.builds(Money, st.integers(0, 99_999_999), st.sampled_from(["usd", "eur", "jpy"]))
        facts |= {"amount": draw(st.none() | money), "provider_payment_id": draw(st.none() | _TEXTS)}
        if facts["amount"] is None and draw(st.booleans()):
            facts |= {"received": draw(st.integers(0, 10**12)), "received_currency": draw(_TEXTS)}
    if kind in ("CheckoutPaid", "CheckoutFree"):
        facts["customer_id"] = draw(st.none() | _TEXTS)
    if kind == "PaymentDeclined":
        facts["decline_code"] = draw(_TEXTS)
    return EVENT_TYPES[kind](**facts)  # type: ignore[arg-type]


any_report = st.builds(
    ReversalReported,
    provider=_TEXTS,
    event_id=_TEXTS,
    event_type=_TEXTS,
    provider_payment_id=_TEXTS,
    provider_reversal_id=st.none() | _TEXTS,
    user_id=st.none() | _IDS,
    payment_session_id=st.none() | _IDS,
    livemode=st.booleans(),
)


@given(any_payment_event() | any_report)
def test_what_is_written_is_read_as_it_was(event: ProviderEvent) -> None:
    """For every kind of event, with or without what may be absent."""
    assert decode(encode(event)) == event


@pytest.mark.parametrize("name", sorted(_KEPT))
def test_a_message_queued_by_an_earlier_release_is_read(name: str) -> None:
    """A message may wait for two weeks, and a release before it must be able to read what this one writes."""
    message = (MESSAGES / f"{name}.json").read_text("utf-8").rstrip()
    assert decode(message) == _KEPT[name]
    assert encode(_KEPT[name]) == message


def test_a_message_of_every_kind_of_event_is_kept() -> None:
    """A new kind of event needs a message in tests/payloads/queue."""
    assert {type(event).__name__ for event in _KEPT.values()} == {*EVENT_TYPES, "ReversalReported"}
    assert {file.stem for file in MESSAGES.iterdir()} == set(_KEPT)


@pytest.mark.parametrize(("name", "version"), [(name, int(name[1])) for name in sorted(_KEPT)])
def test_a_message_has_the_version_that_first_knew_its_kind(name: str, version: int) -> None:
    """A reader of version 1 refuses a newer kind as a whole and leaves it to a later one."""
    written = json.loads(encode(_KEPT[name]))
    assert written["version"] == version
    for other in {1, 2, 3} - {version}:
        with pytest.raises(MalformedEvent):
            decode(json.dumps(written | {"version": other}))


def changed(**changes: object) -> str:
    """The message of a payment with these changes; None stays None."""
    return json.dumps(json.loads(encode(PAID)) | changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 50_000,
        changed(version=2),
        changed(version="1"),
        changed(news="Dividend"),
        changed(news=None),
        changed(news="News"),
        changed(news="PaymentEvent"),
        changed(news="ReversalReported"),
        changed(livemode="false"),
        changed(livemode=0),
        changed(user_id="a#b"),
        changed(user_id=None),
        changed(payment_session_id=7),
        changed(provider=None),
        changed(amount=14_999),
        changed(amount="14999"),
        changed(amount={"amount": 149.99, "currency": "usd"}),
        changed(amount={"amount": True, "currency": "usd"}),
        changed(amount={"amount": "14999", "currency": "usd"}),
        changed(amount={"amount": 14_999, "currency": "zzz"}),
        changed(amount={"amount": -1, "currency": "usd"}),
        changed(amount={"amount": 14_999}),
        changed(email="sam@example.com"),
        changed(received=5_000, received_currency="xts"),
        changed(version=2, received=True, received_currency="xts"),
        changed(version=2, received="5000", received_currency="xts"),
        changed(version=2, received=5_000, received_currency=7),
    ],
)
def test_what_was_not_written_here_is_malformed(text: str) -> None:
    """The queue's consumer refuses what it does not understand entirely, and never guesses at money."""
    with pytest.raises(MalformedEvent):
        decode(text)


def test_what_has_a_default_may_be_missing() -> None:
    """Text written before a field existed can still be read."""
    written = json.loads(encode(evolve(PAID, customer_id=None)))
    del written["customer_id"]
    assert decode(json.dumps(written)) == evolve(PAID, customer_id=None)


def test_an_amount_that_is_missing_is_not_an_amount_of_none() -> None:
    """None has to be said: it means money in a currency that nobody sells in."""
    written = json.loads(encode(PAID))
    del written["amount"]
    with pytest.raises(MalformedEvent):
        decode(json.dumps(written))
    assert isinstance(decode(changed(amount=None)), CheckoutPaid)
