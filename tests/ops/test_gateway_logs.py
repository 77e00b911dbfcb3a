"""Letting API Gateway write logs: once per account, by a role that takes a while to be known."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from attrs import define, field

from scripts.ops.deploy.gateway_logs import GatewayLogs
from scripts.ops.errors import OpsError

ROLE = "school-gateway-logs"


class AwsProblem(Exception):
    """What a client raises."""

    response: ClassVar[dict[str, Any]] = {"Error": {"Message": "The role ARN does not have required permissions."}}


class Exceptions:
    """The clients' errors by name."""

    BadRequestException = AwsProblem
    EntityAlreadyExistsException = AwsProblem


@define(eq=False)
class Account:
    """An account whose API Gateway refuses a new role ``refusals`` times. It is every client at once."""

    refusals: int = 0
    gateway_role: str | None = None
    roles: dict[str, list[str]] = field(factory=dict)
    exceptions: type[Exceptions] = Exceptions

    def __call__(self, _service: str) -> Any:
        """The client of a service."""
        return self

    def get_account(self) -> dict[str, Any]:
        """What API Gateway may do."""
        return {"cloudwatchRoleArn": self.gateway_role} if self.gateway_role else {}

    def update_account(self, *, patchOperations: list[dict[str, str]]) -> None:  # noqa: N803 - AWS's name
        """Take the role, once it is known."""
        if self.refusals:
            self.refusals -= 1
            raise AwsProblem
        [operation] = patchOperations
        self.gateway_role = operation["value"]

    def create_role(self, *, RoleName: str, AssumeRolePolicyDocument: str) -> dict[str, Any]:  # noqa: N803
        """A role that API Gateway alone may take."""
        if RoleName in self.roles:
            raise AwsProblem
        [statement] = json.loads(AssumeRolePolicyDocument)["Statement"]
        assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
        self.roles[RoleName] = []
        return self.get_role(RoleName=RoleName)

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803
        """The role."""
        return {"Role": {"Arn": f"arn:aws:iam::123456789012:role/{RoleName}"}}

    def put_role_policy(self, *, RoleName: str, PolicyName: str, PolicyDocument: str) -> None:  # noqa: N803
        """What the role may do."""
        assert PolicyName
        [statement] = json.loads(PolicyDocument)["Statement"]
        self.roles[RoleName] = statement["Action"]


def allow(account: Account) -> list[float]:
    """The pauses that it took."""
    pauses: list[float] = []
    GatewayLogs(account, ROLE, pauses.append).allow()  # type: ignore[arg-type]  # as far as it is called
    return pauses


def test_a_role_is_made_and_taken_and_may_do_nothing_but_write_logs() -> None:
    """Doing so again changes nothing."""
    account = Account()
    assert not GatewayLogs(account, ROLE).are_allowed()  # type: ignore[arg-type]
    for _ in range(2):
        assert allow(account) == []
    assert GatewayLogs(account, ROLE).are_allowed()  # type: ignore[arg-type]
    assert account.gateway_role == f"arn:aws:iam::123456789012:role/{ROLE}"
    assert {action.partition(":")[0] for action in account.roles[ROLE]} == {"logs"}


def test_a_new_role_is_offered_until_it_is_known() -> None:
    """Some seconds, at most half a minute; then the sentence is API Gateway's."""
    assert len(allow(Account(refusals=3))) == 3
    with pytest.raises(OpsError, match="does not have required permissions"):
        allow(Account(refusals=99))
