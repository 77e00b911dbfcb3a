"""A school in a checkout of its own, where a command may change the configuration; students act on its table."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define

from adapters.dynamodb.codec import decode
from scripts.ops.container import ops_container
from scripts.ops.stage import ROOT, Stage, read_config
from scripts.stack.aws_resources import Clients
from tests.support.aws.cloudformation import cloudformation, compute_outputs
from tests.support.deployment import chalice_on_emulator
from tests.support.deployment.emulated_accounts import EmulatedAccounts, emulated_accounts

STAGE = "test"
"""The only stage besides the local one that may use an emulated Stripe."""

TABLE, QUEUE, SECRET = "learnermax-education-drill", "learnermax-payment-events-drill", "learnermax/stripe-drill"
STACK = "learnermax-education-test"
_COPIED = ("adapters", "domain", "frontend", "scripts", "vendor", ".chalice")
_FILES = ("app.py", "pyproject.toml", "requirements.txt")


@define(eq=False)
class Drill:
    """The school: its checkout, its accounts, and the operators' commands run from that checkout."""

    checkout: Path
    accounts: EmulatedAccounts
    chalice: Path

    def ops(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the checkout, as a process."""
        return subprocess.run(
            [sys.executable, "-m", "scripts.ops", *words, "--stage", STAGE],
            cwd=self.checkout,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def done(self, *words: str) -> str:
        """Run a command, which must succeed; returns what it printed."""
        result = self.ops(*words)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def stage(self) -> Stage:
        """The stage as the checkout configures it now."""
        return Stage.named(STAGE, self.checkout / ".chalice" / "config.json")

    def students(self) -> EmulatedAccounts:
        """Students who act on the table that is configured now."""
        known = self.accounts
        return EmulatedAccounts(known.emulated, known.stripe, known.clients, known.account, ops_container(self.stage()))

    def items(self, table: str) -> list[dict[str, Any]]:
        """Every item of a table, as stored."""
        pages = self.accounts.clients("dynamodb").get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"]]

    def put_back(self, items: list[dict[str, Any]], table: str) -> None:
        """Bring the table back to these items: moto restores a table as it is, whatever the point."""
        client = self.accounts.clients("dynamodb")
        for item in self.items(table):
            client.delete_item(TableName=table, Key={name: item[name] for name in ("PK", "SK")})
        for item in items:
            client.put_item(TableName=table, Item=item)

    def enrolled(self, user_id: str, table: str) -> bool:
        """Whether the student has an enrollment in this table."""
        found = map(decode, self.items(table))
        return any(item["PK"] == f"USER#{user_id}" and str(item["SK"]).startswith("COURSE#") for item in found)


@contextmanager
def a_drill(directory: Path) -> Iterator[Drill]:
    """The stage, provisioned and deployed from a checkout of its own."""
    checkout = directory / "checkout"
    with emulated_accounts() as accounts, cloudformation(accounts.clients):
        _check_out(checkout, accounts.stripe.url)
        _store_keys(accounts.clients)
        drill = Drill(checkout, accounts, _program(directory / "chalice"))
        drill.done("provision", "--yes")
        compute_outputs(STACK)
        # The template enables it; moto's CloudFormation does not.
        accounts.clients("dynamodb").update_continuous_backups(
            TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        drill.done("courses", "seed", "scripts/stack/courses.json")
        drill.done("deploy", "--no-smoke", "--chalice", str(drill.chalice))
        yield drill


def _check_out(checkout: Path, stripe_url: str) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "deployed", "deployments", "node_modules")
    for name in _COPIED:
        shutil.copytree(ROOT / name, checkout / name, symlinks=True, ignore=ignored)
    for name in _FILES:
        shutil.copy(ROOT / name, checkout / name)
    path = checkout / ".chalice" / "config.json"
    config = read_config(path)
    stage = json.loads(json.dumps(config["stages"]["dev"]))
    stage["api_gateway_stage"] = STAGE
    stage["environment_variables"] |= {
        "STAGE": STAGE,
        "TABLE_NAME": TABLE,
        "QUEUE_NAME": QUEUE,
        "STRIPE_SECRET_NAME": SECRET,
        "STRIPE_API_BASE": stripe_url,
    }
    for function in stage["lambda_functions"].values():
        name = function["iam_policy_file"]
        function["iam_policy_file"] = name.replace("-dev-", f"-{STAGE}-")
        shutil.copy(path.with_name(name), path.with_name(function["iam_policy_file"]))
    config["stages"][STAGE] = stage
    path.write_text(json.dumps(config, indent=2) + "\n")


def _store_keys(clients: Clients) -> None:
    secrets = clients("secretsmanager")
    entries = secrets.get_secret_value(SecretId="learnermax/stripe-dev")["SecretString"]
    if SECRET in {each["Name"] for each in secrets.list_secrets()["SecretList"]}:
        secrets.put_secret_value(SecretId=SECRET, SecretString=entries)
    else:
        secrets.create_secret(Name=SECRET, SecretString=entries)


def _program(path: Path) -> Path:
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{chalice_on_emulator.__file__}" "$@"\n')
    path.chmod(0o755)
    return path
