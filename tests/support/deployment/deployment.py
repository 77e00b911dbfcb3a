"""A stage deployed on the emulator by the product's own commands, and its functions taken out of emulated Lambda."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from attrs import frozen
from click.testing import Result
from moto.awslambda.models import lambda_backends

from scripts.aws_emulator.server import ACCOUNT, REGION
from scripts.ops.stage import ROOT
from tests.support.aws.cloudformation import cloudformation, compute_outputs
from tests.support.aws.permissions import RecordingAws
from tests.support.deployment import chalice_on_emulator
from tests.support.deployment.emulated_accounts import EmulatedAccounts, emulated_accounts
from tests.support.deployment.lambda_runtime import LambdaRig

STAGE = "dev"
STACK = "learnermax-education-dev"
PAGES, RECORDS = f"learnermax-dev-pages-{ACCOUNT}", f"learnermax-dev-records-{ACCOUNT}"
FUNCTIONS = {
    "api_handler": STACK,
    **{name: f"{STACK}-{name}" for name in ("settle_queued_event", "reconcile", "catch_up", "recount")},
}


@frozen
class Deployment:
    """The stage dev in the emulated accounts. ``chalice`` is the chalice program, adapted to the emulator."""

    accounts: EmulatedAccounts
    aws: RecordingAws
    chalice: Path
    target: Path

    def deploy(self, *words: str) -> Result:
        """Run the deploy command."""
        return self.accounts.ops("deploy", "--no-smoke", *self.where, *words, stage=STAGE)

    @property
    def where(self) -> tuple[str, ...]:
        """The options that lead to the program and the build."""
        return ("--chalice", str(self.chalice), "--target", str(self.target))

    def record(self) -> dict[str, Any]:
        """What Chalice has recorded."""
        answer = self.accounts.clients("s3").get_object(Bucket=RECORDS, Key="dev.json")
        record: dict[str, Any] = json.loads(answer["Body"].read())
        return record

    def api_id(self) -> str:
        """The id of the only API there is."""
        [api] = self.accounts.clients("apigateway").get_rest_apis()["items"]
        return str(api["id"])

    def pages(self) -> set[str]:
        """The names of all published pages."""
        return {each["Key"] for each in self.accounts.clients("s3").list_objects_v2(Bucket=PAGES)["Contents"]}

    def functions(self) -> dict[str, dict[str, Any]]:
        """The configuration of every deployed function."""
        found = self.accounts.clients("lambda").list_functions()["Functions"]
        return {each["FunctionName"]: each for each in found}

    def code(self, function: str, target: Path) -> Path:
        """A function's code, unpacked."""
        stored = lambda_backends[ACCOUNT][REGION].get_function(function)
        with zipfile.ZipFile(BytesIO(stored.code_bytes)) as packed:
            packed.extractall(target)
        return target

    def start(self, name: str, task: Path, runtime: Path) -> LambdaRig:
        """The function under the Lambda bootstrap, as it is configured but for where the emulators are."""
        function = self.functions()[FUNCTIONS[name]]
        return LambdaRig(
            task=task,
            handler=function["Handler"],
            runtime=runtime,
            environment={
                **function["Environment"]["Variables"],
                "STAGE": "test",  # only a test stage may talk to an emulated Stripe
                "STRIPE_API_BASE": self.accounts.stripe.url,
                "AWS_ENDPOINT_URL": self.aws.url,
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": name,  # by which the emulator tells callers apart
                "AWS_SECRET_ACCESS_KEY": "local",
            },
        )

    def policy(self, name: str) -> dict[str, Any]:
        """The policy of a function's own role."""
        role = self.functions()[FUNCTIONS[name]]["Role"].rpartition("/")[2]
        iam = self.accounts.clients("iam")
        [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document: dict[str, Any] = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        return document


@contextmanager
def a_deployment(directory: Path) -> Iterator[Deployment]:
    """The stage dev, provisioned and deployed once."""
    aws = RecordingAws(callers=frozenset(FUNCTIONS))
    with emulated_accounts(aws) as accounts, cloudformation(accounts.clients):
        provisioned = accounts.ops("provision", "--gateway-logs", "--yes", stage=STAGE)
        assert provisioned.exit_code == 0, provisioned.output
        compute_outputs(STACK)
        seeded = accounts.ops("courses", "seed", str(ROOT / "scripts" / "stack" / "courses.json"), stage=STAGE)
        assert seeded.exit_code == 0, seeded.output
        deployment = Deployment(accounts, aws, _program(directory / "chalice"), directory / "build")
        deployed = deployment.deploy()
        assert deployed.exit_code == 0, deployed.output
        yield deployment


def _program(path: Path) -> Path:
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{chalice_on_emulator.__file__}" "$@"\n')
    path.chmod(0o755)
    return path
