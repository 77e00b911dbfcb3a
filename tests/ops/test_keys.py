"""Stripe's keys: stored without ever being an argument, and never those of another mode or another stage."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.preflight import Preflight
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage
from scripts.ops.stripe.secret import WEBHOOK_STAGE, StripeSecret
from tests.support.deployment.emulated_accounts import EmulatedAccounts

TEST = {"STRIPE_SECRET_KEY": "sk_test_0123456789", "STRIPE_PUBLISHABLE_KEY": "pk_test_0123456789"}
LIVE = {"STRIPE_SECRET_KEY": "sk_live_0123456789", "STRIPE_PUBLISHABLE_KEY": "pk_live_0123456789"}


def stored(accounts: EmulatedAccounts, name: str) -> dict[str, Any]:
    """The entries of the secret of this name."""
    answer = accounts.clients("secretsmanager").get_secret_value(SecretId=name)
    entries: dict[str, Any] = json.loads(answer["SecretString"])
    return entries


def test_keys_from_standard_input_join_what_is_stored(accounts: EmulatedAccounts) -> None:
    """Both keys are replaced, the signing secret stays, and no key is printed."""
    before = stored(accounts, "learnermax/stripe-dev")
    tried = accounts.ops("keys", "set", "--stdin", "--dry-run", stage="dev", answer=json.dumps(TEST))
    assert "Nothing was changed" in tried.stderr
    assert stored(accounts, "learnermax/stripe-dev") == before
    result = accounts.ops("keys", "set", "--stdin", stage="dev", answer=json.dumps(TEST))

    assert result.exit_code == 0, result.output
    entries = stored(accounts, "learnermax/stripe-dev")
    assert entries.items() >= TEST.items()
    assert entries["STRIPE_WEBHOOK_SECRET"]
    assert "sk_test" not in result.output
    assert "test mode, ...6789" in result.output


def test_keys_are_asked_for(accounts: EmulatedAccounts) -> None:
    """The secret key is typed without an echo; an empty answer keeps the stored key."""
    accounts.ops("keys", "set", "--stdin", stage="dev", answer=json.dumps(TEST))

    result = accounts.ops("keys", "set", stage="dev", answer="sk_test_another\n\n")

    assert result.exit_code == 0, result.output
    assert "sk_test_another" not in result.output
    entries = stored(accounts, "learnermax/stripe-dev")
    assert (entries["STRIPE_SECRET_KEY"], entries["STRIPE_PUBLISHABLE_KEY"]) == (
        "sk_test_another",
        TEST["STRIPE_PUBLISHABLE_KEY"],
    )


def test_keys_of_the_wrong_mode_are_shown_as_wrong(accounts: EmulatedAccounts) -> None:
    """However they came there: students of prod would pay nothing."""
    name = Stage.named("prod").secret
    before = stored(accounts, name)
    accounts.clients("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(TEST))

    shown = accounts.ops("keys", "show", stage="prod")

    accounts.clients("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(before))
    assert shown.exit_code == 1
    assert "test mode, ...6789" in shown.stdout
    assert "in prod nobody would pay; keys set stores the live ones." in shown.stderr


def test_a_first_secret_is_created(accounts: EmulatedAccounts) -> None:
    """A stage that has no secret gets one."""
    name = f"learnermax/{uuid.uuid4()}"
    stage = Stage(name="prod", variables={"STRIPE_SECRET_NAME": name})

    StripeSecret(stage, AwsClients()).store(LIVE)

    assert stored(accounts, name) == LIVE


@pytest.mark.parametrize(
    ("stage", "given", "sentence"),
    [
        ("dev", LIVE, "these are live keys, only for prod"),
        ("local", LIVE, "these are live keys, only for prod"),
        ("prod", TEST, "these are test keys, and prod takes live keys alone"),
        ("dev", {**TEST, "STRIPE_PUBLISHABLE_KEY": LIVE["STRIPE_PUBLISHABLE_KEY"]}, "One of the keys is a live key"),
        ("dev", {**TEST, "STRIPE_SECRET_KEY": "pk_test_1"}, "STRIPE_SECRET_KEY begins with sk_ or rk_"),
        ("dev", {"STRIPE_WEBHOOK_SECRET": "whsec_1"}, "Give a JSON object with"),
    ],
)
def test_keys_that_would_do_harm_are_not_stored(
    accounts: EmulatedAccounts, stage: str, given: dict[str, str], sentence: str
) -> None:
    """Live keys belong to prod, test keys to every other stage, and both keys to one mode."""
    before = stored(accounts, "learnermax/stripe-dev"), stored(accounts, "learnermax/stripe")

    result = accounts.ops("keys", "set", "--stdin", stage=stage, answer=json.dumps(given))

    assert result.exit_code == 1
    assert sentence in result.output
    assert (stored(accounts, "learnermax/stripe-dev"), stored(accounts, "learnermax/stripe")) == before


def test_another_stages_signing_secret_is_not_overwritten(accounts: EmulatedAccounts) -> None:
    """Two stages that were led to one secret: the second one reads how to get its own."""
    name = f"learnermax/{uuid.uuid4()}"
    dev, prod = (Stage(name=stage, variables={"STRIPE_SECRET_NAME": name}) for stage in ("dev", "prod"))
    StripeSecret(dev, AwsClients()).store(TEST)
    StripeSecret(dev, AwsClients()).store_webhook_secret("whsec_of_dev")

    with pytest.raises(OpsError, match=r"is the stage dev's.*STRIPE_SECRET_NAME"):
        StripeSecret(prod, AwsClients()).store_webhook_secret("whsec_of_prod")

    entries = stored(accounts, name)
    assert (entries["STRIPE_WEBHOOK_SECRET"], entries[WEBHOOK_STAGE]) == ("whsec_of_dev", "dev")


def test_a_secret_from_before_stages_were_named_is_not_overwritten_either(accounts: EmulatedAccounts) -> None:
    """A signing secret of unknown origin, and an endpoint of another stage in the account: it is kept."""
    secrets, name = accounts.clients("secretsmanager"), accounts.account.secret
    before = stored(accounts, name)
    old = {"STRIPE_SECRET_KEY": before["STRIPE_SECRET_KEY"], "STRIPE_WEBHOOK_SECRET": "whsec_of_another"}
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps(old))
    endpoints = accounts.stripe.account.endpoints
    with accounts.stripe.account.lock:
        endpoints["we_other"] = an_endpoint("https://dev.example/api/webhooks/stripe", "dev")

    result = accounts.ops("webhook-endpoint", "ensure")

    with accounts.stripe.account.lock:
        endpoints.pop("we_other")
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps(before))
    assert result.exit_code == 1
    assert "is the stage dev's" in result.output


def an_endpoint(url: str, stage: str) -> dict[str, Any]:
    """An endpoint as Stripe stores it."""
    return {
        "id": "we_other",
        "object": "webhook_endpoint",
        "url": url,
        "status": "enabled",
        "enabled_events": ["*"],
        "api_version": None,
        "livemode": False,
        "created": 1,
        "metadata": {"stage": stage},
    }


@pytest.mark.parametrize(("stage", "live"), [("dev", True), ("prod", False)])
def test_fault_129_the_preflight_refuses_keys_of_the_wrong_mode(
    accounts: EmulatedAccounts, stage: str, live: bool
) -> None:
    """However they came into the secret: nothing is deployed with them."""
    name = f"learnermax/{uuid.uuid4()}"
    keys = {**(LIVE if live else TEST), "STRIPE_WEBHOOK_SECRET": "whsec_1"}
    variables = {**Stage.named(stage).variables, "STRIPE_SECRET_NAME": name}
    accounts.clients("secretsmanager").create_secret(Name=name, SecretString=json.dumps(keys))

    checks = Preflight(Stage(name=stage, variables=variables), AwsClients()).account_checks(
        {"any": "output"}, adopt=True
    )

    [problem] = [check.problem for check in checks if check.what == "keys"]
    assert problem is not None
    assert ("live" if live else "test") in problem
