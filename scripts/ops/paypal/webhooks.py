"""The webhooks of the PayPal app: the expected one, the registered ones, and the differences."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from attrs import frozen

from adapters.paypal import records, values
from adapters.paypal.api import PayPalRefusedError, path_of
from adapters.paypal.events import SUBSCRIBED
from adapters.paypal.values import JsonObject
from scripts.ops.aws.clients import AwsClients
from scripts.ops.aws.provider_secret import WEBHOOK_SECRET, WEBHOOK_STAGE, ProviderSecret
from scripts.ops.deploy.stack import required_outputs
from scripts.ops.errors import OpsError
from scripts.ops.paypal.account import NAME, PayPalAccount, mode_problem
from scripts.ops.stage import Stage
from scripts.ops.terminal.rows import Row

PATH = "/api/webhooks/paypal"
WEBHOOKS = "/v1/notifications/webhooks"
_RESENT_WITHIN = 20
"""How many seconds a repeated event may take to arrive."""


@frozen(kw_only=True)
class Webhook:
    """A webhook as it is registered at PayPal."""

    webhook_id: str
    url: str
    events: frozenset[str]

    @classmethod
    def of(cls, found: JsonObject) -> Webhook:
        """The webhook in an answer of PayPal's."""
        return cls(
            webhook_id=values.identifier(found, "id"),
            url=values.text(found, "url"),
            events=frozenset(values.text(one, "name") for one in values.objects(found, "event_types")),
        )

    def row(self) -> Row:
        """The webhook as a table row."""
        return {"endpoint": self.webhook_id, "url": self.url, "events": len(self.events)}


@frozen
class Webhooks:
    """The app's webhooks at ``url``, of which PayPal allows one."""

    stage: Stage
    account: PayPalAccount
    secret: ProviderSecret
    url: str

    @classmethod
    def at(cls, stage: Stage, aws: AwsClients, url: str | None = None) -> Webhooks:
        """The webhooks at ``url``, by default at the stage's own address.

        Raises:
            OpsError: the stage is not provisioned, or its secret has no keys.
        """
        return cls(
            stage, PayPalAccount.of(stage, aws), ProviderSecret(stage, aws, NAME), url or webhook_address(stage, aws)
        )

    def registered(self) -> Webhook | None:
        """The webhook at our address, if any."""
        listed = values.objects(self.account.api.get(WEBHOOKS), "webhooks")
        return next((found for found in map(Webhook.of, listed) if found.url == self.url), None)

    def create(self) -> Webhook:
        """Register our address for exactly our events, and store the webhook's id, which signatures name."""
        self.secret.require_own()
        made = Webhook.of(self.account.api.post(WEBHOOKS, {"url": self.url, "event_types": _types()}))
        self.secret.store_webhook_secret(made.webhook_id)
        return made

    def repair(self, found: Webhook) -> None:
        """Subscribe to exactly our events, and store the id."""
        self.secret.require_own()
        if found.events != set(SUBSCRIBED):
            change = {"op": "replace", "path": "/event_types", "value": _types()}
            self.account.api.change(f"{WEBHOOKS}{path_of(found.webhook_id)}", [change])
        self.secret.store_webhook_secret(found.webhook_id)

    def problems(self, found: Webhook | None) -> Iterator[str]:
        """What is wrong, one sentence per problem."""
        if problem := mode_problem(self.stage):
            yield problem
        entries = self.secret.read()
        if found is None:
            yield "there is no webhook at this address"
        else:
            if "*" not in found.events and (missing := set(SUBSCRIBED) - found.events):
                yield f"it does not get {', '.join(sorted(missing))}"
            if more := found.events - set(SUBSCRIBED):
                yield f"it gets events that we do not handle: {', '.join(sorted(more))}"
            if entries.get(self.secret.entry(WEBHOOK_SECRET)) != found.webhook_id:
                yield f"its id is not the stored {self.secret.entry(WEBHOOK_SECRET)}: no signature would be proven"
        owner = entries.get(self.secret.entry(WEBHOOK_STAGE))
        if owner not in (None, self.stage.name):
            yield self.secret.belongs_to(str(owner))
        yield from self._permissions()

    def _permissions(self) -> Iterator[str]:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        if not records.may_list_transactions(self.account.api, yesterday):
            yield (
                "the app may not list transactions, so that the night proves nothing of PayPal: switch on "
                "Transaction Search for it at PayPal, which takes up to nine hours"
            )
        try:
            self.account.api.get(records.DISPUTES, start_time=f"{yesterday:%Y-%m-%dT%H:%M:%SZ}", page_size="1")
        except PayPalRefusedError as refused:
            yield f"the app may not list disputes ({refused.issue}), so that no refund can be synced: switch them on"

    def repeat_last_event(self, seconds: int = _RESENT_WITHIN) -> str | None:
        """Let PayPal deliver its last event to us once more, and wait for it; its id, None if there is none yet.

        Raises:
            OpsError: our webhook did not take it.
        """
        now = datetime.now(UTC)
        query = {"page_size": "1", "start_time": f"{now - timedelta(days=29):%Y-%m-%dT%H:%M:%SZ}"}
        listed = values.first(self.account.api.get(records.EVENTS, **query), "events")
        if not listed:
            return None
        event_id = values.identifier(listed, "id")
        path = f"{records.EVENTS}{path_of(event_id)}"
        before = len(self._deliveries(path))
        self.account.api.post(
            f"{path}/resend", {"webhook_ids": [str(self.secret.read()[self.secret.entry(WEBHOOK_SECRET)])]}
        )
        for _ in range(seconds * 2):
            if len(made := self._deliveries(path)) > before:
                if made[-1] not in ("200", "202", "204"):
                    raise OpsError(f"our webhook answered {made[-1]} to an event that PayPal signed")
                return event_id
            time.sleep(0.5)
        raise OpsError(f"PayPal has not delivered {event_id} again within {seconds} s")

    def _deliveries(self, path: str) -> list[str]:
        """The status of each delivery to our address."""
        made = values.objects(self.account.api.get(path), "transmissions")
        return [str(one.get("http_status")) for one in made if one.get("webhook_url") == self.url]


def webhook_address(stage: Stage, aws: AwsClients) -> str:
    """Where the stage hears of PayPal's events."""
    if stage.is_local:
        return f"http://127.0.0.1:{os.environ.get('API_PORT') or '8000'}{PATH}"
    return required_outputs(stage, aws)["WebOrigin"] + PATH


def _types() -> list[JsonObject]:
    return [{"name": name} for name in sorted(SUBSCRIBED)]
