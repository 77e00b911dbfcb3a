"""What PayPal's orders say in our events."""

from __future__ import annotations

from typing import Any

from adapters.paypal.orders import Fields, event_of
from domain.money import Money
from domain.payments.events import CheckoutPaid

_FIELDS = Fields(
    provider="paypal",
    event_id="lookup:5O1:COMPLETED:COMPLETED",
    event_type="lookup",
    user_id="user-1",
    course_id="course-1",
    payment_session_id="ps_1",
    provider_session_id="5O1",
    reference="ps_1",
    livemode=False,
)


def captured(value: str, currency: str) -> CheckoutPaid:
    """The event of an order whose capture brought this money."""
    capture = {"id": "2GG", "status": "COMPLETED", "amount": {"currency_code": currency, "value": value}}
    order: dict[str, Any] = {
        "id": "5O1",
        "status": "COMPLETED",
        "purchase_units": [{"payments": {"captures": [capture]}}],
    }
    event = event_of(order, _FIELDS, is_over=False)
    assert isinstance(event, CheckoutPaid)
    return event


def test_money_that_we_never_ask_for_is_reported_as_it_came() -> None:
    """It can be booked, though no session agrees to it."""
    strange = captured("4990", "HUF")
    assert (strange.amount, strange.received, strange.received_currency) == (None, 4_990, "huf")


def test_money_of_the_sale_is_reported_as_its_amount_alone() -> None:
    """One thing is said once."""
    event = captured("149.99", "USD")
    assert (event.amount, event.received, event.received_currency) == (Money(14_999, "usd"), None, None)
