"""The requests of a measurement: what a student, Stripe and a visitor send, as API Gateway hands it to a function."""

from __future__ import annotations

import itertools
import json
import uuid
from typing import Any

from attrs import define, field

from scripts.stripe_emulator.webhooks.signing import signature_header
from tests.support.deployment.deployed_functions import EmulatedServices
from tests.support.deployment.lambda_runtime import LambdaRig
from tests.support.http.api_gateway_events import claims, proxy_event, token_of

FREE, PAID, CARD = "TEST-COURSE-001", "TEST-COURSE-005", "4242424242424242"
JSON_BODY = {"content-type": "application/json"}
PATHS = ("health", "courses", "free", "paid", "webhook")
EXPECTED = {"health": {200}, "courses": {200}, "free": {201, 200}, "paid": {201, 200}, "webhook": {200}}

Event = dict[str, Any]


@define(eq=False)
class Requests:
    """Makes requests that are each made once: new students, new checkouts, new events."""

    services: EmulatedServices
    _numbers: itertools.count[int] = field(factory=itertools.count)

    def event(self, path: str, maker: LambdaRig | None = None) -> Event:
        """A new request; for "webhook" the maker opens the checkout that is then paid."""
        match path:
            case "health" | "courses":
                return proxy_event("GET", f"/api/{path}")
            case "free" | "paid":
                return self._enrollment(FREE if path == "free" else PAID)
            case "webhook" if maker:
                return self._webhook(maker)
        raise ValueError(path)

    def _enrollment(self, course: str) -> Event:
        who = claims(str(uuid.uuid4()), **token_of(self.services.environment()))
        return proxy_event(
            "POST", "/api/enrollments", body=json.dumps({"courseId": course}), headers=JSON_BODY, who=who
        )

    def _webhook(self, maker: LambdaRig) -> Event:
        opened = maker.invoke(self._enrollment(PAID))
        checkout = json.loads(opened["body"])["clientSecret"].partition("_secret_")[0]
        stripe = self.services.stripe
        stripe.pay(checkout, CARD)
        account = stripe.account
        with account.lock:
            found = next(
                event
                for event in reversed(account.events.values())
                if event["type"] == "checkout.session.completed" and event["data"]["object"]["id"] == checkout
            )
            body = json.dumps(found).encode()
        signed = {"Stripe-Signature": signature_header(body, [self.services.keys.webhook_secret], int(account.now()))}
        event = proxy_event(
            "POST",
            "/api/webhooks/{provider}",
            path_params={"provider": "stripe"},
            body=body,
            headers=JSON_BODY | signed,
            in_base64=True,
        )
        return event | {"path": "/api/webhooks/stripe"}
