"""What the return page asks."""

from __future__ import annotations

from attrs import frozen

from adapters.http.routing import Call, Reply, Router
from adapters.http.serializers import checkout_shape
from domain.use_cases.student.show_checkout import ShowCheckout


@frozen(kw_only=True)
class CheckoutViews:
    """GET /api/checkout/session/{stripeSessionId}."""

    show_checkout: ShowCheckout

    def add_to(self, router: Router) -> None:
        """Put the view on its path."""
        router.add("GET", "/api/checkout/session/{stripeSessionId}", view=self.show)

    def show(self, call: Call) -> Reply:
        """How the caller's checkout ended, settled before the answer."""
        return Reply(body=checkout_shape(self.show_checkout(call.caller.identity, call.params["stripeSessionId"])))
