"""Whether API Gateway may write logs: a setting of the whole account and region, by a role that it takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.errors import OpsError

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
# What AWS's own policy for this purpose allows; API Gateway refuses a role that may do less.
_WRITE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:FilterLogEvents",
                "logs:GetLogEvents",
                "logs:PutLogEvents",
            ],
            "Resource": "*",
        }
    ],
}
_ATTEMPTS, _BETWEEN = 6, 5.0  # a new role is known everywhere after some seconds


@frozen
class GatewayLogs:
    """The setting, and the role ``role`` for an account that has none."""

    aws: AwsClients
    role: str
    pause: Callable[[float], None] = field(default=time.sleep)

    def are_allowed(self) -> bool:
        """Whether API Gateway has a role to write logs with."""
        return bool(self.aws("apigateway").get_account().get("cloudwatchRoleArn"))

    def allow(self) -> None:
        """Make the role and give it to API Gateway. Safe to repeat.

        Raises:
            OpsError: API Gateway does not take the role.
        """
        arn, client = self._role(), self.aws("apigateway")
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                client.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}])
            except client.exceptions.BadRequestException as error:
                if attempt == _ATTEMPTS:
                    raise OpsError(f"API Gateway does not take the role {self.role}: {_message(error)}") from error
                self.pause(_BETWEEN)
            else:
                return

    def _role(self) -> str:
        iam = self.aws("iam")
        try:
            made = iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=json.dumps(_TRUST))
        except iam.exceptions.EntityAlreadyExistsException:
            made = iam.get_role(RoleName=self.role)
        iam.put_role_policy(RoleName=self.role, PolicyName="write-logs", PolicyDocument=json.dumps(_WRITE))
        return str(made["Role"]["Arn"])


def _message(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))
