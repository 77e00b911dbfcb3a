"""Completed Checkout Sessions as what is needed to store their payment sessions again."""

from __future__ import annotations

from adapters.stripe import metadata, values
from adapters.stripe.translation import from_completed_checkout
from adapters.stripe.values import JsonObject
from domain.ports.payment_gateway import RebuildableCheckout


def rebuildable(provider: str, stage: str, checkout: JsonObject) -> RebuildableCheckout | None:
    """The checkout, with its payment and charge expanded; None if this stage's gateway did not create it.

    Raises:
        MalformedEvent: it lacks a documented field.
    """
    event = from_completed_checkout(provider, stage, checkout)
    if event is None:
        return None
    version = metadata.version_in(checkout)
    list_amount, discount = _agreed(checkout) if version > 1 else _charged(checkout)
    charge = values.expanded(values.expanded(checkout, "payment_intent"), "latest_charge")
    return RebuildableCheckout(
        event=event,
        version=version,
        stage=metadata.text_in(checkout, "stage"),
        course_name=metadata.text_in(checkout, "courseName"),
        list_amount=list_amount,
        discount=discount,
        currency=values.identifier(checkout, "currency"),
        coupon=metadata.coupon_in(checkout),
        source=metadata.text_in(checkout, "source"),
        ui_mode=metadata.text_in(checkout, "uiMode"),
        provider_price_id=metadata.text_in(checkout, "priceId"),
        email=values.optional_text(values.nested(checkout, "customer_details"), "email"),
        created_at=metadata.timestamp_in(checkout, "createdAt") or values.timestamp(checkout, "created"),
        expires_at=values.timestamp(checkout, "expires_at"),
        paid_at=values.timestamp(charge, "created") if charge else None,
    )


def _agreed(checkout: JsonObject) -> tuple[int | None, int | None]:
    """List price and discount as they were agreed on: an amount changed at Stripe since does not change them."""
    return metadata.amount_in(checkout, "listAmount"), metadata.amount_in(checkout, "discountAmount")


def _charged(checkout: JsonObject) -> tuple[int | None, int | None]:
    """List price and discount as Stripe has them."""
    return values.amount(checkout, "amount_subtotal"), values.amount(
        values.nested(checkout, "total_details"), "amount_discount"
    )
