"""What the checkouts of every payment provider must be: the same suite over each of ``PROVIDERS``."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from domain.errors import InvalidSignature, MalformedEvent, ProviderNotFound, ProviderRejected
from domain.payments.events import (
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutOpened,
    CheckoutPaid,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
)
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.payment_gateway import Gateways, Search
from tests.support.factories import NOW, PRICE, a_coupon, a_session, a_session_with, a_student, later
from tests.support.payment_providers.provider import Provider


def test_an_open_checkout_charges_what_was_agreed(provider: Provider) -> None:
    """The provider says what it would charge, for whom, and until when."""
    session = a_session_with(a_coupon())
    checkout = provider.gateway.open_checkout(session, a_student())
    assert isinstance(checkout.event, CheckoutOpened)
    assert checkout.amount == session.total
    assert abs(checkout.expires_at - session.expires_at) < timedelta(seconds=1)
    assert checkout.client_secret or checkout.redirect_url
    assert_names(checkout.event, session, checkout.provider_session_id, provider)


def test_opening_again_finds_the_same_checkout(provider: Provider) -> None:
    """However often the same session is opened, there is one checkout."""
    first = provider.gateway.open_checkout(a_session(), a_student())
    assert provider.gateway.open_checkout(a_session(), a_student()) == first


def test_opening_again_after_the_payment_reports_the_payment(provider: Provider) -> None:
    """A repeated request says how things stand now, and no more how they stood."""
    session = opened(provider)
    provider.pay(session)
    again = provider.gateway.open_checkout(a_session(), a_student())
    assert isinstance(again.event, CheckoutPaid)
    assert again.client_secret is None


def test_two_sessions_have_two_checkouts(provider: Provider) -> None:
    """Sessions do not share checkouts."""
    other = a_session(payment_session_id="ps_2")
    assert opened(provider).provider_session_id != opened(provider, other).provider_session_id


def test_a_hosted_checkout_is_somewhere_else(provider: Provider) -> None:
    """Its address leads there, and it has no secret for our page."""
    session = a_session(ui_mode="hosted", cancel_url="https://school.example/back")
    checkout = provider.gateway.open_checkout(session, a_student())
    assert checkout.redirect_url
    assert checkout.client_secret is None


def test_a_paid_checkout_says_how_much_and_by_whom(provider: Provider) -> None:
    """The look-up gives the payment's amount, id and customer."""
    session = opened(provider)
    provider.pay(session)
    event = provider.gateway.look_up(session).event
    assert isinstance(event, CheckoutPaid)
    assert event.amount == PRICE
    assert event.provider_payment_id
    assert bool(event.customer_id) is provider.has_customers
    assert_names(event, session, session.provider_session_id, provider)


def test_a_deleted_customer_is_deleted_once_and_for_good(provider: Provider) -> None:
    """However often; the payment stays, and the next checkout does without the customer."""
    session = opened(provider)
    provider.pay(session)
    paid = provider.gateway.look_up(session).event
    assert isinstance(paid, CheckoutPaid)
    customer = paid.customer_id or "unknown"
    for _ in range(2):
        provider.gateway.delete_customer(customer)
    assert not provider.is_customer(customer)
    assert isinstance(provider.gateway.look_up(session).event, CheckoutPaid)
    again = a_session(payment_session_id="ps_2", customer_id=paid.customer_id)
    assert provider.gateway.open_checkout(again, a_student()).provider_session_id


def test_a_customer_that_never_was_is_deleted(provider: Provider) -> None:
    """There is nothing to do."""
    provider.gateway.delete_customer("cus_unknown")


def test_a_slow_payment_is_pending_and_then_paid(provider: Provider) -> None:
    """Finished is not paid."""
    session = opened(provider)
    provider.promise(session)
    assert isinstance(provider.gateway.look_up(session).event, PaymentPending)
    provider.arrive(session)
    assert isinstance(provider.gateway.look_up(session).event, CheckoutPaid)


