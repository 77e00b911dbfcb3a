"""What is PayPal's alone: tokens, refusals, orders that are forgotten, and orders that cannot be closed."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from attrs import evolve

from adapters.memory.checkouts import Funding
from adapters.paypal.payment_gateway import PayPalGateway
from adapters.settings import SettingsError
from domain.errors import ProviderRejected, ProviderUnavailable
from domain.payments.events import (
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutPaid,
    IgnoredEvent,
    IgnoreReason,
    PaymentDeclined,
    PaymentFailed,
    ReversalReported,
)
from domain.payments.session import PaymentSession
from domain.ports.telemetry import Signal
from scripts.paypal_emulator.orders import unprocessable
from tests.support.factories import NOW, a_session, a_student
from tests.support.payment_providers.paypal import PayPalProvider
from tests.support.payment_providers.provider import being_captured


def opened(paypal: PayPalProvider, **changes: object) -> PaymentSession:
    """A session that knows its order."""
    session = a_session(provider="paypal", **changes)
    checkout = paypal.gateway.open_checkout(session, a_student())
    return evolve(session, provider_session_id=checkout.provider_session_id)


def test_one_token_serves_many_requests(paypal: PayPalProvider) -> None:
    """PayPal limits who asks for a new one each time."""
    session = opened(paypal)
    for _ in range(5):
        paypal.gateway.look_up(session)
    assert paypal.emulator.calls["token"] == 1


def test_a_token_is_renewed_before_it_ends(paypal: PayPalProvider) -> None:
    """Nine hours, less a margin."""
    session = opened(paypal)
    paypal.clock.advance(timedelta(hours=8, minutes=56))
    paypal.gateway.open_checkout(evolve(session, payment_session_id="ps_2"), a_student())
    assert paypal.emulator.calls["token"] == 2


def test_a_withdrawn_token_is_replaced_once(paypal: PayPalProvider) -> None:
    """The request is repeated with a new one."""
    session = opened(paypal)
    paypal.emulator.withdraw_token()
    paypal.gateway.look_up(session)
    assert paypal.emulator.calls["token"] == 2


def test_wrong_keys_are_a_refusal(paypal: PayPalProvider) -> None:
    """Waiting would not help."""
    paypal.secrets.current["paypal"] = evolve(paypal.secrets.current["paypal"], secret_key="wrong")
    with pytest.raises(ProviderRejected):
        opened(paypal)


@pytest.mark.parametrize("kind", ["before", "lost", "unavailable", "slow_down"])
def test_an_answer_that_does_not_come_is_no_refusal(paypal: PayPalProvider, kind: str) -> None:
    """The same request again finds the one order."""
    paypal.emulator.faults.add({"on": "create", "kind": kind})
    with pytest.raises(ProviderUnavailable):
        opened(paypal)
    opened(paypal)
    assert len(paypal.account.orders) == 1


def test_nothing_new_is_begun_while_paypal_is_silent(paypal: PayPalProvider) -> None:
    """After some failures in a row, for a while."""
    paypal.emulator.faults.add({"on": "create", "kind": "unavailable", "times": 5})
    for _ in range(5):
        with pytest.raises(ProviderUnavailable):
            opened(paypal)
    with pytest.raises(ProviderUnavailable):
        paypal.gateway.require_ready()
    paypal.clock.advance(timedelta(minutes=1))
    paypal.gateway.require_ready()


def test_a_lost_answer_to_a_capture_is_asked_for_again(paypal: PayPalProvider) -> None:
    """The money moved once."""
    session = opened(paypal)
    paypal.approve(session)
    paypal.emulator.faults.add({"on": "capture", "kind": "lost"})
    with pytest.raises(ProviderUnavailable):
        paypal.captured(session)
    assert isinstance(paypal.captured(session), CheckoutPaid)
    assert len(paypal.account.order(session.provider_session_id or "").captures) == 1


def test_what_was_captured_by_somebody_else_is_a_payment(paypal: PayPalProvider) -> None:
    """PayPal refuses a second capture; the first is what counts."""
    session = opened(paypal)
    paypal.approve(session)
    paypal.account.capture(session.provider_session_id or "")
    assert isinstance(paypal.gateway.capture(being_captured(session, 2)).event, CheckoutPaid)


@pytest.mark.parametrize(
    ("issue", "outcome"),
    [
        ("PAYER_CANNOT_PAY", PaymentFailed),
        ("TRANSACTION_REFUSED", PaymentFailed),
        ("ORDER_EXPIRED", PaymentFailed),
        ("PAYER_ACTION_REQUIRED", PaymentDeclined),
        ("INSTRUMENT_DECLINED", PaymentDeclined),
    ],
)
def test_why_nothing_was_captured_decides_what_comes_next(
    paypal: PayPalProvider, issue: str, outcome: type[PaymentFailed | PaymentDeclined]
) -> None:
    """The same order again, or never."""
    session = opened(paypal)
    paypal.approve(session)
    paypal.emulator.refuse_next_capture(unprocessable(issue))
    assert isinstance(paypal.captured(session), outcome)


def test_a_refusal_that_nobody_knows_changes_nothing(paypal: PayPalProvider) -> None:
    """The session stays as it is, for a person to see in the log."""
    session = opened(paypal)
    paypal.approve(session)
    paypal.emulator.refuse_next_capture(unprocessable("SOMETHING_NEW"))
    with pytest.raises(ProviderRejected):
        paypal.captured(session)
    assert [one.reason for one in paypal.telemetry.emitted if one.signal is Signal.PROVIDER_ERROR] == ["SOMETHING_NEW"]


def test_an_order_that_paypal_has_forgotten_was_never_captured(paypal: PayPalProvider) -> None:
    """After its life it is over; before, an unknown order is somebody else's mistake."""
    session = opened(paypal)
    paypal.wait(180)
    assert isinstance(paypal.gateway.look_up(session).event, CheckoutExpired)
    assert isinstance(paypal.captured(session), PaymentFailed)
    young = a_session(provider_session_id="ORDER-OF-ANOTHER-ACCOUNT", created_at=paypal.now())
    with pytest.raises(ProviderRejected):
        paypal.gateway.look_up(young)


