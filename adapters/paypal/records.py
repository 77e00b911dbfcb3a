"""PayPal's record of the events that it sent."""

from __future__ import annotations

from datetime import datetime

from adapters.paypal import values
from adapters.paypal.api import PayPalApi
from adapters.paypal.events import PayPalEvent
from domain.errors import MalformedEvent

EVENTS = "/v1/notifications/webhooks-events"
_PAGE = 300
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def orders_named(api: PayPalApi, since: datetime, until: datetime, at_most: int) -> dict[str, PayPalEvent]:
    """The orders that events of this time are about, the first event of each, at most so many.

    Raises: what ``PayPalApi.get`` raises.
    """
    found: dict[str, PayPalEvent] = {}
    query = {
        "page_size": str(_PAGE),
        "start_time": since.strftime(_FORMAT),
        "end_time": until.strftime(_FORMAT),
    }
    path: str | None = EVENTS
    for _ in range(at_most // _PAGE + 2):
        if path is None or len(found) >= at_most:
            break
        listed = api.get(path, **query)
        for one in values.objects(listed, "events"):
            try:
                event = PayPalEvent.of(one)
            except MalformedEvent:
                continue  # it was refused when it was delivered, and counted then
            if event.order_id is not None and len(found) < at_most:
                found.setdefault(event.order_id, event)
        address = values.link(listed, "next")
        path, query = (address.partition(api.base)[2] or None) if address else None, {}
    return found
