"""Sessions that were paid at the emulator, and Stripe's own examples of what it says about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import evolve

from adapters.stripe.reversals import Payment
from domain.payments.events import CheckoutPaid
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from tests.support.factories import a_session, a_student
from tests.support.stripe.gateway_rig import StripeRig

PAYLOADS = Path(__file__).parents[2] / "payloads" / "stripe"
CARD, REFUND_PENDS, DISPUTED = "4242424242424242", "4000000000007726", "4000000000000259"
SESSION = a_session(status=Status.COMPLETED, provider_payment_id="pi_1")
EURO_PAYMENT = Payment(payment_id="pi_1", received=3920, currency="eur", livemode=False)


def paid(rig: StripeRig, card: str = CARD, **changes: Any) -> PaymentSession:
    """A session that was paid, with the ids that it learned by that."""
    session = a_session(**changes)
    checkout = rig.gateway.open_checkout(session, a_student())
    rig.emulator.pay(checkout.provider_session_id, card)
    known = evolve(session, provider_session_id=checkout.provider_session_id)
    event = rig.gateway.look_up(known).event
    assert isinstance(event, CheckoutPaid)
    return evolve(known, status=Status.COMPLETED, provider_payment_id=event.provider_payment_id)


def example(name: str, **changes: Any) -> dict[str, Any]:
    """Stripe's object of that name, with these changes."""
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))
    return loaded | changes


def payment_of(session: PaymentSession) -> str:
    """Stripe's id of the session's payment."""
    assert session.provider_payment_id
    return session.provider_payment_id
