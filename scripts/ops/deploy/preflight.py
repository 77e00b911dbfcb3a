"""Checks before a deployment, for everything that would otherwise fail half-way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attrs import frozen
from botocore.exceptions import ClientError

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.checks import Check
from scripts.ops.deploy.deployment_record import DeploymentRecord
from scripts.ops.errors import OpsError
from scripts.ops.providers import keys_problem, live_of, providers_of
from scripts.ops.stage import ROOT, Stage, read_config

CHALICE = "1.34.0"
"""The Chalice version that the deployment was written for and tested with."""

RUNTIMES = ((3, 11), (3, 12), (3, 13), (3, 14))
LEAST_MEMORY = 512
TIMEOUTS_PER_VISIBILITY = 6
"""The queue's visibility timeout in function timeouts, as AWS recommends."""


class ProblemError(Exception):
    """What must be repaired before deploying."""


@frozen
class Preflight:
    """The checks before deploying this stage from the repository at ``root``."""

    stage: Stage
    aws: AwsClients
    root: Path = ROOT

    def local_checks(self) -> tuple[Check, ...]:
        """Checks of this machine and this checkout, without AWS."""
        return tuple(self._run(self._python, self._chalice, self._links, self._config))

    def account_checks(self, outputs: dict[str, str], *, adopt: bool = False) -> tuple[Check, ...]:
        """Checks of the AWS account. ``outputs``: the stack's. ``adopt``: a lost record will be recovered."""
        if not outputs:
            problem = f"the stack {self.stage.stack} does not exist; run provision first"
            return (Check(what="stack", problem=problem),)
        checks: list[Callable[[], str]] = [self._table, self._queue]
        if not adopt:
            checks.append(lambda: self._record(outputs))
        keys = (self._result("keys", lambda each=each: self._keys(each)) for each in providers_of(self.stage))  # type: ignore[misc]
        return (*self._run(*checks), *keys)

    def _run(self, *checks: Callable[[], str]) -> Iterator[Check]:
        for check in checks:
            yield self._result(getattr(check, "__name__", "record").strip("_").replace("<lambda>", "record"), check)

    def _result(self, name: str, check: Callable[[], str]) -> Check:
        try:
            return Check(what=check())
        except (ProblemError, OpsError) as error:
            return Check(what=name, problem=str(error))

    def _python(self) -> str:
        running = sys.version_info[:2]
        if running not in RUNTIMES:
            raise ProblemError(f"Lambda has no runtime for Python {running[0]}.{running[1]}")
        return f"python {running[0]}.{running[1]}, which becomes the functions' runtime"

    def _chalice(self) -> str:
        if (installed := version("chalice")) != CHALICE:
            raise ProblemError(f"chalice is {installed}, and {CHALICE} is the tested version; run make setup")
        return f"chalice {CHALICE}"

    def _links(self) -> str:
        for name in ("domain", "adapters"):
            link = self.root / "vendor" / name
            if not link.is_symlink() or not (link / "__init__.py").is_file():
                raise ProblemError(
                    f"vendor/{name} is not a symlink to {name}/: set core.symlinks in git and check out again"
                )
        return "vendor/ links to domain/ and adapters/"

    def _config(self) -> str:
        config = read_config(self.root / ".chalice" / "config.json")
        wanted = config["stages"][self.stage.name]
        if config.get("api_gateway_endpoint_type") != "REGIONAL":
            raise ProblemError("api_gateway_endpoint_type is not REGIONAL")
        if config.get("lambda_memory_size", 0) < LEAST_MEMORY:
            raise ProblemError(f"lambda_memory_size is below {LEAST_MEMORY}")
        if config.get("autogen_policy") is not False:
            raise ProblemError("autogen_policy is on: Chalice would derive policies from app.py alone")
        functions = wanted.get("lambda_functions", {})
        for name in config["lambda_functions"]:
            policy = functions.get(name, {}).get("iam_policy_file")
            if policy is None or not (self.root / ".chalice" / policy).is_file():
                raise ProblemError(f"{name} has no policy of its own")
        return "configuration: regional, enough memory, a policy for each function"

    def _table(self) -> str:
        table = self._found("dynamodb", "describe_table", TableName=self.stage.table)["Table"]
        indexes = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())}
        if "GSI1" not in indexes:
            raise ProblemError(f"the table {self.stage.table} has no index GSI1")
        return f"table {self.stage.table}"

    def _queue(self) -> str:
        url = self._found("sqs", "get_queue_url", QueueName=self.stage.queue)["QueueUrl"]
        answer = self.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        hidden = int(answer["Attributes"]["VisibilityTimeout"])
        timeout = read_config()["lambda_functions"]["settle_queued_event"]["lambda_timeout"]
        if hidden < TIMEOUTS_PER_VISIBILITY * timeout:
            raise ProblemError(
                f"the visibility timeout is {hidden} s, not {TIMEOUTS_PER_VISIBILITY} times the handler's {timeout} s"
            )
        return f"queue {self.stage.queue}"

    def _keys(self, provider: str) -> str:
        if problem := keys_problem(self.stage, self.aws, provider):
            raise ProblemError(problem)
        return f"secret {self.stage.secret_of(provider)}, {live_of(self.stage, self.aws, provider)} mode"

    def _record(self, outputs: dict[str, str]) -> str:
        records = DeploymentRecord(self.aws, outputs["RecordsBucket"], self.stage)
        if records.resources():
            return "record of the last deployment"
        functions = self.aws("lambda")
        try:
            functions.get_function_configuration(FunctionName=self.stage.function)
        except functions.exceptions.ResourceNotFoundException:
            return "record: this is the first deployment"
        raise ProblemError(
            f"{self.stage.function} is deployed, but its deployment record is lost; restore {self.stage.name}.json "
            f"in the bucket {outputs['RecordsBucket']}, or deploy with --adopt"
        )

    def _found(self, service: str, operation: str, **which: Any) -> Any:
        try:
            return getattr(self.aws(service), operation)(**which)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            raise ProblemError(f"{' '.join(map(str, which.values()))}: {code}") from error
