"""Stripe's webhook endpoint: registered, verified, repaired, rolled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from attrs import evolve

from adapters.stripe.events import API_VERSION, SUBSCRIBED
from scripts.ops.stripe.account import StripeAccount
from scripts.ops.stripe.webhook_endpoints import WebhookEndpoints, left_to_people
from tests.support.deployment.emulated_accounts import SECRET_KEY, EmulatedAccounts

URL = "http://127.0.0.1:8000/api/webhooks/stripe"


@pytest.fixture(autouse=True)
def no_endpoints(accounts: EmulatedAccounts) -> Iterator[None]:
    """Each test begins without endpoints, and with the secret as it was handed over."""
    with accounts.stripe.account.lock:
        accounts.stripe.account.endpoints.clear()
        accounts.stripe.account.endpoint_secrets.clear()
    store_secret(
        accounts, {"STRIPE_SECRET_KEY": SECRET_KEY, "STRIPE_PUBLISHABLE_KEY": "pk_test_accounts", "other": "kept"}
    )
    yield
    store_secret(accounts, {"STRIPE_SECRET_KEY": SECRET_KEY, "STRIPE_PUBLISHABLE_KEY": "pk_test_accounts"})


def store_secret(accounts: EmulatedAccounts, entries: dict[str, str]) -> None:
    """Store these entries as the secret."""
    accounts.clients("secretsmanager").put_secret_value(
        SecretId=accounts.account.secret, SecretString=json.dumps(entries)
    )


def stored_secret(accounts: EmulatedAccounts, version: str = "AWSCURRENT") -> dict[str, str]:
    """The stored secret."""
    answer = accounts.clients("secretsmanager").get_secret_value(SecretId=accounts.account.secret, VersionStage=version)
    entries: dict[str, str] = json.loads(answer["SecretString"])
    return entries


def endpoint(accounts: EmulatedAccounts, **changes: Any) -> dict[str, Any]:
    """The only endpoint, with these changes."""
    with accounts.stripe.account.lock:
        [body] = accounts.stripe.account.endpoints.values()
        body |= changes
    return dict(body)


def test_the_endpoint_is_registered_and_its_secret_stored(accounts: EmulatedAccounts) -> None:
    """Exactly our events, our API version; the secret joins the other entries; a second run changes nothing."""
    accounts.ops_json("webhook-endpoint", "ensure")

    made, secret = endpoint(accounts), stored_secret(accounts)
    assert frozenset(made["enabled_events"]) == SUBSCRIBED
    assert (made["api_version"], made["url"]) == (API_VERSION, URL)
    assert secret["STRIPE_WEBHOOK_SECRET"] == accounts.stripe.account.endpoint_secrets[made["id"]]
    assert (secret["STRIPE_SECRET_KEY"], secret["other"]) == (SECRET_KEY, "kept")
    again = accounts.ops("webhook-endpoint", "ensure")
    assert "nothing was changed" in again.stderr
    assert (endpoint(accounts), stored_secret(accounts)) == (made, secret)
    assert accounts.ops_json("webhook-endpoint", "verify")["problems"] == []


def test_a_dry_run_makes_nothing(accounts: EmulatedAccounts) -> None:
    """With --dry-run neither Stripe nor the secret is touched."""
    before = stored_secret(accounts)

    assert accounts.ops("webhook-endpoint", "ensure", "--dry-run").exit_code == 0

    assert accounts.stripe.account.endpoints == {}
    assert stored_secret(accounts) == before


def test_the_secret_is_never_shown(accounts: EmulatedAccounts) -> None:
    """No command prints the signing secret or the key."""
    said = (
        accounts.ops("webhook-endpoint", "ensure").output + accounts.ops("webhook-endpoint", "verify", "--json").output
    )

    assert stored_secret(accounts)["STRIPE_WEBHOOK_SECRET"] not in said
    assert SECRET_KEY not in said


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"status": "disabled"}, "it is disabled"),
        ({"enabled_events": ["checkout.session.completed"]}, "it does not get charge.dispute.closed"),
        ({"enabled_events": [*SUBSCRIBED, "invoice.paid"]}, "it gets events that we do not handle: invoice.paid"),
        ({"enabled_events": ["*"]}, "it gets events that we do not handle: *"),
        ({"api_version": "2025-10-29.clover"}, "its events are of API version 2025-10-29.clover"),
        ({"livemode": True}, "its mode (live or test) differs"),
    ],
)
def test_each_problem_of_the_endpoint_is_reported(
    accounts: EmulatedAccounts, changes: dict[str, Any], problem: str
) -> None:
    """Each defect of an endpoint is a problem, and the status is 1."""
    accounts.ops_json("webhook-endpoint", "ensure")
    endpoint(accounts, **changes)

    result = accounts.ops("webhook-endpoint", "verify")

    assert result.exit_code == 1
    assert problem in result.stderr


def test_a_missing_endpoint_is_reported(accounts: EmulatedAccounts) -> None:
    """None at the address is wrong; so is a secret without the signing secret."""
    assert "there is no endpoint" in accounts.ops("webhook-endpoint", "verify").stderr
    accounts.ops_json("webhook-endpoint", "ensure")
    store_secret(accounts, {"STRIPE_SECRET_KEY": SECRET_KEY})
    assert "the secret has no STRIPE_WEBHOOK_SECRET" in accounts.ops("webhook-endpoint", "verify").stderr


def test_an_endpoint_with_other_events_is_repaired(accounts: EmulatedAccounts) -> None:
    """Ensure subscribes to exactly our events and enables; a dry run prints what would be repaired."""
    accounts.ops_json("webhook-endpoint", "ensure")
    endpoint(accounts, enabled_events=["invoice.paid"], status="disabled")

    would = accounts.ops_json("webhook-endpoint", "ensure", "--dry-run")
    assert len(would) == 3
    assert endpoint(accounts)["status"] == "disabled"
    assert accounts.ops_json("webhook-endpoint", "ensure")["problems"] == []


def test_an_endpoint_of_another_version_cannot_be_repaired(accounts: EmulatedAccounts) -> None:
    """A version stays for good: ensure says so, and roll puts one of the right version beside it."""
    accounts.ops_json("webhook-endpoint", "ensure")
    endpoint(accounts, api_version="2025-10-29.clover")

    assert accounts.ops("webhook-endpoint", "ensure").exit_code == 1
    accounts.ops_json("webhook-endpoint", "roll", "--yes")
    accounts.ops_json("webhook-endpoint", "roll", "--finish", "--yes")

    assert accounts.ops_json("webhook-endpoint", "verify")["api_version"] == API_VERSION


def test_an_endpoint_whose_secret_was_lost_is_rolled(accounts: EmulatedAccounts) -> None:
    """Stripe shows a secret once, so an endpoint without a stored one needs a new one."""
    accounts.ops_json("webhook-endpoint", "ensure")
    store_secret(accounts, {"STRIPE_SECRET_KEY": SECRET_KEY})

    result = accounts.ops("webhook-endpoint", "ensure")

    assert result.exit_code == 1
    assert "roll creates a new one" in result.stderr


def test_rolling_keeps_both_until_it_is_finished(accounts: EmulatedAccounts) -> None:
    """The new secret is current, the old one previous; finishing removes the older endpoint; rolling twice fails."""
    accounts.ops_json("webhook-endpoint", "ensure")
    old = stored_secret(accounts)["STRIPE_WEBHOOK_SECRET"]

    assert accounts.ops("webhook-endpoint", "roll", answer="n\n").exit_code == 1
    assert accounts.ops("webhook-endpoint", "roll", "--dry-run").exit_code == 0
    assert len(accounts.stripe.account.endpoints) == 1
    accounts.ops_json("webhook-endpoint", "roll", "--yes")

    new = stored_secret(accounts)["STRIPE_WEBHOOK_SECRET"]
    assert new != old == stored_secret(accounts, "AWSPREVIOUS")["STRIPE_WEBHOOK_SECRET"]
    assert set(accounts.stripe.account.endpoint_secrets.values()) == {old, new}
    assert accounts.ops("webhook-endpoint", "roll", "--yes").exit_code == 1
    assert len(accounts.ops_json("webhook-endpoint", "roll", "--finish", "--yes")) == 1
    assert list(accounts.stripe.account.endpoint_secrets.values()) == [new]
    assert "nothing was changed" in accounts.ops("webhook-endpoint", "roll", "--finish", "--yes").stderr


def test_a_roll_under_way_is_nothing_wrong(accounts: EmulatedAccounts) -> None:
    """For 25 hours two endpoints are as it should be: verify says what finishes the roll and when, ensure likewise."""
    accounts.ops_json("webhook-endpoint", "ensure")
    old = endpoint(accounts)["id"]
    accounts.ops_json("webhook-endpoint", "roll", "--yes")

    shown = accounts.ops_json("webhook-endpoint", "verify")
    ensured = accounts.ops_json("webhook-endpoint", "ensure", "--dry-run")

    assert shown["problems"] == []
    assert f"webhook-endpoint roll --finish deletes {old}" in shown["roll"]
    assert ensured["roll"] == shown["roll"]
    assert "webhook endpoint" not in str(json.loads(accounts.ops("status", "--json").stdout)["attention"])


def test_a_roll_that_nobody_finished_is_reported(accounts: EmulatedAccounts) -> None:
    """After 25 hours the older secret is refused: the sentence names the command, and ensure leaves it to that."""
    accounts.ops_json("webhook-endpoint", "ensure")
    accounts.ops_json("webhook-endpoint", "roll", "--yes")
    with accounts.stripe.account.lock:
        for body in accounts.stripe.account.endpoints.values():
            body["created"] -= 25 * 3600

    shown = accounts.ops("webhook-endpoint", "verify")
    would = accounts.ops_json("webhook-endpoint", "ensure", "--dry-run")

    assert shown.exit_code == 1
    assert "there are 2 endpoints" in shown.stderr
    assert "was not finished" in shown.stderr
    assert "webhook-endpoint roll --finish" in shown.stderr
    assert [list(row) for row in would] == [["is left as it is"]]
    assert len(accounts.stripe.account.endpoints) == 2


def test_a_second_endpoint_that_somebody_made_is_no_roll(accounts: EmulatedAccounts) -> None:
    """The one that was registered by hand is named, and the dashboard, where it can be deleted."""
    accounts.ops_json("webhook-endpoint", "ensure")
    accounts.stripe.endpoint(url=URL, secret="whsec_by_hand", events=SUBSCRIBED, metadata={})
    with accounts.stripe.account.lock:
        first, by_hand = accounts.stripe.account.endpoints.values()
        first["created"] -= 10

    shown = accounts.ops("webhook-endpoint", "verify")

    assert shown.exit_code == 1
    assert f"{by_hand['id']} was not registered by local" in shown.stderr


def test_a_sandbox_whose_events_are_forwarded_needs_no_endpoint() -> None:
    """Stripe cannot reach this machine: `stripe listen` forwards, and registers nothing at the account."""
    sandbox = StripeAccount(client=stripe.StripeClient("sk_test_x"), livemode=False)
    now = datetime.now(UTC)

    assert list(left_to_people((), WebhookEndpoints(sandbox, URL, "local"), now)) == []
    assert len(list(left_to_people((), WebhookEndpoints(sandbox, URL, "dev"), now))) == 1
    emulated = evolve(sandbox, is_emulated=True)
    assert len(list(left_to_people((), WebhookEndpoints(emulated, URL, "local"), now))) == 1


def test_without_a_secret_to_add_to_nothing_is_made(accounts: EmulatedAccounts) -> None:
    """Where the keys are missing, the command says so before it asks Stripe for anything."""
    store_secret(accounts, {"other": "kept"})

    result = accounts.ops("webhook-endpoint", "ensure")

    assert result.exit_code == 1
    assert "has no STRIPE_SECRET_KEY" in result.stderr
    assert accounts.stripe.account.endpoints == {}


def test_events_that_nobody_takes_show_a_wrong_secret(accounts: EmulatedAccounts) -> None:
    """Nothing else tells a wrong signing secret: the sentence says how many wait, since when, and what to do."""
    accounts.ops_json("webhook-endpoint", "ensure")
    accounts.pay(accounts.checkout())
    account = accounts.stripe.account
    hour_ago = int(account.clock.base()) - 3600
    with account.lock:
        for event in account.events.values():
            event["pending_webhooks"], event["created"] = 1, hour_ago

    result = accounts.ops("webhook-endpoint", "verify")

    with account.lock:
        for event in account.events.values():
            event["pending_webhooks"] = 0
    assert result.exit_code == 1
    assert "events of the last day were not taken" in result.output
    assert "webhook-endpoint roll" in result.output
    assert accounts.ops_json("webhook-endpoint", "verify")["problems"] == []


def test_events_on_their_way_are_no_problem(accounts: EmulatedAccounts) -> None:
    """Stripe has just made them."""
    accounts.ops_json("webhook-endpoint", "ensure")
    accounts.pay(accounts.checkout())
    with accounts.stripe.account.lock:
        for event in accounts.stripe.account.events.values():
            event["pending_webhooks"], event["created"] = 1, int(accounts.stripe.account.clock.base())

    shown = accounts.ops("webhook-endpoint", "verify")

    with accounts.stripe.account.lock:
        for event in accounts.stripe.account.events.values():
            event["pending_webhooks"] = 0
    assert shown.exit_code == 0, shown.output
