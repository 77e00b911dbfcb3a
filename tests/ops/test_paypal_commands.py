"""PayPal for operators: keys, preflight, the webhook, and status."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.paypal.events import SUBSCRIBED
from scripts.ops.aws.clients import AwsClients
from scripts.ops.aws.provider_secret import ProviderSecret
from scripts.ops.deploy.preflight import Preflight
from scripts.ops.errors import OpsError
from scripts.ops.paypal.account import mode_problem
from scripts.ops.stage import Stage
from scripts.paypal_emulator import PayPalEmulator
from tests.support.deployment.emulated_accounts import EmulatedAccounts
from tests.support.payment_providers.paypal import known_certificates

NAME = "learnermax/paypal"
KEYS = {"PAYPAL_SECRET_KEY": "paypal-secret-local", "PAYPAL_PUBLISHABLE_KEY": "paypal-client-local"}
OF_PAYPAL = ("--provider", "paypal")


@pytest.fixture
def paypal(accounts: EmulatedAccounts) -> Iterator[PayPalEmulator]:
    """PayPal's side, and a local stage that sells there too, with keys and without a webhook."""
    before = {name: os.environ.get(name) for name in ("PAYPAL_API_BASE", "PAYMENT_PROVIDERS")}
    with PayPalEmulator(certificates=known_certificates()) as emulator:
        os.environ |= {"PAYPAL_API_BASE": emulator.url, "PAYMENT_PROVIDERS": "stripe,paypal"}
        store(accounts, KEYS)
        try:
            yield emulator
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def store(accounts: EmulatedAccounts, entries: dict[str, str], name: str = NAME) -> None:
    """These are the entries of the secret."""
    secrets = accounts.clients("secretsmanager")
    known = {each["Name"] for each in secrets.list_secrets()["SecretList"]}
    if name in known:
        secrets.put_secret_value(SecretId=name, SecretString=json.dumps(entries))
    else:
        secrets.create_secret(Name=name, SecretString=json.dumps(entries))


def stored(accounts: EmulatedAccounts) -> dict[str, Any]:
    """The entries of the secret."""
    found: dict[str, Any] = json.loads(
        accounts.clients("secretsmanager").get_secret_value(SecretId=NAME)["SecretString"]
    )
    return found


def test_keys_are_stored_once_paypal_takes_them(accounts: EmulatedAccounts, paypal: PayPalEmulator) -> None:
    """They do not say themselves whether they are right, so PayPal is asked; none is printed."""
    store(accounts, {"other": "kept"})

    done = accounts.ops("keys", "set", "--stdin", *OF_PAYPAL, answer=json.dumps(KEYS))

    assert done.exit_code == 0, done.output
    assert stored(accounts) == {**KEYS, "other": "kept"}
    assert "paypal-secret-local" not in done.output
    assert "sandbox mode, ...ocal" in done.output
    assert accounts.ops_json("keys", "show", *OF_PAYPAL)["PAYPAL_WEBHOOK_SECRET"] is None
    assert paypal.calls["webhooks"] == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"PAYPAL_SECRET_KEY": "another"}, "PayPal does not take these keys in sandbox mode"),
        ({"STRIPE_SECRET_KEY": "sk_test_1"}, "Give a JSON object with PAYPAL_SECRET_KEY and PAYPAL_PUBLISHABLE_KEY"),
        ({"PAYPAL_PUBLISHABLE_KEY": ""}, "PAYPAL_PUBLISHABLE_KEY must be given"),
    ],
)
def test_keys_that_are_wrong_are_not_stored(
    accounts: EmulatedAccounts, paypal: PayPalEmulator, given: dict[str, str], sentence: str
) -> None:
    """What was stored stays."""
    result = accounts.ops("keys", "set", "--stdin", *OF_PAYPAL, answer=json.dumps(given))

    assert result.exit_code == 1
    assert sentence in result.output
    assert stored(accounts) == KEYS
    assert paypal.account.webhooks == {}


def test_keys_are_not_stored_while_paypal_is_silent(accounts: EmulatedAccounts, paypal: PayPalEmulator) -> None:
    """Nobody knows whether they are right."""
    paypal.faults.add({"on": "token", "kind": "unavailable", "times": 5})

    result = accounts.ops("keys", "set", "--stdin", *OF_PAYPAL, answer=json.dumps(KEYS))

    assert result.exit_code == 1
    assert "cannot be asked" in result.output


