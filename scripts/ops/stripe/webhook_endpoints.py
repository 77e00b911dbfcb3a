"""The webhook endpoints of the Stripe account: the expected one, the registered ones, and the differences."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from attrs import frozen

from adapters.stripe.events import API_VERSION, SUBSCRIBED
from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.stack import required_outputs
from scripts.ops.errors import OpsError
from scripts.ops.stage import LOCAL, Stage
from scripts.ops.stripe.account import StripeAccount
from scripts.ops.stripe.secret import WEBHOOK_SECRET, WEBHOOK_STAGE, StripeSecret, mode_problem
from scripts.ops.terminal.rows import Row

PATH = "/api/webhooks/stripe"
_STAGE = "stage"
_PENDING_SINCE, _ON_THEIR_WAY = timedelta(days=1), timedelta(minutes=10)
_MOST_PENDING = 100
_WHILE_ROLLING = 2
_OLD_IS_TAKEN, _ROLL_TAKES = timedelta(hours=25), timedelta(days=1)


@frozen(kw_only=True)
class WebhookEndpoint:
    """An endpoint as it is registered at Stripe. ``stage`` is the one that registered it, None if by hand."""

    id: str
    url: str
    enabled: bool
    events: frozenset[str]
    api_version: str | None
    livemode: bool
    created: int
    stage: str | None = None

    @classmethod
    def of(cls, found: Any) -> WebhookEndpoint:
        """The endpoint in a response of Stripe's API."""
        return cls(
            id=found.id,
            url=found.url,
            enabled=found.status == "enabled",
            events=frozenset(found.enabled_events),
            api_version=found.api_version,
            livemode=found.livemode,
            created=found.created,
            stage=getattr(found.metadata, _STAGE, None),
        )

    def row(self) -> Row:
        """The endpoint as a table row."""
        return {
            "endpoint": self.id,
            "url": self.url,
            "enabled": self.enabled,
            "events": len(self.events),
            "api_version": self.api_version,
            "livemode": self.livemode,
        }


@frozen
class WebhookEndpoints:
    """The account's endpoints at ``url``."""

    account: StripeAccount
    url: str
    stage: str

    @property
    def is_local(self) -> bool:
        """Whether they are of the stage on this machine: of a sandbox, `stripe listen` forwards events to it."""
        return self.stage == LOCAL

    def registered(self) -> tuple[WebhookEndpoint, ...]:
        """The endpoints at this URL, newest first."""
        listed = self.account.client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter()
        found = [WebhookEndpoint.of(each) for each in listed if each.url == self.url]
        return tuple(sorted(found, key=lambda each: each.created, reverse=True))

    def of_other_stages(self) -> tuple[WebhookEndpoint, ...]:
        """The account's endpoints that another stage has registered."""
        listed = self.account.client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter()
        found = [WebhookEndpoint.of(each) for each in listed if each.url != self.url]
        return tuple(each for each in found if each.stage not in (None, self.stage))

    def create(self) -> tuple[WebhookEndpoint, str]:
        """Register an endpoint with exactly our events and API version; returns it with its signing secret.

        Stripe shows the signing secret in this response only.
        """
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
            raise OpsError(f"Stripe rejected the endpoint: {error.user_message or error.code}") from None
        if not made.secret:
            raise OpsError(f"Stripe created {made.id} without showing its signing secret; delete it and try again.")
        return WebhookEndpoint.of(made), made.secret

    def repair(self, endpoint: WebhookEndpoint) -> None:
        """Subscribe the endpoint to exactly our events, and enable it. Its API version cannot be changed."""
        wanted: Any = {"enabled_events": sorted(SUBSCRIBED), "disabled": False}
        self.account.client.v1.webhook_endpoints.update(endpoint.id, wanted)

    def pending(self, now: datetime) -> tuple[int, datetime | None]:
        """How many of our events of the last day some endpoint has not taken, and since when the oldest waits.

        The last ten minutes are left out: those may be on their way.
        """
        period = {"gte": int((now - _PENDING_SINCE).timestamp()), "lte": int((now - _ON_THEIR_WAY).timestamp())}
        params: Any = {
            "types": sorted(SUBSCRIBED),
            "delivery_success": False,
            "created": period,
            "limit": _MOST_PENDING,
        }
        found = list(self.account.client.v1.events.list(params).data)
        oldest = min((event.created for event in found), default=None)
        return len(found), datetime.fromtimestamp(oldest, UTC) if oldest is not None else None

    def remove(self, endpoint: WebhookEndpoint) -> None:
        """Delete the endpoint; Stripe also stops its pending retries."""
        self.account.client.v1.webhook_endpoints.delete(endpoint.id)


def endpoints_of(stage: Stage, aws: AwsClients, url: str | None = None) -> WebhookEndpoints:
    """The endpoints at ``url``, by default at the stage's own address.

    Raises:
        OpsError: the stage is not provisioned, or its secret has no key.
    """
    return WebhookEndpoints(StripeAccount.of(stage, aws), url or _address(stage, aws), stage.name)


