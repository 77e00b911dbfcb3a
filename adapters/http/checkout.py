"""The state of a checkout, for the page to which the provider sends the student back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.routing import Call, Reply, Router
from adapters.http.serializers import checkout_state_body
from domain.use_cases.student.show_checkout import ShowCheckout

if TYPE_CHECKING:
    from adapters.http.response_bodies import CheckoutState


@frozen(kw_only=True)
class CheckoutViews:
    """GET /api/checkout/session/{stripeSessionId}."""

    show_checkout: ShowCheckout

    def add_to(self, router: Router) -> None:
        """Put the view on its path."""
        router.add("GET", "/api/checkout/session/{stripeSessionId}", view=self.show)

    def show(self, call: Call) -> Reply[CheckoutState]:
        """The state of the caller's checkout, asked of the provider and settled first."""
        return Reply(body=checkout_state_body(self.show_checkout(call.caller.identity, call.params["stripeSessionId"])))
