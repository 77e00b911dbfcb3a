"""`logs`: follow what the functions write, and query it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from attrs import define, field

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.template import saved_queries
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.stage import Stage, read_config
from scripts.ops.terminal.command import Operator, OpsGroup, operated
from scripts.ops.terminal.option_types import Ago
from scripts.ops.terminal.rows import Row

GATEWAY = "gateway"
"""The query of API Gateway's own access log."""

_LOOK_EVERY = 2.0  # seconds
_QUERY_LASTS = 60  # looks
_LINES = 10_000
_LATE = timedelta(minutes=2)
_FUNCTION = click.option("--function", "handler", help="One function, as .chalice/config.json names it; else all.")
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


@click.group(cls=OpsGroup)
def logs() -> None:
    """Follow and query the functions' log lines. They have ids and reasons; names and addresses are not logged."""


@logs.command()
@_FUNCTION
@click.option("--since", type=Ago(), default="10m", show_default=True, help="How far back: 30m, 6h, 2d.")
@click.option("--once", is_flag=True, help="Show what is there, and end.")
@click.option("--raw", is_flag=True, help="Show lines as they were written, with metrics and Lambda's own lines.")
@operated
def follow(operator: Operator, *, handler: str | None, since: timedelta, once: bool, raw: bool) -> None:
    """Show log lines as they come, oldest first; Ctrl-C ends it."""
    tail = LogTail(aws=operator.aws, groups=log_groups(operator.stage, handler), since=datetime.now(UTC) - since)
    while True:
        for line in tail.new():
            if shown := line if raw or operator.out.as_json else readable(line):
                click.echo(shown)
        if once:
            return
        time.sleep(_LOOK_EVERY)


@logs.command()
@click.argument("name", required=False)
@_FUNCTION
@click.option("--since", type=Ago(), default="24h", show_default=True, help="How far back: 30m, 6h, 2d.")
@click.option("--payment", help="The payment session's id, for the query `payment`.")
@operated
def query(operator: Operator, name: str | None, *, handler: str | None, since: timedelta, payment: str | None) -> None:
    """Run a saved query of CloudWatch Logs Insights; without NAME, list them."""
    saved = saved_queries()
    if name is None:
        operator.out.table([{"query": each, "asks": text.strip().replace("\n", " ")} for each, text in saved.items()])
        return
    if name not in saved:
        raise WrongUsageError(f"There is no query {name!r}; there are {', '.join(sorted(saved))}.")
    if (name == "payment") != (payment is not None) or (payment and not _ID.fullmatch(payment)):
        raise WrongUsageError("Give --payment with a payment session's id together with the query `payment`.")
    text = saved[name].replace("PAYMENT", payment or "")
    groups = log_groups(operator.stage, handler)
    rows = run_query(operator.aws, [operator.stage.gateway_logs] if name == GATEWAY else groups, text, since)
    operator.out.table(rows, if_empty="Nothing was found.")


def log_groups(stage: Stage, handler: str | None = None) -> list[str]:
    """The log groups of the stage's functions, or of one.

    Raises:
        OpsError: the local stage has none; make run prints its lines.
        WrongUsageError: there is no such function.
    """
    if stage.is_local:
        raise OpsError("The local stage writes where make run was started.")
    handlers = list(read_config()["lambda_functions"])
    if handler is not None and handler not in handlers:
        raise WrongUsageError(f"There is no function {handler!r}; there are {', '.join(handlers)}.")
    return [f"/aws/lambda/{stage.function_of(each)}" for each in ([handler] if handler else handlers)]


@define(kw_only=True)
class LogTail:
    """The lines of these groups that were not returned yet, from ``since`` on."""

    aws: AwsClients
    groups: list[str]
    since: datetime
    seen: set[str] = field(factory=set)

    def new(self) -> list[str]:
        """New lines in the order of their time. CloudWatch may deliver one some seconds late."""
        found = []
        begin = int(self.since.timestamp() * 1000)
        for group in self.groups:
            client = self.aws("logs")
            pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=begin)
            try:
                events = [event for page in pages for event in page["events"]]
            except client.exceptions.ResourceNotFoundException:
                continue
            found += [event for event in events if event["eventId"] not in self.seen]
        self.seen |= {event["eventId"] for event in found}
        self.since = max(self.since, datetime.now(UTC) - _LATE)
        found.sort(key=lambda event: (event["timestamp"], event["eventId"]))
        return [str(event["message"]).rstrip("\n") for event in found[-_LINES:]]


def readable(line: str) -> str:
    """A log line for a person: time, level, message and its fields; empty for metrics and Lambda's own lines."""
    try:
        written: Any = json.loads(line)
    except ValueError:
        return line if re.search(r"Task timed out|Traceback|Error|Exception", line) else ""
    if not isinstance(written, dict) or "_aws" in written or "message" not in written:
        return ""
    hidden = {"level", "message", "timestamp", "location", "service", "stage", "sampling_rate"}
    fields = " ".join(
        f"{name}={value}" for name, value in written.items() if name not in hidden and not name.startswith("function_")
    )
    at = str(written.get("timestamp", ""))[:19].replace("T", " ")
    text = f"{at} {written.get('level', ''):<7} {written['message']} {fields}".rstrip()
    return "".join(each if each.isprintable() else " " for each in text)


def run_query(
    aws: AwsClients,
    groups: list[str],
    text: str,
    since: timedelta,
    pause: Callable[[float], None] = time.sleep,
) -> list[Row]:
    """The rows that CloudWatch Logs Insights finds.

    Raises:
        OpsError: the query failed, or took longer than two minutes.
    """
    client, now = aws("logs"), datetime.now(UTC)
    started = client.start_query(
        logGroupNames=groups,
        startTime=int((now - since).timestamp()),
        endTime=int(now.timestamp()) + 1,
        queryString=text,
    )["queryId"]
    for _ in range(_QUERY_LASTS):
        answer = client.get_query_results(queryId=started)
        if answer["status"] == "Complete":
            return list(_rows(answer["results"]))
        if answer["status"] not in ("Scheduled", "Running"):
            raise OpsError(f"The query ended as {answer['status']}.")
        pause(_LOOK_EVERY)
    raise OpsError("The query takes longer than two minutes; ask for less time with --since.")


def _rows(results: list[list[dict[str, str]]]) -> Iterator[Row]:
    for result in results:
        yield {cell["field"].lstrip("@"): cell["value"] for cell in result if cell["field"] != "@ptr"}
