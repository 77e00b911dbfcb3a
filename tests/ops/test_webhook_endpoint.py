"""Stripe's webhook endpoint: made, looked at, mended, rolled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.stripe.events import API_VERSION, SUBSCRIBED
from tests.support.deployment.aws_account import SECRET_KEY, Town

URL = "http://127.0.0.1:8000/api/webhooks/stripe"


@pytest.fixture(autouse=True)
def as_found(town: Town) -> Iterator[None]:
    """Each test begins without endpoints, and with the secret as it was handed over."""
    with town.stripe.world.lock:
        town.stripe.world.endpoints.clear()
        town.stripe.world.endpoint_secrets.clear()
    keep(town, {"STRIPE_SECRET_KEY": SECRET_KEY, "STRIPE_PUBLISHABLE_KEY": "pk_test_town", "other": "kept"})
    yield
    keep(town, {"STRIPE_SECRET_KEY": SECRET_KEY, "STRIPE_PUBLISHABLE_KEY": "pk_test_town"})


def keep(town: Town, entries: dict[str, str]) -> None:
    """Store the secret."""
    town.clients("secretsmanager").put_secret_value(SecretId=town.account.secret, SecretString=json.dumps(entries))


def kept(town: Town, version: str = "AWSCURRENT") -> dict[str, str]:
    """The stored secret."""
    answer = town.clients("secretsmanager").get_secret_value(SecretId=town.account.secret, VersionStage=version)
    entries: dict[str, str] = json.loads(answer["SecretString"])
    return entries


def endpoint(town: Town, **changes: Any) -> dict[str, Any]:
    """The only endpoint, changed as told."""
    with town.stripe.world.lock:
        [body] = town.stripe.world.endpoints.values()
        body |= changes
    return dict(body)


def test_the_endpoint_is_made_and_its_secret_stored(town: Town) -> None:
    """Exactly our events, our API version; the secret joins the other entries; a second run changes nothing."""
    town.emitted("webhook-endpoint", "ensure")

    made, secret = endpoint(town), kept(town)
    assert frozenset(made["enabled_events"]) == SUBSCRIBED
    assert (made["api_version"], made["url"]) == (API_VERSION, URL)
    assert secret["STRIPE_WEBHOOK_SECRET"] == town.stripe.world.endpoint_secrets[made["id"]]
    assert (secret["STRIPE_SECRET_KEY"], secret["other"]) == (SECRET_KEY, "kept")
    again = town.ops("webhook-endpoint", "ensure")
    assert "nothing was changed" in again.stderr
    assert (endpoint(town), kept(town)) == (made, secret)
    assert town.emitted("webhook-endpoint", "verify")["problems"] == []


def test_a_dry_run_makes_nothing(town: Town) -> None:
    """With --dry-run neither Stripe nor the secret is touched."""
    before = kept(town)

    assert town.ops("webhook-endpoint", "ensure", "--dry-run").exit_code == 0

    assert town.stripe.world.endpoints == {}
    assert kept(town) == before


def test_the_secret_is_never_shown(town: Town) -> None:
    """No command says the signing secret or the key."""
    said = town.ops("webhook-endpoint", "ensure").output + town.ops("webhook-endpoint", "verify", "--json").output

    assert kept(town)["STRIPE_WEBHOOK_SECRET"] not in said
    assert SECRET_KEY not in said


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"status": "disabled"}, "it is disabled"),
        ({"enabled_events": ["checkout.session.completed"]}, "it does not get checkout.session.async_payment_failed"),
        ({"enabled_events": [*SUBSCRIBED, "invoice.paid"]}, "it gets what nobody asked for: invoice.paid"),
        ({"enabled_events": ["*"]}, "it gets what nobody asked for: *"),
        ({"api_version": "2025-10-29.clover"}, "its events are of API version 2025-10-29.clover"),
        ({"livemode": True}, "it is of the other mode"),
    ],
)
def test_what_is_wrong_with_the_endpoint_is_told(town: Town, changes: dict[str, Any], problem: str) -> None:
    """Each defect of an endpoint is a problem, and the status is 1."""
    town.emitted("webhook-endpoint", "ensure")
    endpoint(town, **changes)

    result = town.ops("webhook-endpoint", "verify")

    assert result.exit_code == 1
    assert problem in result.stderr


def test_a_missing_or_doubled_endpoint_is_told(town: Town) -> None:
    """None at the address, or two, is wrong; so is a secret without the signing secret."""
    assert "there is no endpoint" in town.ops("webhook-endpoint", "verify").stderr
    town.emitted("webhook-endpoint", "ensure")
    town.emitted("webhook-endpoint", "roll", "--yes")
    assert "there are 2 endpoints" in town.ops("webhook-endpoint", "verify").stderr
    keep(town, {"STRIPE_SECRET_KEY": SECRET_KEY})
    assert "the secret has no STRIPE_WEBHOOK_SECRET" in town.ops("webhook-endpoint", "verify").stderr


def test_an_endpoint_of_other_events_is_mended(town: Town) -> None:
    """Ensure subscribes to exactly our events and enables; what would be mended is told beforehand."""
    town.emitted("webhook-endpoint", "ensure")
    endpoint(town, enabled_events=["invoice.paid"], status="disabled")

    would = town.emitted("webhook-endpoint", "ensure", "--dry-run")
    assert len(would) == 3
    assert endpoint(town)["status"] == "disabled"
    assert town.emitted("webhook-endpoint", "ensure")["problems"] == []


def test_an_endpoint_of_another_version_cannot_be_mended(town: Town) -> None:
    """A version stays for good: ensure says so, and roll puts one of the right version beside it."""
    town.emitted("webhook-endpoint", "ensure")
    endpoint(town, api_version="2025-10-29.clover")

    assert town.ops("webhook-endpoint", "ensure").exit_code == 1
    town.emitted("webhook-endpoint", "roll", "--yes")
    town.emitted("webhook-endpoint", "roll", "--finish", "--yes")

    assert town.emitted("webhook-endpoint", "verify")["api_version"] == API_VERSION


def test_an_endpoint_whose_secret_was_lost_is_rolled(town: Town) -> None:
    """Stripe tells a secret once, so an endpoint without a stored one needs a new one."""
    town.emitted("webhook-endpoint", "ensure")
    keep(town, {"STRIPE_SECRET_KEY": SECRET_KEY})

    result = town.ops("webhook-endpoint", "ensure")

    assert result.exit_code == 1
    assert "roll makes a new one" in result.stderr


def test_rolling_keeps_both_until_it_is_finished(town: Town) -> None:
    """The new secret is current, the old one previous; finishing removes the older endpoint only; twice is refused."""
    town.emitted("webhook-endpoint", "ensure")
    old = kept(town)["STRIPE_WEBHOOK_SECRET"]

    assert town.ops("webhook-endpoint", "roll", typed="n\n").exit_code == 1
    assert town.ops("webhook-endpoint", "roll", "--dry-run").exit_code == 0
    assert len(town.stripe.world.endpoints) == 1
    town.emitted("webhook-endpoint", "roll", "--yes")

    new = kept(town)["STRIPE_WEBHOOK_SECRET"]
    assert new != old == kept(town, "AWSPREVIOUS")["STRIPE_WEBHOOK_SECRET"]
    assert set(town.stripe.world.endpoint_secrets.values()) == {old, new}
    assert town.ops("webhook-endpoint", "roll", "--yes").exit_code == 1
    assert len(town.emitted("webhook-endpoint", "roll", "--finish", "--yes")) == 1
    assert list(town.stripe.world.endpoint_secrets.values()) == [new]
    assert "nothing was changed" in town.ops("webhook-endpoint", "roll", "--finish", "--yes").stderr


def test_without_a_secret_to_add_to_nothing_is_made(town: Town) -> None:
    """Where the keys are missing, the command says so before it asks Stripe for anything."""
    keep(town, {"other": "kept"})

    result = town.ops("webhook-endpoint", "ensure")

    assert result.exit_code == 1
    assert "has no STRIPE_SECRET_KEY" in result.stderr
    assert town.stripe.world.endpoints == {}