def test_a_cancelled_order_needs_no_answer_of_paypal(paypal: PayPalProvider) -> None:
    """That the student cancelled is stored: no capture can begin, so another way to pay is free at once."""
    session = opened(paypal)
    paypal.emulator.faults.add({"on": "get", "kind": "unavailable", "times": 2})
    with pytest.raises(ProviderUnavailable):
        paypal.gateway.close_checkout(session)
    closed = paypal.gateway.close_checkout(session.with_cancel_request(NOW))
    assert isinstance(closed.event, CheckoutCancelled)


def test_after_a_capture_was_begun_paypal_is_asked(paypal: PayPalProvider) -> None:
    """It may have been made."""
    session = evolve(opened(paypal), capture_attempts=1, cancel_requested_at=NOW)
    paypal.emulator.faults.add({"on": "get", "kind": "unavailable"})
    with pytest.raises(ProviderUnavailable):
        paypal.gateway.close_checkout(session)


def test_ids_that_paypal_cannot_keep_are_not_sent(paypal: PayPalProvider) -> None:
    """A custom id has 127 characters; a shortened one would name nobody."""
    with pytest.raises(ProviderRejected):
        opened(paypal, user_id="u" * 64, payment_session_id="p" * 64)
    assert paypal.account.orders == {}


def test_another_stages_orders_are_not_ours(paypal: PayPalProvider) -> None:
    """Two stages may share an app at PayPal."""
    session = opened(paypal)
    paypal.approve(session)
    event = PayPalProvider(paypal.emulator, stage="other").gateway.read_event(*paypal.last_message(session))
    assert isinstance(event, IgnoredEvent)
    assert event.reason is IgnoreReason.OTHER_STAGE