def problems_of(
    stage: Stage, aws: AwsClients, endpoints: WebhookEndpoints, registered: tuple[WebhookEndpoint, ...]
) -> list[str]:
    """What is wrong with the registered endpoints or with the stored signing secret; empty if nothing is.

    A roll that is under way is nothing wrong: see ``roll_of``.
    """
    now, secret = datetime.now(UTC), StripeSecret(stage, aws)
    wrong = [*repairable(registered), *left_to_people(registered, endpoints, now)]
    if not secret.has_webhook_secret:
        wrong.append(f"the secret has no {WEBHOOK_SECRET}")
    if (owner := secret.read().get(WEBHOOK_STAGE)) not in (None, stage.name):
        wrong.append(secret.belongs_to(str(owner)))
    number, oldest = endpoints.pending(now)
    if number:
        more = " or more" if number == _MOST_PENDING else ""
        finish = " --finish, and if it goes on, webhook-endpoint roll" if len(registered) > 1 else ""
        wrong.append(
            f"{number}{more} events of the last day were not taken, the oldest of {oldest:%Y-%m-%d %H:%M}Z: "
            f"if the API runs, the stored signing secret is not this endpoint's: webhook-endpoint roll{finish}"
        )
    if not stage.is_local and (problem := mode_problem(stage, live=endpoints.account.livemode)):
        wrong.append(problem)
    return wrong


def repairable(found: tuple[WebhookEndpoint, ...]) -> Iterator[str]:
    """What is wrong with the endpoint and ``repair`` mends, one sentence per problem."""
    if not found:
        return
    newest = found[0]
    if not newest.enabled:
        yield "it is disabled and gets no events"
    if "*" not in newest.events and (missing := SUBSCRIBED - newest.events):
        yield f"it does not get {', '.join(sorted(missing))}"
    if more := newest.events - SUBSCRIBED:
        yield f"it gets events that we do not handle: {', '.join(sorted(more))}"


def left_to_people(found: tuple[WebhookEndpoint, ...], endpoints: WebhookEndpoints, now: datetime) -> Iterator[str]:
    """What is wrong with the endpoints at our address and ``repair`` cannot mend, with what does where that is one."""
    if not found:
        if endpoints.account.is_emulated or not endpoints.is_local:
            yield "there is no endpoint at this address: webhook-endpoint ensure"
        return
    newest = found[0]
    if len(found) > 1 and roll_of(found, endpoints.stage, now) is None:
        yield _several(found, endpoints.stage)
    if newest.api_version != API_VERSION:
        yield (
            f"its events are of API version {newest.api_version}, the code reads {API_VERSION}: webhook-endpoint roll"
        )
    if newest.livemode != endpoints.account.livemode:
        yield "its mode (live or test) differs from our key's"


def roll_of(found: tuple[WebhookEndpoint, ...], stage: str, now: datetime) -> str | None:
    """That a roll is under way, what finishes it and when; None if none is, or if it should be finished by now."""
    if len(found) != _WHILE_ROLLING or found[0].stage != stage:
        return None
    rolled = datetime.fromtimestamp(found[0].created, UTC)
    if now >= rolled + _OLD_IS_TAKEN:
        return None
    return (
        f"under way since {rolled:%Y-%m-%d %H:%M}Z: events come twice, and both secrets are accepted. Finish it "
        f"between {rolled + _ROLL_TAKES:%Y-%m-%d %H:%M}Z and {rolled + _OLD_IS_TAKEN:%Y-%m-%d %H:%M}Z: "
        f"webhook-endpoint roll --finish deletes {found[1].id}"
    )


def endpoint_row(endpoints: WebhookEndpoints, found: tuple[WebhookEndpoint, ...]) -> Row:
    """The endpoint at our address, and the roll that is under way, as a table row."""
    row: Row = found[0].row() if found else {"url": endpoints.url}
    rolling = roll_of(found, endpoints.stage, datetime.now(UTC))
    return {**row, "roll": rolling} if rolling else row


def _several(found: tuple[WebhookEndpoint, ...], stage: str) -> str:
    several = f"there are {len(found)} endpoints at this address, and each of them gets every event"
    if found[0].stage != stage:
        by_hand = f"{found[0].id} was not registered by {stage}"
        return f"{several}: {by_hand}; delete in Stripe's dashboard the one that is not ours"
    rolled = datetime.fromtimestamp(found[0].created, UTC)
    return (
        f"{several}: the roll of {rolled:%Y-%m-%d %H:%M}Z was not finished, and the older secret is accepted for "
        "25 hours only: webhook-endpoint roll --finish"
    )


def _address(stage: Stage, aws: AwsClients) -> str:
    if stage.is_local:
        return f"http://127.0.0.1:{os.environ.get('API_PORT') or '8000'}{PATH}"
    return required_outputs(stage, aws)["WebOrigin"] + PATH
