"""Who called AWS for what, as IAM would see it, and what policies allow."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from io import BytesIO
from typing import Any

from attrs import define, field, frozen

from scripts.aws_emulator.server import ACCOUNT, REGION, AwsEmulator

_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


@frozen(order=True)
class Need:
    """A permission that a call needs."""

    action: str
    resource: str


@define(eq=False)
class RecordingAws(AwsEmulator):
    """The emulator, which also records what each of these callers needed. Their access keys distinguish them."""

    callers: frozenset[str] = field(kw_only=True)
    needs: dict[str, set[Need]] = field(factory=dict, kw_only=True)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Note the call, then answer it."""
        caller = re.search(r"Credential=([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if caller and target and caller[1] in self.callers:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(body)
            self.needs.setdefault(caller[1], set()).update(_needs(target.partition(".")[2], json.loads(body or b"{}")))
        return super().__call__(environ, start_response)


def _needs(operation: str, request: Mapping[str, Any]) -> Iterator[Need]:
    if "TransactItems" in request:
        for item in request["TransactItems"]:
            for kind, write in item.items():
                yield Need(f"dynamodb:{_IN_TRANSACTIONS[kind]}", _table(write["TableName"]))
    elif "RequestItems" in request:
        for table in request["RequestItems"]:
            yield Need(f"dynamodb:{operation}", _table(table))
    else:
        yield Need(f"{_service_of(request)}:{operation}", _resource_of(request))


def _service_of(request: Mapping[str, Any]) -> str:
    by = {"TableName": "dynamodb", "SecretId": "secretsmanager", "UserPoolId": "cognito-idp"}
    return next((service for name, service in by.items() if name in request), "sqs")


def _resource_of(request: Mapping[str, Any]) -> str:
    match request:
        case {"TableName": table, "IndexName": index}:
            return f"{_table(table)}/index/{index}"
        case {"TableName": table}:
            return _table(table)
        case {"SecretId": secret}:
            return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{secret}-AbCdEf"
        case {"UserPoolId": pool}:
            return f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool}"
    queue = request.get("QueueName") or str(request["QueueUrl"]).rpartition("/")[2]
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


@frozen
class Policy:
    """An IAM policy document of Allow statements."""

    document: Mapping[str, Any]

    def allows(self, need: Need) -> bool:
        """Whether some statement allows it."""
        return any(
            fnmatchcase(need.action, action) and fnmatchcase(need.resource, resource)
            for action, resource in self._pairs()
        )

    def unused(self, needs: Iterable[Need]) -> set[str]:
        """The actions that nobody needed on the resource they are allowed on."""
        given = set(needs)
        return {
            action
            for action, resource in self._pairs()
            if not any(fnmatchcase(need.action, action) and fnmatchcase(need.resource, resource) for need in given)
        }

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for statement in self.document["Statement"]:
            if statement["Effect"] != "Allow":
                raise ValueError("only Allow is understood here")
            for action in _listed(statement["Action"]):
                for resource in _listed(statement["Resource"]):
                    yield action, resource


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