def test_fault_31_a_slow_payment_that_bounces_has_failed(provider: Provider) -> None:
    """The look-up says so even if no message ever comes."""
    session = opened(provider)
    provider.promise(session)
    provider.bounce(session)
    assert isinstance(provider.gateway.look_up(session).event, PaymentFailed)


def test_an_abandoned_checkout_expires_by_itself(provider: Provider) -> None:
    """After the agreed time nobody can pay it any more, and it says so."""
    session = opened(provider)
    provider.wait(41)
    checkout = provider.gateway.look_up(session)
    assert isinstance(checkout.event, CheckoutExpired)
    assert (checkout.client_secret, checkout.redirect_url) == (None, None)


def test_closing_an_open_checkout_cancels_it_once(provider: Provider) -> None:
    """The one who closed it hears "cancelled"; everybody later hears "expired", if the provider closes at all."""
    session = opened(provider)
    closed = provider.gateway.close_checkout(session)
    assert isinstance(closed.event, CheckoutCancelled)
    assert (closed.client_secret, closed.redirect_url) == (None, None)
    later_on = CheckoutExpired if provider.closes else CheckoutCancelled
    assert isinstance(provider.gateway.close_checkout(session).event, later_on)
    assert not provider.closes or isinstance(provider.gateway.look_up(session).event, CheckoutExpired)


def test_closed_means_closed(provider: Provider) -> None:
    """After we closed it nobody can pay, whatever page is still open somewhere."""
    session = opened(provider)
    cancelled = session.with_cancel_request(NOW)
    provider.gateway.close_checkout(cancelled)
    assert not provider.can_pay(cancelled)
    over = cancelled.released(Status.CANCELLED, NOW)
    assert not provider.can_pay(over)
    assert not isinstance(provider.gateway.look_up(over).event, CheckoutPaid | PaymentPending)


def test_an_expired_checkout_cannot_be_paid(provider: Provider) -> None:
    """The provider closes it by itself, as it was asked to."""
    session = opened(provider)
    provider.wait(51)
    assert not provider.can_pay(session)
    assert provider.can_pay(opened(provider, a_session(payment_session_id="ps_2", expires_at=later(90))))


def test_closing_comes_too_late_for_a_paid_checkout(provider: Provider) -> None:
    """Whoever wanted to cancel learns that it was paid."""
    session = opened(provider)
    provider.pay(session)
    assert isinstance(provider.gateway.close_checkout(session).event, CheckoutPaid)


def test_closing_comes_too_late_for_a_slow_payment(provider: Provider) -> None:
    """The money may still arrive, so it is not cancelled."""
    session = opened(provider)
    provider.promise(session)
    assert isinstance(provider.gateway.close_checkout(session).event, PaymentPending)


def test_a_checkout_is_found_without_its_id(provider: Provider) -> None:
    """What was opened and lost is found by our own id; what never was is not. Or the provider cannot search at all."""
    first = provider.gateway.open_checkout(a_session(), a_student())
    opened(provider, a_session(payment_session_id="ps_2"))
    if not provider.can_search:
        assert provider.gateway.find_checkout(a_session()) is Search.NOT_POSSIBLE
        return
    assert provider.gateway.find_checkout(a_session()) == first
    assert provider.gateway.find_checkout(a_session(payment_session_id="ps_3")) is None


def test_a_checkout_that_the_provider_does_not_know_is_rejected(provider: Provider) -> None:
    """There is nothing to wait for."""
    with pytest.raises(ProviderRejected):
        provider.gateway.look_up(a_session(provider_session_id="cs_test_none"))


def test_a_message_says_what_a_look_up_says(provider: Provider) -> None:
    """Webhook and look-up report the same fact; only the event is another."""
    session = opened(provider)
    provider.pay(session)
    emitted = provider.gateway.read_event(*provider.last_message(session))
    assert isinstance(emitted, CheckoutPaid)
    seen = provider.gateway.look_up(session).event
    assert evolve(seen, event_id=emitted.event_id, event_type=emitted.event_type) == emitted


def test_a_message_is_read_the_same_way_again(provider: Provider) -> None:
    """A message that is delivered twice means the same twice."""
    session = opened(provider)
    provider.pay(session)
    message = provider.last_message(session)
    assert provider.gateway.read_event(*message) == provider.gateway.read_event(*message)


