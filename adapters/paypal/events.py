"""Webhook events. What they say about money is never taken from them: each only names what to ask PayPal about."""

from __future__ import annotations

from attrs import frozen

from adapters.paypal import values
from adapters.paypal.values import JsonObject
from domain.errors import MalformedEvent

ABOUT_ORDERS = ("CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.COMPLETED", "CHECKOUT.PAYMENT-APPROVAL.REVERSED")
ABOUT_CAPTURES = (
    "PAYMENT.CAPTURE.COMPLETED",
    "PAYMENT.CAPTURE.PENDING",
    "PAYMENT.CAPTURE.DENIED",
    "PAYMENT.CAPTURE.DECLINED",
)
ABOUT_REFUNDS = (
    "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.CAPTURE.REVERSED",
    "PAYMENT.REFUND.PENDING",
    "PAYMENT.REFUND.FAILED",
)
ABOUT_DISPUTES = ("CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED")

SUBSCRIBED = (*ABOUT_ORDERS, *ABOUT_CAPTURES, *ABOUT_REFUNDS, *ABOUT_DISPUTES)
"""The types of events that the webhook is to be registered for."""


@frozen(kw_only=True)
class PayPalEvent:
    """An event. ``order_id`` is what to look up; else ``capture_id`` and ``reversal_id`` are what to sync."""

    event_id: str
    event_type: str
    order_id: str | None = None
    capture_id: str | None = None
    reversal_id: str | None = None

    @classmethod
    def of(cls, event: JsonObject) -> PayPalEvent:
        """What an event names.

        Raises:
            MalformedEvent: it does not have what its type promises.
        """
        event_id, event_type = values.identifier(event, "id"), values.identifier(event, "event_type")
        resource = values.nested(event, "resource")
        order_id = capture_id = reversal_id = None
        if event_type in ABOUT_ORDERS:
            order_id = values.identifier(resource, "order_id" if "order_id" in resource else "id")
        elif event_type in ABOUT_CAPTURES:
            related = values.nested(values.nested(resource, "supplementary_data"), "related_ids")
            order_id = values.identifier(related, "order_id")
        elif event_type in ABOUT_REFUNDS:
            reversal_id, capture_id = values.identifier(resource, "id"), capture_above(resource)
        elif event_type in ABOUT_DISPUTES:
            reversal_id = values.identifier(resource, "dispute_id")
            capture_id = values.identifier(values.first(resource, "disputed_transactions"), "seller_transaction_id")
        return cls(
            event_id=event_id,
            event_type=event_type,
            order_id=order_id,
            capture_id=capture_id,
            reversal_id=reversal_id,
        )


def capture_above(refund: JsonObject) -> str:
    """The capture that was refunded: only the link upwards names it.

    Raises:
        MalformedEvent: there is no such link.
    """
    address = values.link(refund, "up") or ""
    capture_id = address.rstrip("/").rpartition("/")[2]
    if "/captures/" not in address:
        raise MalformedEvent
    return values.identifier({"id": capture_id}, "id")