def test_an_order_without_our_ids_is_not_ours(paypal: PayPalProvider) -> None:
    """Somebody sells something else with the same account."""
    session = opened(paypal)
    paypal.account.orders[session.provider_session_id or ""].unit["custom_id"] = "invoice 7"
    paypal.approve(session)
    event = paypal.gateway.read_event(*paypal.last_message(session))
    assert isinstance(event, IgnoredEvent)
    assert event.reason is IgnoreReason.FOREIGN


def test_an_event_of_a_kind_we_did_not_ask_for_is_ignored(paypal: PayPalProvider) -> None:
    """It is counted."""
    event = paypal.gateway.read_event(*paypal.signed(b'{"id": "WH-9", "event_type": "BILLING.PLAN.CREATED"}'))
    assert isinstance(event, IgnoredEvent)
    assert event.reason is IgnoreReason.UNSUBSCRIBED


def test_a_refund_names_its_capture_by_the_link_upwards(paypal: PayPalProvider) -> None:
    """PayPal says it nowhere else."""
    session = opened(paypal)
    paypal.pay(session)
    event = paypal.gateway.look_up(session).event
    assert isinstance(event, CheckoutPaid)
    paid = evolve(session, provider_payment_id=event.provider_payment_id)
    refund = paypal.refund_elsewhere(paid, 700)
    report = paypal.gateway.read_event(*paypal.last_reversal_message(paid))
    assert isinstance(report, ReversalReported)
    assert (report.provider_payment_id, report.provider_reversal_id) == (paid.provider_payment_id, refund)


def test_a_long_record_is_read_page_by_page(paypal: PayPalProvider) -> None:
    """At our own host, whatever name of it PayPal's link has."""
    session = opened(paypal)
    for _ in range(350):
        paypal.account.emit("BILLING.PLAN.CREATED", "plan", {})
    paypal.approve(session)
    paypal.captured(session)
    found = paypal.gateway.undelivered_events(since=NOW - timedelta(hours=1), at_most=1_000)
    assert [type(event) for event in found] == [CheckoutPaid]


def test_what_a_message_claims_is_not_believed(paypal: PayPalProvider) -> None:
    """Only 32 bits of a body are signed: a genuine signature over an invented payment changes nothing."""
    session = opened(paypal)
    resource = f'{{"id": "{session.provider_session_id}", "status": "COMPLETED"}}'
    claim = f'{{"id": "WH-1", "event_type": "CHECKOUT.ORDER.COMPLETED", "resource": {resource}}}'
    event = paypal.gateway.read_event(*paypal.signed(claim.encode()))
    assert not isinstance(event, CheckoutPaid)


def test_a_slow_payment_that_is_denied_has_failed(paypal: PayPalProvider) -> None:
    """PayPal's review ended badly."""
    session = opened(paypal)
    paypal.approve(session, Funding.PENDING)
    paypal.captured(session)
    paypal.bounce(session)
    assert isinstance(paypal.gateway.look_up(session).event, PaymentFailed)


@pytest.mark.parametrize("variables", [{"MODE": "Live"}, {"VERIFY": "yes"}])
def test_a_setting_that_is_none_is_refused(paypal: PayPalProvider, variables: dict[str, str]) -> None:
    """A misspelt mode must not sell for play money."""
    given = SimpleNamespace(secrets=paypal.secrets, clock=paypal.clock, telemetry=paypal.telemetry)
    with pytest.raises(SettingsError):
        PayPalGateway.plugged_in(**vars(given), stage="test", variables=variables)


def test_live_money_is_what_is_configured(paypal: PayPalProvider) -> None:
    """PayPal's keys do not say it; an emulator never is."""
    given = SimpleNamespace(secrets=paypal.secrets, clock=paypal.clock, telemetry=paypal.telemetry)
    accounts = [
        PayPalGateway.plugged_in(**vars(given), stage="test", variables=variables).account()
        for variables in ({"MODE": "live"}, {}, {"MODE": "live", "API_BASE": "http://127.0.0.1:9"})
    ]
    assert [one.livemode for one in accounts] == [True, False, False]
    assert accounts[0].account_id != accounts[1].account_id
