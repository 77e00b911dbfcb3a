"""The CloudFormation stack of a stage: outputs, parameters, change sets."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from attrs import field, frozen
from botocore.exceptions import ClientError, WaiterError

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.template import INLINE_LIMIT, template_body
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage

_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_POLL = {"Delay": 5, "MaxAttempts": 360}  # half an hour: a CloudFront distribution takes minutes
_POLL_CHANGES = {"Delay": 2, "MaxAttempts": 150}
_PRIVATE = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}


@frozen(kw_only=True)
class Plan:
    """A change set: what applying the template would change. ``changes`` is empty if the stack is up to date."""

    name: str
    changes: tuple[Mapping[str, str], ...]
    creates: bool


@frozen
class Stack:
    """The stack of this name; ``time_budget`` is the polling of its waiters.

    A template of more than ``inline_limit`` bytes lies in a bucket of the account, which is made for that.
    """

    aws: AwsClients
    name: str
    time_budget: Mapping[str, int] = field(factory=lambda: dict(_POLL))
    inline_limit: int = INLINE_LIMIT

    def outputs(self) -> dict[str, str]:
        """The stack's outputs by name; empty if there is no stack."""
        found = self._described()
        return {each["OutputKey"]: each["OutputValue"] for each in (found or {}).get("Outputs", ())}

    def parameters(self) -> dict[str, str]:
        """The stack's parameters by name; empty if there is no stack."""
        found = self._described()
        return {each["ParameterKey"]: each["ParameterValue"] for each in (found or {}).get("Parameters", ())}

    def status(self) -> str | None:
        """The stack's status, such as "UPDATE_COMPLETE"; None if there is no stack."""
        found = self._described()
        return str(found["StackStatus"]) if found else None

    def plan(self, parameters: Mapping[str, str]) -> Plan:
        """Create a change set of the template with these parameters; parameters not given keep their values.

        Raises:
            OpsError: CloudFormation rejects the change.
        """
        creates, before = self._described() is None, self.parameters()
        template = self._template({**before, **parameters})
        known = {} if creates else self._still_taken(before, template)
        name = f"ops-{uuid.uuid4()}"
        try:
            self._client.create_change_set(
                StackName=self.name,
                ChangeSetName=name,
                ChangeSetType="CREATE" if creates else "UPDATE",
                **template,
                Capabilities=["CAPABILITY_NAMED_IAM"],
                Parameters=[
                    {"ParameterKey": key, "ParameterValue": value} for key, value in {**known, **parameters}.items()
                ],
            )
        except ClientError as error:
            if _says_no_changes(str(error)):
                return Plan(name=name, changes=(), creates=creates)
            raise
        plan = Plan(name=name, changes=self._changes(name), creates=creates)
        if not plan.changes:
            self.discard(plan)
        return plan

    def apply(self, plan: Plan) -> None:
        """Execute the change set and wait for its end.

        Raises:
            OpsError: it failed, and CloudFormation has rolled it back.
        """
        self._client.execute_change_set(StackName=self.name, ChangeSetName=plan.name)
        waiter = self._client.get_waiter("stack_create_complete" if plan.creates else "stack_update_complete")
        try:
            waiter.wait(StackName=self.name, WaiterConfig=dict(self.time_budget))
        except WaiterError as error:
            raise OpsError(f"The stack {self.name} is {self.status()}: {self._first_failure()}") from error

    def discard(self, plan: Plan) -> None:
        """Delete the change set, and the empty stack that creating a first change set leaves."""
        self._client.delete_change_set(StackName=self.name, ChangeSetName=plan.name)
        if plan.creates:
            self._client.delete_stack(StackName=self.name)

    @property
    def _client(self) -> Any:
        return self.aws("cloudformation")

    def _template(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """The template for these parameters, as CloudFormation's requests name it."""
        body = template_body(parameters)
        if len(body.encode()) <= self.inline_limit:
            return {"TemplateBody": body}
        client, region = self.aws("s3"), self.aws.region
        bucket, key = f"learnermax-templates-{self.aws.account()}-{region}", f"{self.name}.json"
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        with suppress(client.exceptions.BucketAlreadyOwnedByYou):
            client.create_bucket(Bucket=bucket, **where)
            client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=_PRIVATE)
        client.put_object(Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/json")
        return {"TemplateURL": f"https://{bucket}.s3.{region}.amazonaws.com/{key}"}

    def _still_taken(self, parameters: Mapping[str, str], template: Mapping[str, str]) -> dict[str, str]:
        """The parameters that the template still declares."""
        taken = self._client.get_template_summary(**template)["Parameters"]
        names = {each["ParameterKey"] for each in taken}
        return {name: value for name, value in parameters.items() if name in names}

    def _described(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ValidationError":
                return None
            raise
        return None if found["StackStatus"] in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE") else found

    def _changes(self, name: str) -> tuple[Mapping[str, str], ...]:
        which = {"StackName": self.name, "ChangeSetName": name}
        try:
            self._client.get_waiter("change_set_create_complete").wait(**which, WaiterConfig=dict(_POLL_CHANGES))
        except WaiterError as error:
            reason = str(self._client.describe_change_set(**which).get("StatusReason", ""))
            if _says_no_changes(reason):
                return ()
            raise OpsError(f"CloudFormation cannot change the stack {self.name}: {reason}") from error
        pages = self._client.get_paginator("describe_change_set").paginate(**which)
        found = [
            _change(each["ResourceChange"]) for page in pages for each in page["Changes"] if "ResourceChange" in each
        ]
        return tuple(found) or ({"action": "Modify", "resource": "outputs", "kind": "-", "replaced": "no"},)

    def _first_failure(self) -> str:
        events = self._client.describe_stack_events(StackName=self.name)["StackEvents"]
        failed = [each for each in events if str(each.get("ResourceStatus", "")).endswith("_FAILED")]
        return "; ".join(f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', '')}" for each in failed[-3:])


def stack_outputs(stage: Stage, aws: AwsClients) -> dict[str, str]:
    """The outputs of the stage's stack by name; empty if there is no stack."""
    return Stack(aws, stage.stack).outputs()


def pool_to_delete_from(stage: Stage, aws: AwsClients) -> str | None:
    """The ARN of the user pool from which the accounts of deleted students are deleted, None if they are left alone.

    ``DELETE_SIGN_INS`` in the stage's variables decides; without it, whether the pool is the stack's own: of one that
    existed before, others may have a use.
    """
    stack = Stack(aws, stage.stack)
    parameters = stack.parameters()
    own = "yes" if parameters and not parameters.get("ExistingUserPoolId") else "no"
    wanted = stage.variables.get("DELETE_SIGN_INS", own) == "yes"
    return stack.outputs().get("UserPoolArn") if wanted else None


def required_outputs(stage: Stage, aws: AwsClients) -> dict[str, str]:
    """The outputs of the stage's stack by name.

    Raises:
        OpsError: there is no stack.
    """
    outputs = stack_outputs(stage, aws)
    if not outputs:
        raise OpsError(f"The stack {stage.stack} does not exist; run provision first.")
    return outputs


def _says_no_changes(reason: str) -> bool:
    return any(sentence in reason for sentence in _NO_CHANGES)


def _change(change: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        "action": change["Action"],
        "resource": change["LogicalResourceId"],
        "kind": change["ResourceType"],
        "replaced": {"True": "YES", "Conditional": "perhaps"}.get(str(change.get("Replacement")), "no"),
    }
