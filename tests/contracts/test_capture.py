"""What a capture must be where no money moves before one: the same suite over each of ``CAPTURING``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve

from adapters.memory.checkouts import Funding
from domain.errors import Unavailable
from domain.payments.events import (
    CheckoutApproved,
    CheckoutCancelled,
    CheckoutOpened,
    CheckoutPaid,
    PaymentDeclined,
    PaymentPending,
)
from domain.payments.session import PaymentSession
from tests.support.concurrency import at_once
from tests.support.factories import PRICE, a_session, a_student
from tests.support.payment_providers import CAPTURING, PROVIDERS
from tests.support.payment_providers.provider import CapturingProvider, being_captured


@pytest.fixture(params=CAPTURING)
def provider(request: pytest.FixtureRequest) -> Iterator[CapturingProvider]:
    """Each provider that captures."""
    with PROVIDERS[request.param]() as found:
        assert isinstance(found, CapturingProvider)
        yield found


def opened(provider: CapturingProvider) -> PaymentSession:
    """A session that knows its open checkout."""
    checkout = provider.gateway.open_checkout(a_session(), a_student())
    return evolve(a_session(), provider_session_id=checkout.provider_session_id)


def test_what_is_approved_says_what_it_would_charge(provider: CapturingProvider) -> None:
    """The amount can be compared before any money moves."""
    session = opened(provider)
    provider.approve(session)
    event = provider.gateway.look_up(session).event
    assert isinstance(event, CheckoutApproved)
    assert event.amount == PRICE


def test_a_look_moves_no_money(provider: CapturingProvider) -> None:
    """However often we ask, it stays approved."""
    session = opened(provider)
    provider.approve(session)
    for _ in range(3):
        assert isinstance(provider.gateway.look_up(session).event, CheckoutApproved)


def test_a_capture_takes_the_money_once(provider: CapturingProvider) -> None:
    """Repeating it gives the same payment."""
    session = opened(provider)
    provider.approve(session)
    first, again = provider.captured(session), provider.captured(session)
    assert isinstance(first, CheckoutPaid)
    assert isinstance(again, CheckoutPaid)
    assert (first.provider_payment_id, first.amount) == (again.provider_payment_id, PRICE)


def test_fifty_captures_at_once_are_one_payment(provider: CapturingProvider) -> None:
    """Return page, webhook and reconciliation may all capture in the same moment."""
    session = opened(provider)
    provider.approve(session)
    outcomes = at_once([lambda: provider.captured(session)] * 50)
    assert all(isinstance(outcome, CheckoutPaid | Unavailable) for outcome in outcomes)
    repeated = provider.captured(session)
    assert isinstance(repeated, CheckoutPaid)
    paid = [outcome for outcome in outcomes if isinstance(outcome, CheckoutPaid)]
    assert {event.provider_payment_id for event in paid} == {repeated.provider_payment_id}


def test_a_session_that_is_not_stored_as_capturing_is_not_captured(provider: CapturingProvider) -> None:
    """Whoever forgets to store it first is stopped."""
    session = opened(provider)
    provider.approve(session)
    with pytest.raises(ValueError, match="stored"):
        provider.gateway.capture(session)
    assert isinstance(provider.gateway.look_up(session).event, CheckoutApproved)


def test_what_nobody_approved_is_not_captured(provider: CapturingProvider) -> None:
    """There is no consent: the student may still give it, at this checkout."""
    session = opened(provider)
    assert isinstance(provider.captured(session), PaymentDeclined)
    assert isinstance(provider.gateway.look_up(session).event, CheckoutOpened)


def test_a_declined_capture_can_be_tried_again_with_consent(provider: CapturingProvider) -> None:
    """The first attempt stays declined; the next is another one."""
    session = opened(provider)
    provider.approve(session, Funding.DECLINED)
    assert isinstance(provider.captured(session), PaymentDeclined)
    provider.approve(session)
    assert isinstance(provider.captured(session), PaymentDeclined)
    assert isinstance(provider.gateway.capture(being_captured(session, 2)).event, CheckoutPaid)


def test_money_that_is_on_its_way_is_pending(provider: CapturingProvider) -> None:
    """Captured is not received."""
    session = opened(provider)
    provider.approve(session, Funding.PENDING)
    assert isinstance(provider.captured(session), PaymentPending)
    assert isinstance(provider.captured(session), PaymentPending)
    provider.arrive(session)
    assert isinstance(provider.captured(session), CheckoutPaid)


def test_an_approved_checkout_is_closed_by_not_capturing_it(provider: CapturingProvider) -> None:
    """Nobody was charged, and nobody will be."""
    session = opened(provider)
    provider.approve(session)
    assert isinstance(provider.gateway.close_checkout(session).event, CheckoutCancelled)
