"""Stripe's own description of its API takes every request that the gateway makes.

Stripe-mock checks parameters and answers with fixtures; it remembers nothing. What that leaves open is listed in the
last tests here, so that a later version which does more is noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import stripe

from adapters.stripe.payment_gateway import StripeGateway
from domain.errors import ProviderUnavailable
from domain.payments.events import ReversalReported
from domain.payments.reversals import RefundStatus, Reversal, ReversalKind
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from tests.support.factories import NOW, a_coupon, a_session, a_session_with, a_student
from tests.support.stripe.request_log import RequestLog

SESSIONS = "/v1/checkout/sessions"
OPEN = a_session(status=Status.OPEN, provider_session_id="cs_1")
PAID = a_session(status=Status.COMPLETED, provider_payment_id="pi_1")
LATER = NOW + timedelta(hours=1)
REFUND = Reversal(
    user_id="user-1",
    payment_session_id="ps_1",
    reversal_id="refund-1",
    kind=ReversalKind.REFUND,
    status=RefundStatus.REQUESTED,
    amount=500,
    currency="usd",
    updated_at=NOW,
)
REPORT = ReversalReported(
    provider="stripe", event_id="evt_1", event_type="refund.created", provider_payment_id="pi_1", livemode=False
)


def opening(session: PaymentSession) -> Callable[[StripeGateway], object]:
    """Open this session's checkout."""
    return lambda gateway: gateway.open_checkout(session, a_student())


@pytest.mark.parametrize(
    ("ask", "heard"),
    [
        (opening(a_session()), [("POST", SESSIONS)]),
        (opening(a_session(ui_mode="hosted", cancel_url="https://school.example/back")), [("POST", SESSIONS)]),
        (opening(a_session(customer_id="cus_1")), [("POST", SESSIONS)]),
        (opening(a_session(provider_price_id=None)), [("POST", SESSIONS)]),
        (opening(a_session_with(a_coupon())), [("POST", "/v1/coupons"), ("POST", SESSIONS)]),
        (lambda gateway: gateway.look_up(OPEN), [("GET", f"{SESSIONS}/cs_1")]),
        (lambda gateway: gateway.close_checkout(OPEN), [("POST", f"{SESSIONS}/cs_1/expire")]),
        (lambda gateway: gateway.find_checkout(a_session()), [("GET", SESSIONS)]),
        (lambda gateway: gateway.completed_checkouts(since=NOW, at_most=10), [("GET", SESSIONS)]),
        (lambda gateway: gateway.undelivered_events(since=NOW, at_most=10), [("GET", "/v1/events")]),
        (lambda gateway: gateway.refund(PAID, REFUND), [("POST", "/v1/refunds")]),
        (
            lambda gateway: gateway.payment_state(PAID),
            [("GET", "/v1/payment_intents/pi_1"), ("GET", "/v1/refunds"), ("GET", "/v1/disputes")],
        ),
        (lambda gateway: list(gateway.movements(since=NOW, until=LATER)), [("GET", "/v1/balance_transactions")]),
        (
            lambda gateway: list(gateway.recent_reversals(since=NOW, until=LATER)),
            [("GET", "/v1/refunds"), ("GET", "/v1/disputes")],
        ),
        (lambda gateway: list(gateway.rebuildable_checkouts(since=NOW, until=LATER)), [("GET", SESSIONS)]),
        (lambda gateway: gateway.find_session_of(REPORT), [("GET", "/v1/payment_intents/pi_1")]),
    ],
    ids=[
        "open_embedded",
        "open_hosted",
        "open_for_a_customer",
        "open_without_a_price",
        "open_with_a_discount",
        "look_up",
        "close",
        "find",
        "completed",
        "undelivered",
        "refund",
        "payment_state",
        "movements",
        "recent_reversals",
        "rebuildable",
        "find_session_of",
    ],
)
def test_stripe_takes_the_request(
    gateway: StripeGateway, wire: RequestLog, ask: Callable[[StripeGateway], object], heard: list[tuple[str, str]]
) -> None:
    """Each request has the parameters that Stripe describes; the fixture that comes back need not make sense."""
    with suppress(ProviderUnavailable):
        ask(gateway)
    assert wire.heard == [(method, path, 200) for method, path in heard]


@pytest.mark.parametrize(
    "wrong",
    [{"ui_mode": "embedded"}, {"ui_mode": "embedded_page", "no_such": "1"}, {"expires_at": "soon"}],
    ids=["dead_ui_mode", "unknown_parameter", "time_in_words"],
)
def test_it_would_tell_a_request_that_is_wrong(gateway: StripeGateway, wrong: dict[str, str]) -> None:
    """A parameter that Stripe does not know, or not any more, is refused: acceptance means something."""
    params: Any = {"mode": "payment", **wrong}
    with pytest.raises(stripe.InvalidRequestError):
        gateway._api._client("sk_test_123").v1.checkout.sessions.create(params)


def test_difference_answers_are_fixtures(gateway: StripeGateway) -> None:
    """A checkout comes back without amount or currency; an answer that cannot be read is no answer to us."""
    with pytest.raises(ProviderUnavailable):
        gateway.look_up(OPEN)


def test_difference_no_key_is_remembered(gateway: StripeGateway, wire: RequestLog) -> None:
    """Repeating a request under its key is not told as a repetition."""
    for _ in range(2):
        with suppress(ProviderUnavailable):
            gateway.open_checkout(a_session(), a_student())
    assert not any("Idempotent-Replayed" in headers for headers in wire.answered)


def test_difference_any_version_will_do(gateway: StripeGateway, wire: RequestLog) -> None:
    """It describes one version of the API and answers requests for any; ours may be a later one."""
    client = gateway._api._client("sk_test_123")
    client.v1.events.list({"limit": 1}, options={"stripe_version": "2001-01-01"})
    assert wire.heard == [("GET", "/v1/events", 200)]
