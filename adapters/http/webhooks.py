"""Where payment providers call: no authorizer, the signature is the proof."""

from __future__ import annotations

from attrs import frozen

from adapters.http.errors import RequestTooLarge
from adapters.http.routing import Call, Reply, Router
from domain.use_cases.provider.receive_event import Receipt, ReceiveEvent

LARGEST = 512 * 1024
"""Bytes an event may have; a larger one is refused before it is hashed."""


@frozen(kw_only=True)
class WebhookViews:
    """POST /api/webhooks/{provider}, and the addresses that Stripe knew before."""

    receive: ReceiveEvent

    def add_to(self, router: Router) -> None:
        """Put the view on its paths."""
        router.add("POST", "/api/webhooks/{provider}", view=self.take, public=True, browser=False)
        for alias in ("/api/payments/webhooks/stripe", "/api/stripe/webhooks"):
            router.add("POST", alias, view=self.take_from_stripe, public=True, browser=False)

    def take(self, call: Call) -> Reply:
        """Take a provider's event in."""
        return self._take(call, call.params["provider"])

    def take_from_stripe(self, call: Call) -> Reply:
        """Take Stripe's event in at an older address."""
        return self._take(call, "stripe")

    def _take(self, call: Call, provider: str) -> Reply:
        body = call.body
        if len(body) > LARGEST:
            raise RequestTooLarge
        receipt = self.receive(provider, body, call.headers)
        return Reply(body={"received": True, "queued": True} if receipt is Receipt.QUEUED else {"received": True})
