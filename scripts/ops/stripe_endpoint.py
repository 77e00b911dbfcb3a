"""Stripe's side of the webhook: which endpoint there should be, which there is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import stripe
from attrs import frozen

from adapters.stripe.events import API_VERSION, SUBSCRIBED
from scripts.ops.errors import OpsError
from scripts.ops.stripe_account import StripeAccount
from scripts.ops.views import Row

PATH = "/api/webhooks/stripe"
_STAGE = "stage"


@frozen(kw_only=True)
class Endpoint:
    """An endpoint as Stripe has it."""

    id: str
    url: str
    enabled: bool
    events: frozenset[str]
    api_version: str | None
    livemode: bool
    created: int

    @classmethod
    def of(cls, found: Any) -> Endpoint:
        """The endpoint in Stripe's answer."""
        return cls(
            id=found.id,
            url=found.url,
            enabled=found.status == "enabled",
            events=frozenset(found.enabled_events),
            api_version=found.api_version,
            livemode=found.livemode,
            created=found.created,
        )

    def row(self) -> Row:
        """The endpoint for a person."""
        return {
            "endpoint": self.id,
            "url": self.url,
            "enabled": self.enabled,
            "events": len(self.events),
            "api_version": self.api_version,
            "livemode": self.livemode,
        }


@frozen
class Endpoints:
    """The endpoints of the account, as far as they concern this address."""

    account: StripeAccount
    url: str
    stage: str

    def ours(self) -> tuple[Endpoint, ...]:
        """Those at the address, the newest first."""
        listed = self.account.client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter()
        found = [Endpoint.of(each) for each in listed if each.url == self.url]
        return tuple(sorted(found, key=lambda each: each.created, reverse=True))

    def create(self) -> tuple[Endpoint, str]:
        """A new endpoint with exactly our events and our API version, and its signing secret, told this once."""
        # Any: the SDK types event names and versions by long lists of literals.
        wanted: Any = {
            "url": self.url,
            "enabled_events": sorted(SUBSCRIBED),
            "api_version": API_VERSION,
            "description": f"LearnerMax enrollments, {self.stage}",
            "metadata": {_STAGE: self.stage},
        }
        try:
            made = self.account.client.v1.webhook_endpoints.create(wanted)
        except stripe.StripeError as error:
            raise OpsError(f"Stripe refused the endpoint: {error.user_message or error.code}") from None
        if not made.secret:
            raise OpsError(f"Stripe made {made.id} and did not tell its secret; delete it and try again.")
        return Endpoint.of(made), made.secret

    def mend(self, endpoint: Endpoint) -> None:
        """Subscribe it to exactly our events, and enable it. Its API version cannot be changed."""
        wanted: Any = {"enabled_events": sorted(SUBSCRIBED), "disabled": False}
        self.account.client.v1.webhook_endpoints.update(endpoint.id, wanted)

    def remove(self, endpoint: Endpoint) -> None:
        """Delete it; Stripe repeats nothing more to it."""
        self.account.client.v1.webhook_endpoints.delete(endpoint.id)


def problems(found: tuple[Endpoint, ...], account: StripeAccount) -> Iterator[str]:
    """What is wrong with the endpoints at our address."""
    if not found:
        yield "there is no endpoint at this address"
        return
    newest = found[0]
    if len(found) > 1:
        yield f"there are {len(found)} endpoints at this address, and every event comes from each of them"
    if not newest.enabled:
        yield "it is disabled, and gets nothing"
    if "*" not in newest.events and (missing := SUBSCRIBED - newest.events):
        yield f"it does not get {', '.join(sorted(missing))}"
    if more := newest.events - SUBSCRIBED:
        yield f"it gets what nobody asked for: {', '.join(sorted(more))}"
    if newest.api_version != API_VERSION:
        yield f"its events are of API version {newest.api_version}, the code reads {API_VERSION}"
    if newest.livemode != account.livemode:
        yield "it is of the other mode, live or test, than our key"
