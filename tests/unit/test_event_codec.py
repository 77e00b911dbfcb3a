"""Events as text and back."""

from __future__ import annotations

import json

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_codec import decode, encode
from domain.errors import MalformedEvent
from domain.money import Money
from domain.payments.events import (
    EVENT_TYPES,
    CheckoutPaid,
    PaymentDeclined,
    PaymentEvent,
    ProviderEvent,
    ReversalReported,
)
from tests.support.factories import a_session, paid

PAID = paid(a_session())

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
    if kind == "CheckoutPaid":
        money = st.builds(Money, st.integers(0, 99_999_999), st.sampled_from(["usd", "eur", "jpy"]))
        facts |= {"amount": draw(st.none() | money), "provider_payment_id": draw(st.none() | _TEXTS)}
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


def test_an_event_that_every_reader_knows_is_of_version_1() -> None:
    """The exact text that has always been written, so that a worker of an earlier version settles it."""
    assert encode(PAID) == (
        '{"version":1,"news":"CheckoutPaid","provider":"stripe","event_id":"evt_ps_1",'
        '"event_type":"checkout.session.completed","user_id":"user-1","course_id":"course-1","payment_session_id":"ps_1","provider_session_id":"cs_1",'
        '"reference":"ps_1","livemode":false,"amount":{"amount":14999,"currency":"usd"},'
        '"provider_payment_id":"pi_1","customer_id":"cus_1"}'
    )


REPORT = ReversalReported(
    provider="stripe",
    event_id="evt_1",
    event_type="refund.created",
    provider_payment_id="pi_1",
    provider_reversal_id="re_1",
    livemode=False,
)
DECLINED = PaymentDeclined(
    provider="stripe",
    event_id="evt_1",
    event_type="payment_intent.payment_failed",
    user_id="user-1",
    course_id="course-1",
    payment_session_id="ps_1",
    livemode=False,
    decline_code="insufficient_funds",
)


@pytest.mark.parametrize("event", [REPORT, DECLINED], ids=["reversal", "declined"])
def test_an_event_that_came_later_is_of_version_2(event: ProviderEvent) -> None:
    """A reader of version 1 refuses it as a whole and leaves it to a later one; as version 1 it would be no event."""
    written = json.loads(encode(event))
    assert written["version"] == 2
    with pytest.raises(MalformedEvent):
        decode(json.dumps(written | {"version": 1}))


def changed(**changes: object) -> str:
    """The text of a paid event with these changes; None stays None."""
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
        changed(news="PaymentEvent"),
        changed(news="ReversalReported"),
        changed(livemode="false"),
        changed(livemode=0),
        changed(user_id="a#b"),
        changed(user_id=None),
        changed(payment_session_id=7),
        changed(provider=None),
        changed(amount=14_999),
        changed(amount={"amount": 149.99, "currency": "usd"}),
        changed(amount={"amount": True, "currency": "usd"}),
        changed(amount={"amount": "14999", "currency": "usd"}),
        changed(amount={"amount": 14_999, "currency": "zzz"}),
        changed(amount={"amount": -1, "currency": "usd"}),
        changed(amount={"amount": 14_999}),
        changed(email="sam@example.com"),
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
