"""The event source mappings that lead the queue to its function."""

from __future__ import annotations

from typing import Any

from scripts.ops.aws.clients import AwsClients
from scripts.ops.stage import Stage

WORKER = "settle_queued_event"


def queue_mappings(stage: Stage, aws: AwsClients) -> list[dict[str, Any]]:
    """The mappings of the stage's queue to its worker; one, unless a deployment without Chalice's record made more."""
    arn = f"arn:aws:sqs:{aws.region}:{aws.account()}:{stage.queue}"
    found = aws("lambda").list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
    return [each for each in found if each["FunctionArn"].split(":")[6] == stage.function_of(WORKER)]
