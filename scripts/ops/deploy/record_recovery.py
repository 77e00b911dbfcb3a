"""Recovers Chalice's record from the resources in the AWS account.

Chalice finds functions and roles by name, but the API, the event source mapping and the rules only by its record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.deployment_record import Resources
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage


def recover_record(stage: Stage, aws: AwsClients, api_stage: str, handlers: Iterable[str]) -> str:
    """The record of the deployed resources, as Chalice would have written it.

    Raises:
        OpsError: more than one API could be the stage's.
    """
    resources = [
        *(each for name in handlers for each in _function(stage, aws, name)),
        *_mapping(stage, aws),
        *_api(stage, aws, api_stage),
    ]
    return json.dumps({"resources": resources, "schema_version": "2.0", "backend": "api"}, indent=2)


def _function(stage: Stage, aws: AwsClients, name: str) -> Iterator[dict[str, Any]]:
    functions, iam, events = aws("lambda"), aws("iam"), aws("events")
    function, role = stage.function_of(name), stage.role_of(name)
    try:
        found = iam.get_role(RoleName=role)["Role"]
        yield {"name": f"{name}_role", "resource_type": "iam_role", "role_arn": found["Arn"], "role_name": role}
        arn = functions.get_function_configuration(FunctionName=function)["FunctionArn"]
        yield {"name": name, "resource_type": "lambda_function", "lambda_arn": arn}
        rule = events.describe_rule(Name=f"{function}-event")["Name"]
        yield {"name": f"{name}-event", "resource_type": "cloudwatch_event", "rule_name": rule}
    except (
        iam.exceptions.NoSuchEntityException,
        functions.exceptions.ResourceNotFoundException,
        events.exceptions.ResourceNotFoundException,
    ):
        # The function does not exist, or has no schedule.
        return


def _mapping(stage: Stage, aws: AwsClients) -> Resources:
    queue_arn = f"arn:aws:sqs:{aws.region}:{aws.account()}:{stage.queue}"
    found = aws("lambda").list_event_source_mappings(EventSourceArn=queue_arn)["EventSourceMappings"]
    return [
        {
            "name": "settle_queued_event-sqs-event-source",
            "resource_type": "sqs_event",
            "queue_arn": queue_arn,
            "event_uuid": each["UUID"],
            "queue": stage.queue,
            "lambda_arn": ":".join(each["FunctionArn"].split(":")[:7]),  # without the alias, as Chalice records it
        }
        for each in found[:1]
    ]


def apis_of(stage: Stage, aws: AwsClients, api_stage: str) -> list[str]:
    """The ids of the APIs that are deployed as this stage; one, but for deployments without Chalice's record."""
    client = aws("apigateway")
    pages = client.get_paginator("get_rest_apis").paginate()
    named = [api["id"] for page in pages for api in page["items"] if api["name"] == stage.app]
    # All stages' APIs have the same name; the deployed API stage distinguishes them.
    return [each for each in named if api_stage in _stages(client, each)]


def _api(stage: Stage, aws: AwsClients, api_stage: str) -> Resources:
    matching = apis_of(stage, aws, api_stage)
    if len(matching) > 1:
        raise OpsError(f"More than one API has a stage {api_stage}: {', '.join(matching)}. Delete those not in use.")
    return [
        {
            "name": "rest_api",
            "resource_type": "rest_api",
            "rest_api_id": each,
            "rest_api_url": f"https://{each}.execute-api.{aws.region}.amazonaws.com/{api_stage}/",
        }
        for each in matching
    ]


def _stages(client: Any, api_id: str) -> set[str]:
    return {each["stageName"] for each in client.get_stages(restApiId=api_id)["item"]}