@pytest.mark.parametrize(
    ("stage", "mode", "sentence"),
    [
        ("prod", None, "in prod nobody would pay"),
        ("prod", "sandbox", "in prod nobody would pay"),
        ("prod", "live", None),
        ("dev", "live", "which only prod may be"),
        ("dev", "sandbox", None),
        ("dev", None, None),
    ],
)
def test_live_money_is_for_prod_alone(
    accounts: EmulatedAccounts, stage: str, mode: str | None, sentence: str | None
) -> None:
    """And prod takes nothing else: the preflight refuses, and keys are not stored."""
    name = f"learnermax/paypal-{stage}-{mode}"
    store(accounts, {**KEYS, "PAYPAL_WEBHOOK_SECRET": "WH-1"}, name)
    own = {"PAYPAL_SECRET_NAME": name, "PAYMENT_PROVIDERS": "paypal", **({"PAYPAL_MODE": mode} if mode else {})}
    configured = Stage(name=stage, variables={**Stage.named(stage).variables, **own})

    checks = Preflight(configured, AwsClients()).account_checks({"any": "output"}, adopt=True)

    [check] = [each for each in checks if each.what == "keys" or name in each.what]
    assert (check.problem is None) is (sentence is None)
    assert (sentence or "") in (check.problem or "")
    assert (mode_problem(configured) is None) is (sentence is None)


@pytest.mark.usefixtures("accounts")
def test_a_mode_that_is_none_is_said() -> None:
    """A misspelt one would sell for play money."""
    with pytest.raises(OpsError, match="PAYPAL_MODE"):
        mode_problem(Stage(name="prod", variables={**Stage.named("prod").variables, "PAYPAL_MODE": "Live"}))


@pytest.mark.parametrize("missing", ["PAYPAL_SECRET_KEY", "PAYPAL_PUBLISHABLE_KEY", "PAYPAL_WEBHOOK_SECRET"])
def test_the_preflight_misses_each_key(accounts: EmulatedAccounts, missing: str) -> None:
    """Only of the providers that the stage has."""
    name = f"learnermax/paypal-without-{missing}"
    entries = {**KEYS, "PAYPAL_WEBHOOK_SECRET": "WH-1"}
    store(accounts, {key: value for key, value in entries.items() if key != missing}, name)
    own = {"PAYPAL_SECRET_NAME": name, "RETIRED_PROVIDERS": "paypal"}
    stage = Stage(name="dev", variables={**Stage.named("dev").variables, **own})

    checks = Preflight(stage, AwsClients()).account_checks({"any": "output"}, adopt=True)

    assert any(missing in (check.problem or "") for check in checks)
    without = Preflight(Stage.named("dev"), AwsClients()).account_checks({"any": "output"}, adopt=True)
    assert not any("PAYPAL" in (check.problem or "") for check in without)


def test_the_webhook_is_registered_and_its_id_stored(accounts: EmulatedAccounts, paypal: PayPalEmulator) -> None:
    """Exactly our events; a second run changes nothing."""
    would = accounts.ops_json("webhook-endpoint", "ensure", "--dry-run", *OF_PAYPAL)
    assert [*would[0].values()] == ["there is no webhook at this address"]
    assert paypal.account.webhooks == {}

    accounts.ops_json("webhook-endpoint", "ensure", *OF_PAYPAL)

    [made] = paypal.account.webhooks.values()
    assert {one["name"] for one in made["event_types"]} == set(SUBSCRIBED)
    assert stored(accounts).items() >= {"PAYPAL_WEBHOOK_SECRET": made["id"], "PAYPAL_WEBHOOK_STAGE": "local"}.items()
    again = accounts.ops("webhook-endpoint", "ensure", *OF_PAYPAL)
    assert "nothing was changed" in again.stderr
    assert accounts.ops_json("webhook-endpoint", "verify", *OF_PAYPAL)["problems"] == []


