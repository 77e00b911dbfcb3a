"""What a front end needs before anybody signs in: configuration and the OpenAPI document."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.http.routing import Access, Call, Reply, Router
from adapters.http.serializers import STRIPE, present
from adapters.settings import Settings
from domain.errors import SecretsUnavailable, StorageUnavailable
from domain.ports.payment_gateway import Gateways
from domain.ports.school import SchoolRepo

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies
    from adapters.http.response_bodies.meta import OfferedProvider

_DOCUMENT = Path(__file__).with_name("openapi.json")
_CACHED_FOR_A_MINUTE = {"Cache-Control": "public, max-age=60"}


@frozen(kw_only=True)
class MetaViews:
    """GET /api/config, GET /api/openapi.json."""

    settings: Settings
    gateways: Gateways
    school: SchoolRepo

    def add_to(self, router: Router) -> None:
        """Put the views on their paths."""
        router.add("GET", "/api/config", view=self.config, access=Access.PUBLIC)
        router.add("GET", "/api/openapi.json", view=self.openapi, access=Access.PUBLIC)

    def config(self, _call: Call) -> Reply[bodies.Config]:
        """The public keys and addresses with which a browser pays and signs in."""
        settings, closed = self.settings, self._closed()
        providers = self._offered()
        # Also while nothing new is sold there: who has a checkout open may finish.
        stripe = next((one for one in providers if one["name"] == STRIPE), None)
        endpoint = settings.cognito_endpoint or f"https://cognito-idp.{settings.region}.amazonaws.com"
        body: bodies.Config = {
            "stripePublishableKey": stripe["publishableKey"] if stripe else None,
            "stripeJsUrl": settings.stripe_js_url if stripe else None,
            "providers": [one for one in providers if one["name"] not in closed],
            "currency": settings.currency,
            "timezone": settings.school_timezone,
            "features": {"coupons": True, "bookings": True},
            "auth": {
                "region": settings.region,
                "userPoolId": settings.user_pool_id,
                "userPoolClientId": settings.user_pool_client_id,
                "endpoint": f"{endpoint}/",
            },
        }
        return Reply(headers=_CACHED_FOR_A_MINUTE, body=present(body))

    def _closed(self) -> frozenset[str]:
        """The providers at which nobody new may pay at the moment. While nobody can tell, enrolling itself refuses."""
        try:
            return self.school.get().closed_providers
        except StorageUnavailable:
            return frozenset()

    def _offered(self) -> list[OfferedProvider]:
        """The providers that the school sells through. One whose keys cannot be read hides no other."""
        found: list[OfferedProvider] = []
        failed: SecretsUnavailable | None = None
        for name in self.gateways.offered:
            try:
                account = self.gateways.named(name).account()
            except SecretsUnavailable as error:
                failed = error
            else:
                offered: OfferedProvider = {
                    "name": name,
                    "publishableKey": account.publishable_key,
                    "scriptUrl": account.script_url,
                }
                found.append(present(offered))
        if failed is not None and not found:
            raise failed
        return found

    def openapi(self, _call: Call) -> Reply[object]:
        """The OpenAPI document, as it is checked in."""
        return Reply(headers=_CACHED_FOR_A_MINUTE, body=_document())


@cache
def _document() -> object:
    return json.loads(_DOCUMENT.read_text("utf-8"), parse_float=Decimal)
