"""Following and querying what the functions write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from scripts.ops.aws.clients import AwsClients
from scripts.ops.commands.logs import LogTail, log_groups, readable
from scripts.ops.stage import Stage, read_config
from tests.support.deployment.emulated_accounts import EmulatedAccounts

GROUP = "/aws/lambda/learnermax-education-dev-reconcile"
LINE = {
    "level": "WARNING",
    "location": "x:1",
    "message": "DifferenceFound",
    "timestamp": "2026-01-31 12:00:00,123+0000",
    "service": "s",
    "stage": "dev",
    "reason": "completed",
    "payment_session_id": "ps_1",
    "function_name": "f",
}


@pytest.fixture
def group(accounts: EmulatedAccounts) -> Iterator[str]:
    """The log group of one function, with lines of each kind; the other functions have written nothing yet."""
    logs = accounts.clients("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="one")
    at = int(datetime.now(UTC).timestamp() * 1000)
    lines = [
        "START RequestId: 1",
        json.dumps(LINE),
        json.dumps({"_aws": {}, "Reconciled": [1]}),
        "Task timed out after 3",
    ]
    logs.put_log_events(
        logGroupName=GROUP,
        logStreamName="one",
        logEvents=[{"timestamp": at + number, "message": line} for number, line in enumerate(lines)],
    )
    yield GROUP
    logs.delete_log_group(logGroupName=GROUP)


def test_lines_are_shown_for_people_and_without_metrics(accounts: EmulatedAccounts, group: str) -> None:
    """Time, level, message and its fields; what is wrong in Lambda's own lines; no metrics, unless asked for."""
    shown = accounts.ops("logs", "follow", "--once", stage="dev")
    raw = accounts.ops("logs", "follow", "--once", "--raw", "--function", "reconcile", stage="dev")

    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "2026-01-31 12:00:00 WARNING DifferenceFound reason=completed payment_session_id=ps_1",
        "Task timed out after 3",
    ]
    assert len(raw.stdout.splitlines()) == 4


def test_what_was_shown_is_not_shown_again(accounts: EmulatedAccounts, group: str) -> None:
    """Each look gives the lines that are new."""
    tail = LogTail(aws=AwsClients(), groups=[group], since=datetime.now(UTC) - timedelta(minutes=1))
    first, second = tail.new(), tail.new()
    accounts.clients("logs").put_log_events(
        logGroupName=group,
        logStreamName="one",
        logEvents=[{"timestamp": int(datetime.now(UTC).timestamp() * 1000), "message": "another"}],
    )

    assert [len(first), second, tail.new()] == [4, [], ["another"]]


def test_the_gateways_own_log_is_another_group(accounts: EmulatedAccounts) -> None:
    """Its query reads that one and no function's."""
    logs, group = accounts.clients("logs"), Stage.named("dev").gateway_logs
    logs.create_log_group(logGroupName=group)
    assert accounts.ops("logs", "query", "gateway", stage="dev").exit_code == 0
    asked = [each["queryString"] for each in logs.describe_queries(logGroupName=group)["queries"]]
    assert ["status >= 400" in each for each in asked] == [True]
    logs.delete_log_group(logGroupName=group)


def test_nobody_moves_the_cursor_by_a_log_line() -> None:
    """What somebody else wrote has no control characters on the screen."""
    assert "\x1b" not in readable(json.dumps({"message": "x\x1b[2J", "level": "INFO"}))


def test_saved_queries_are_listed_and_run(accounts: EmulatedAccounts) -> None:
    """By their names, over the groups of all functions; a payment's query needs its id, which is checked."""
    logs = accounts.clients("logs")
    groups = log_groups(Stage.named("dev"))
    for name in groups:
        logs.create_log_group(logGroupName=name)
    listed = accounts.ops_json("logs", "query", stage="dev")

    assert len(groups) == len(read_config()["lambda_functions"])
    assert [row["query"] for row in listed] == [
        "errors", "warnings", "differences", "payment", "refused", "slow", "gateway",
    ]  # fmt: skip
    assert accounts.ops("logs", "query", "errors", stage="dev").exit_code == 0
    assert accounts.ops("logs", "query", "payment", "--payment", "ps_1", stage="dev").exit_code == 0
    [asked] = [
        each for each in logs.describe_queries(logGroupName=groups[0])["queries"] if "ps_1" in each["queryString"]
    ]
    assert 'payment_session_id = "ps_1"' in asked["queryString"]
    for words in (("payment",), ("payment", "--payment", '"'), ("nothing",), ("errors", "--since", "soon")):
        assert accounts.ops("logs", "query", *words, stage="dev").exit_code == 2
    assert accounts.ops("logs", "follow", "--once", stage="local").exit_code == 1
    for name in groups:
        logs.delete_log_group(logGroupName=name)