def test_a_webhook_that_is_wrong_is_repaired(accounts: EmulatedAccounts, paypal: PayPalEmulator) -> None:
    """Other events, or another id than the stored one: each is said, and mended."""
    accounts.ops_json("webhook-endpoint", "ensure", *OF_PAYPAL)
    [made] = paypal.account.webhooks.values()
    made["event_types"] = [{"name": "PAYMENT.CAPTURE.COMPLETED"}, {"name": "BILLING.PLAN.CREATED"}]
    store(accounts, {**stored(accounts), "PAYPAL_WEBHOOK_SECRET": "WH-OLD"})

    said = accounts.ops("webhook-endpoint", "verify", *OF_PAYPAL)

    assert said.exit_code == 1
    for part in ("it does not get CHECKOUT.ORDER.APPROVED", "BILLING.PLAN.CREATED", "no signature would be proven"):
        assert part in said.stderr
    assert accounts.ops_json("webhook-endpoint", "ensure", *OF_PAYPAL)["problems"] == []
    assert stored(accounts)["PAYPAL_WEBHOOK_SECRET"] == made["id"]


def test_another_stages_webhook_is_not_overwritten(accounts: EmulatedAccounts, paypal: PayPalEmulator) -> None:
    """Two stages that were led to one secret."""
    store(accounts, {**KEYS, "PAYPAL_WEBHOOK_SECRET": "WH-DEV", "PAYPAL_WEBHOOK_STAGE": "dev"})

    result = accounts.ops("webhook-endpoint", "ensure", *OF_PAYPAL)

    assert result.exit_code == 1
    assert "is the stage dev's" in result.output
    assert "PAYPAL_SECRET_NAME" in result.output
    assert paypal.account.webhooks == {}
    assert stored(accounts)["PAYPAL_WEBHOOK_SECRET"] == "WH-DEV"


def test_status_says_what_the_app_may_not_do(accounts: EmulatedAccounts, paypal: PayPalEmulator) -> None:
    """Without the list of transactions the night proves nothing, and that is said by day."""
    accounts.ops_json("webhook-endpoint", "ensure", *OF_PAYPAL)
    assert json.loads(accounts.ops("status", "--json").stdout)["paypal webhook"]["problems"] == []
    paypal.account.bookings.may_list = False

    result = accounts.ops("status", "--json")

    assert result.exit_code == 1
    [problem] = json.loads(result.stdout)["paypal webhook"]["problems"]
    assert "may not list transactions" in problem
    assert "gave no list" in accounts.ops_json("payments", "prove", *OF_PAYPAL)["paypal"]["proven"]


def test_status_hides_nothing_while_paypal_is_silent(accounts: EmulatedAccounts, paypal: PayPalEmulator) -> None:
    """The section has the problem; the others are there."""
    paypal.faults.add({"on": "webhooks", "kind": "unavailable", "times": 5})

    sections = json.loads(accounts.ops("status", "--json").stdout)

    assert "problem" in sections["paypal webhook"]
    assert "in_review" in sections["payments"]


def test_commands_are_about_one_provider_on_request(accounts: EmulatedAccounts, paypal: PayPalEmulator) -> None:
    """While the other does not answer, say."""
    accounts.ops_json("webhook-endpoint", "ensure", *OF_PAYPAL)
    assert "stripe" not in accounts.ops_json("payments", "prove", *OF_PAYPAL)
    assert "paypal" not in accounts.ops_json("payments", "prove", "--provider", "stripe")
    assert accounts.ops("catch-up", "--dry-run", *OF_PAYPAL).exit_code == 0
    days = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z")
    assert accounts.ops("payments", "rebuild", *days, *OF_PAYPAL).exit_code == 0
    os.environ["PAYMENT_PROVIDERS"] = "stripe"
    refused = accounts.ops("payments", "prove", *OF_PAYPAL)
    assert refused.exit_code == 1
    assert "The stage has stripe, not paypal" in refused.output
    assert paypal.calls["transactions"] > 0


@pytest.mark.usefixtures("accounts")
def test_the_secret_of_each_provider_has_a_name() -> None:
    """Each entry begins with the provider's name."""
    secret = ProviderSecret(Stage.named("dev"), AwsClients(), "paypal")
    assert (secret.name, secret.entry("SECRET_KEY")) == ("learnermax/paypal-dev", "PAYPAL_SECRET_KEY")
