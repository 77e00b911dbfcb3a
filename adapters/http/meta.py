"""What a front end needs to know before anybody signs in."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

from attrs import frozen

from adapters.http.routing import Call, Reply, Router
from adapters.settings import Settings
from domain.ports.payment_gateway import Gateways

_DESCRIPTION = Path(__file__).with_name("openapi.json")
_FOR_A_MINUTE = {"Cache-Control": "public, max-age=60"}


@frozen(kw_only=True)
class MetaViews:
    """GET /api/health, GET /api/config, GET /api/openapi.json."""

    settings: Settings
    gateways: Gateways

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("GET", "/api/health", view=self.health, public=True)
        router.add("GET", "/api/config", view=self.config, public=True)
        router.add("GET", "/api/openapi.json", view=self.openapi, public=True)

    def health(self, _call: Call) -> Reply:
        """The code runs; nothing else is asked."""
        return Reply(body={"status": "ok"})

    def config(self, _call: Call) -> Reply:
        """The keys for the browser: to pay and to sign in."""
        settings = self.settings
        account = self.gateways.named(settings.payment_provider).account()
        endpoint = settings.cognito_endpoint or f"https://cognito-idp.{settings.region}.amazonaws.com"
        return Reply(
            headers=_FOR_A_MINUTE,
            body={
                f"{settings.payment_provider}PublishableKey": account.publishable_key,
                "stripeJsUrl": settings.stripe_js_url,
                "currency": settings.currency,
                "features": {"coupons": True, "bookings": True},
                "auth": {
                    "region": settings.region,
                    "userPoolId": settings.user_pool_id,
                    "userPoolClientId": settings.user_pool_client_id,
                    "endpoint": f"{endpoint}/",
                },
            },
        )

    def openapi(self, _call: Call) -> Reply:
        """This contract, as an OpenAPI document."""
        return Reply(headers=_FOR_A_MINUTE, body=_description())


@cache
def _description() -> object:
    return json.loads(_DESCRIPTION.read_text("utf-8"), parse_float=Decimal)
