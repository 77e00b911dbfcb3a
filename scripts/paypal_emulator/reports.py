"""PayPal's lists of what happened, and the registration of webhooks, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from attrs import frozen

from scripts.paypal_emulator.account import Account
from scripts.paypal_emulator.http_server import Answer, Request
from scripts.paypal_emulator.orders import RefusedError, unknown
from scripts.paypal_emulator.webhooks import Deliveries, Message

Json = dict[str, Any]

_MOST_LISTED = 500


@frozen
class Reports:
    """Each method answers one request."""

    account: Account
    deliveries: Deliveries
    sign: Callable[[Json, str], Message]

    def list_transactions(self, asked: Request) -> Answer:
        """The transactions of a time, page by page."""
        query = asked.query
        size, page = int(query.get("page_size", 100)), int(query.get("page", 1))
        if not 1 <= size <= _MOST_LISTED:
            raise RefusedError(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE")
        all_records = query.get("balance_affecting_records_only") == "N"
        begin, end = query.get("start_date", ""), query.get("end_date", "")
        found = self.account.bookings.listed(begin, end, self.account.now(), all_records=all_records)
        shown = found[size * (page - 1) : size * page]
        return Answer(
            200,
            {
                "transaction_details": [{"transaction_info": one} for one in shown],
                "page": page,
                "total_items": len(found),
                "total_pages": -(-len(found) // size),
                "links": [],
            },
        )

    def list_disputes(self, asked: Request) -> Answer:
        """The disputes, newest first."""
        query = asked.query
        if {"start_time", "disputed_transaction_id"} <= query.keys():
            raise RefusedError(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE")
        wanted, begin = query.get("disputed_transaction_id"), query.get("start_time", "")
        disputes = [one for one in self.account.disputes.values() if begin <= one["create_time"]]
        found = [one for one in reversed(disputes) if wanted in (None, one["capture"])]
        start, size = int(query.get("next_page_token", 0)), int(query.get("page_size", 10))
        following = urlencode({**query, "next_page_token": str(start + size)})
        links = [{"rel": "next", "href": f"https://api.paypal.com/v1/customer/disputes?{following}"}]
        items = [{"dispute_id": one["dispute_id"]} for one in found[start : start + size]]
        return Answer(200, {"items": items, "links": links if len(found) > start + size else []})

    def list_webhooks(self, _: Request) -> Answer:
        """The webhooks of the app."""
        return Answer(200, {"webhooks": list(self.account.webhooks.values())})

    def create_webhook(self, asked: Request) -> Answer:
        """A new webhook; an address has one at most."""
        url, types = asked.body.get("url"), asked.body.get("event_types")
        if not url or not types:
            raise RefusedError(400, "VALIDATION_ERROR", "MISSING_REQUIRED_PARAMETER")
        if any(one["url"] == url for one in self.account.webhooks.values()):
            raise RefusedError(400, "WEBHOOK_URL_ALREADY_EXISTS")
        made = {"id": f"WH{len(self.account.webhooks) + 1:08d}", "url": url, "event_types": types}
        self.account.webhooks[str(made["id"])] = made
        return Answer(201, made)

    def change_webhook(self, asked: Request) -> Answer:
        """Another address, or other types of events."""
        webhook = self.webhook(asked)
        for change in asked.changes:
            webhook[change["path"].removeprefix("/")] = change["value"]
        return Answer(200, webhook)

    def delete_webhook(self, asked: Request) -> Answer:
        """It gets nothing more."""
        del self.account.webhooks[self.webhook(asked)["id"]]
        return Answer(204)

    def webhook(self, asked: Request) -> Json:
        """The webhook that a request is about."""
        webhook = self.account.webhooks.get(asked.parts[0])
        if webhook is None:
            raise unknown()
        return webhook

    def dispute(self, asked: Request) -> Answer:
        """One dispute."""
        dispute = self.account.disputes.get(asked.parts[0])
        if dispute is None:
            raise unknown()
        return Answer(200, self.account.shown_dispute(dispute))

    def list_events(self, asked: Request) -> Answer:
        """What was sent, whether or not it was taken."""
        since, until = asked.query.get("start_time", ""), asked.query.get("end_time", "9")
        found = [one for one in reversed(self.account.events) if since <= one["create_time"] <= until]
        start, size = int(asked.query.get("start", 0)), int(asked.query.get("page_size", 10))
        query = urlencode({**asked.query, "start": str(start + size)})
        following = {"rel": "next", "href": f"https://api.paypal.com/v1/notifications/webhooks-events?{query}"}
        links = [following] if len(found) > start + size else []
        return Answer(200, {"events": found[start : start + size], "links": links})

    def show_event(self, asked: Request) -> Answer:
        """One event, and what became of its deliveries."""
        event = self._event(asked)
        return Answer(200, event | {"transmissions": self.deliveries.made.get(event["id"], [])})

    def resend(self, asked: Request) -> Answer:
        """An event once more, to these webhooks."""
        event = self._event(asked)
        for webhook_id in asked.body.get("webhook_ids", []):
            webhook = self.account.webhooks.get(webhook_id)
            if webhook is None:
                raise unknown()
            self.deliveries.send(event["id"], self.sign(event, webhook_id), webhook["url"])
        return Answer(202, event)

    def _event(self, asked: Request) -> Json:
        found = [one for one in self.account.events if one["id"] == asked.parts[0]]
        if not found:
            raise unknown()
        return found[0]
