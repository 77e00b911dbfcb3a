"""Captured orders as what is needed to store their payment sessions again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from adapters.paypal import orders, records, references, values
from adapters.paypal.api import PayPalApi, PayPalRefusedError
from adapters.paypal.checkouts import Checkouts
from adapters.paypal.limits import ORDER_LIFE
from adapters.paypal.movements import Transaction
from adapters.paypal.payments import Payments, order_of
from adapters.paypal.values import JsonObject
from domain.errors import MalformedEvent
from domain.ports.payment_gateway import RebuildableCheckout

MOST_ORDERS = 20_000
"""How many orders are read of PayPal's record of events."""


def captured_orders(api: PayPalApi, payments: Payments, since: datetime, until: datetime) -> Iterator[JsonObject]:
    """Lazily: the orders that were captured in this time, oldest first, as far as PayPal lists what leads to them.

    PayPal lists no orders. Those of the list of transactions come first, which goes back for years and lacks the last
    hours; then those of the events that it sent, which it keeps for some weeks and lists at once.
    """
    seen = set[str]()
    for order_id in _named(api, payments, since, until):
        if order_id in seen:
            continue
        seen.add(order_id)
        try:
            order = api.get(f"/v2/checkout/orders/{order_id}")
        except PayPalRefusedError as refused:
            if not refused.is_unknown:
                raise
            continue
        if orders.capture_of(order):
            yield order


def _named(api: PayPalApi, payments: Payments, since: datetime, until: datetime) -> Iterator[str]:
    if records.may_list_transactions(api, since):
        for info in records.transactions(api, since, until):
            capture_id = _payment_in(info)
            capture = payments.find(capture_id) if capture_id else None
            if capture is not None and payments.session_in(capture) is not None:
                yield order_of(capture)
    yield from records.orders_named(api, since, until, MOST_ORDERS)


def _payment_in(info: JsonObject) -> str | None:
    """The capture of a transaction that is a payment with our ids; None for all others."""
    try:
        found = Transaction.parse(info)
    except MalformedEvent:
        return None  # the proof reports it every night
    return found.transaction_id if found.is_payment and references.parse_custom_id(found.custom_id) else None


def rebuildable(checkouts: Checkouts, order: JsonObject) -> RebuildableCheckout | None:
    """The order; None if this stage's gateway did not create it.

    Raises:
        MalformedEvent: it lacks a documented field.
    """
    owner, agreed = orders.owner_of(order), orders.agreed_in(order)
    if owner is None or agreed is None or owner.stage != checkouts.stage:
        return None
    created_at = agreed.created_at or orders.created_at(order)
    amount, currency = values.minor_units(values.first(order, "purchase_units"), "amount")
    is_new = agreed.version > 1
    return RebuildableCheckout(
        event=checkouts.event_of(order, owner, "", "lookup"),
        version=agreed.version,
        stage=agreed.stage or None,
        course_name=values.text(values.first(order, "purchase_units"), "description") or None,
        list_amount=agreed.list_amount if is_new else amount,
        discount=agreed.discount if is_new else 0,
        currency=currency,
        coupon=agreed.coupon,
        source=agreed.source,
        ui_mode=agreed.ui_mode,
        provider_price_id=agreed.provider_price_id,
        email=values.text(values.nested(order, "payer"), "email_address") or None,
        created_at=created_at,
        expires_at=agreed.expires_at or created_at + ORDER_LIFE,
        paid_at=values.timestamp(orders.capture_of(order), "create_time"),
    )