def test_a_message_without_its_signature_is_refused(provider: Provider) -> None:
    """Nobody but the provider can tell us that money came."""
    session = opened(provider)
    provider.pay(session)
    body, headers = provider.last_message(session)
    for forged in ({}, {name: value[:-1] + "x" for name, value in headers.items()}):
        with pytest.raises(InvalidSignature):
            provider.gateway.read_event(body, forged)
    with pytest.raises(InvalidSignature):
        provider.gateway.read_event(body + b" ", headers)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 50_000])
def test_a_signed_message_that_is_no_event_is_malformed(provider: Provider, body: bytes) -> None:
    """What cannot be read is said to be so, whatever it is."""
    with pytest.raises(MalformedEvent):
        provider.gateway.read_event(*provider.signed(body))


def test_completed_checkouts_are_on_record(provider: Provider) -> None:
    """Whatever was missed can be caught up with: what was completed since then, and nothing else."""
    paid, slow = opened(provider), opened(provider, a_session(payment_session_id="ps_2"))
    bounced = opened(provider, a_session(payment_session_id="ps_3"))
    opened(provider, a_session(payment_session_id="ps_4"))
    provider.pay(paid)
    provider.promise(slow)
    provider.promise(bounced)
    provider.bounce(bounced)
    found = provider.gateway.completed_checkouts(since=NOW - timedelta(hours=1), at_most=10)
    assert {(type(event), event.payment_session_id, event.provider_session_id) for event in found} == {
        (CheckoutPaid, "ps_1", paid.provider_session_id),
        (PaymentPending, "ps_2", slow.provider_session_id),
        (PaymentFailed, "ps_3", bounced.provider_session_id),
    }
    assert not provider.gateway.completed_checkouts(since=NOW + timedelta(hours=1), at_most=10)


def test_a_record_is_read_no_further_than_asked(provider: Provider) -> None:
    """The load is bounded by whoever asks."""
    for number in range(3):
        provider.pay(opened(provider, a_session(payment_session_id=f"ps_{number}")))
    assert len(provider.gateway.completed_checkouts(since=NOW - timedelta(hours=1), at_most=2)) == 2


def test_an_event_that_nobody_took_is_on_record(provider: Provider) -> None:
    """A message that never reached us is found by asking."""
    session = opened(provider)
    provider.pay(session)
    provider.last_message(session)
    missed = provider.gateway.undelivered_events(since=NOW - timedelta(hours=1), at_most=10)
    assert any(isinstance(event, CheckoutPaid) and event.amount == PRICE for event in missed)


def test_the_account_is_known_without_asking(provider: Provider) -> None:
    """The browser's key and the mode are there, and this is not real money."""
    account = provider.gateway.account()
    assert account.publishable_key
    assert not account.livemode


def test_the_provider_is_plugged_in_by_its_name(provider: Provider) -> None:
    """The registry hands out the one gateway under its own name and no other."""
    gateways = Gateways({provider.gateway.name: lambda: provider.gateway})
    assert gateways.named(provider.gateway.name) is provider.gateway
    with pytest.raises(ProviderNotFound):
        gateways.named("nobody")


def opened(provider: Provider, session: PaymentSession | None = None) -> PaymentSession:
    """A session that knows its open checkout."""
    session = evolve(session or a_session(), provider=provider.gateway.name)
    checkout = provider.gateway.open_checkout(session, a_student())
    return evolve(session, provider_session_id=checkout.provider_session_id)


def assert_names(event: PaymentEvent, session: PaymentSession, checkout_id: str | None, provider: Provider) -> None:
    """The event names our session, and the provider's checkout."""
    assert (event.payment_session_id, event.user_id, event.course_id) == (
        session.payment_session_id,
        session.user_id,
        session.course_id,
    )
    assert (event.provider, event.provider_session_id) == (provider.gateway.name, checkout_id)
    assert event.reference in (None, session.payment_session_id)
    assert event.livemode is session.livemode
