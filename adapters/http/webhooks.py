"""Webhooks of payment providers. There is no authorizer: the signature authenticates the event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.errors import RequestTooLarge
from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import STRIPE, present
from domain.use_cases.provider.receive_event import Receipt, ReceiveEvent

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies

LARGEST = 512 * 1024
"""Bytes an event may have; a larger one is refused before its signature is computed."""


@frozen(kw_only=True)
class WebhookViews:
    """POST /api/webhooks/{provider}, and the older paths that are registered at Stripe."""

    receive: ReceiveEvent

    def add_to(self, router: Router) -> None:
        """Put the view on its paths."""
        router.add(
            "POST",
            "/api/webhooks/{provider}",
            "/api/payments/webhooks/stripe",
            "/api/stripe/webhooks",
            view=self.receive_event,
            access=Access.PUBLIC,
            browser=False,
        )

    def receive_event(self, call: Call) -> Reply[bodies.Receipt]:
        """Receive an event. The older paths, which name no provider, are Stripe's."""
        body = call.body
        if len(body) > LARGEST:
            raise RequestTooLarge
        receipt = self.receive(call.params.get("provider", STRIPE), body, call.headers)
        acknowledgement: bodies.Receipt = {"received": True, "queued": True if receipt is Receipt.QUEUED else None}
        return Reply(body=present(acknowledgement))
