"""The template, and provisioning by it on the emulator.

Moto makes the table, queues, topic, buckets, log groups and dashboard by itself;
tests/support/aws/cloudformation.py adds
alarms and users. A CloudFront distribution exists in name only.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import load

from adapters.cloudwatch.telemetry import CloudWatchTelemetry
from adapters.system.clock import SystemClock
from domain.ports.telemetry import Gauge, Signal
from scripts.ops.aws.clients import AwsClients
from scripts.ops.commands.provision import runbook_at_remote
from scripts.ops.deploy.stack import Stack
from scripts.ops.deploy.template import INLINE_LIMIT, TEMPLATE, template_body
from scripts.ops.stage import ROOT, read_config
from scripts.stack.web import Pages
from tests.support.aws.cloudformation import cloudformation, compute_outputs
from tests.support.deployment.emulated_accounts import EmulatedAccounts

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")
STACK = "learnermax-education-dev"
PRODUCT = "LearnerMaxPayments"


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """The template as written."""
    written: dict[str, Any] = load(str(TEMPLATE))
    return written


@pytest.fixture(scope="module")
def provisioned(accounts: EmulatedAccounts) -> Iterator[EmulatedAccounts]:
    """Accounts whose stage dev was provisioned once."""
    with cloudformation(accounts.clients):
        assert accounts.ops("provision", "--yes", stage="dev").exit_code == 0
        compute_outputs(STACK)
        yield accounts


def alarms_of_dev(accounts: EmulatedAccounts) -> list[dict[str, Any]]:
    """The alarms of this stage. moto keeps those of other stages that were deployed earlier in the same process."""
    found: list[dict[str, Any]] = accounts.clients("cloudwatch").describe_alarms(AlarmNamePrefix="learnermax-dev-")[
        "MetricAlarms"
    ]
    return found


def everything(accounts: EmulatedAccounts) -> object:
    """What the stage holds, to be compared with itself later."""
    sqs, aws = accounts.clients("sqs"), accounts.clients
    urls = sorted(sqs.list_queues(QueueNamePrefix="learnermax-payment-events-dev")["QueueUrls"])
    return {
        "table": aws("dynamodb").describe_table(TableName=STACK)["Table"],
        "queues": [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"] for url in urls],
        "alarms": alarms_of_dev(accounts),
        "logs": aws("logs").describe_log_groups()["logGroups"],
        "pools": aws("cognito-idp").list_user_pools(MaxResults=60)["UserPools"],
        "resources": aws("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"],
    }


def test_the_template_passes_cfn_lint() -> None:
    """The linter of CloudFormation finds nothing in the template."""
    linter = Path(sys.executable).with_name("cfn-lint")

    lint = subprocess.run([str(linter), str(TEMPLATE)], capture_output=True, text=True, check=False)

    assert (lint.returncode, lint.stdout) == (0, "")


def test_a_second_run_changes_nothing(provisioned: EmulatedAccounts) -> None:
    """Provisioning again says that there is nothing to change, and every resource stays as it was."""
    before = everything(provisioned)

    again = provisioned.ops("provision", "--yes", stage="dev")

    assert again.exit_code == 0
    assert "Nothing to change." in again.stderr
    assert everything(provisioned) == before


def test_a_dry_run_changes_nothing(provisioned: EmulatedAccounts) -> None:
    """With --dry-run a change is planned, and neither the stack nor its parameters change."""
    before = everything(provisioned)

    planned = provisioned.ops_json("provision", "--dry-run", "--alarm-email", "ops@example.com", stage="dev")

    assert planned
    assert everything(provisioned) == before
    assert "Nothing to change." in provisioned.ops("provision", "--yes", stage="dev").stderr


def test_without_a_yes_nothing_is_changed(provisioned: EmulatedAccounts) -> None:
    """Answering no leaves the stack as it was, with status 1."""
    before = everything(provisioned)

    refused = provisioned.ops("provision", "--alarm-email", "ops@example.com", stage="dev", answer="n\n")

    assert refused.exit_code == 1
    assert everything(provisioned) == before


def test_a_first_dry_run_leaves_nothing_behind(provisioned: EmulatedAccounts) -> None:
    """Planning a stage that was never provisioned makes no stack."""
    planned = provisioned.ops_json("provision", "--dry-run", stage="prod")

    assert {"action": "Add", "resource": "Table"}.items() <= planned[0].items()
    described = provisioned.clients("cloudformation").list_stacks()["StackSummaries"]
    names = {stack["StackName"] for stack in described if stack["StackStatus"] != "DELETE_COMPLETE"}
    assert names == {STACK}


def test_the_table_is_as_the_product_needs_it(provisioned: EmulatedAccounts, template: dict[str, Any]) -> None:
    """The provisioned table has the keys and indexes of the one that all tests run on, and is protected."""
    dynamodb = provisioned.clients("dynamodb")
    made = dynamodb.describe_table(TableName=STACK)["Table"]
    tested = dynamodb.describe_table(TableName=provisioned.account.table)["Table"]

    assert made["KeySchema"] == tested["KeySchema"]
    assert _indexes(made) == _indexes(tested)
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert made["DeletionProtectionEnabled"] is True
    # Moto's CloudFormation makes tables without these two.
    written = template["Resources"]["Table"]["Properties"]
    assert written["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert written["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_a_message_is_hidden_six_times_as_long_as_its_handler_may_take(provisioned: EmulatedAccounts) -> None:
    """The queue's visibility timeout is six function timeouts; messages are kept 4 days, dead ones 14."""
    sqs = provisioned.clients("sqs")
    queue, dead = (
        sqs.get_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], AttributeNames=["All"])
        for name in ("learnermax-payment-events-dev", "learnermax-payment-events-dev-dlq")
    )
    timeout = read_config()["lambda_functions"]["settle_queued_event"]["lambda_timeout"]

    assert int(queue["Attributes"]["VisibilityTimeout"]) == 6 * timeout
    assert int(queue["Attributes"]["MessageRetentionPeriod"]) == 4 * 24 * 3600
    assert int(dead["Attributes"]["MessageRetentionPeriod"]) == 14 * 24 * 3600
    redrive = json.loads(queue["Attributes"]["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"] == dead["Attributes"]["QueueArn"]


def test_every_function_has_a_log_group_that_forgets(provisioned: EmulatedAccounts) -> None:
    """Each function of the configuration has a log group by its own name, kept for 14 days in dev; so has the API."""
    groups = provisioned.clients("logs").describe_log_groups()["logGroups"]
    functions = [name for name in read_config()["lambda_functions"] if name != "api_handler"]

    assert {group["logGroupName"]: group["retentionInDays"] for group in groups} == {
        f"/aws/apigateway/{STACK}": 14,
        f"/aws/lambda/{STACK}": 14,
        **{f"/aws/lambda/{STACK}-{function}": 14 for function in functions},
    }


def test_the_outputs_are_what_a_deployment_needs(provisioned: EmulatedAccounts) -> None:
    """The outputs have the functions' variables: the pages' origin, the user pool, its client."""
    stack = provisioned.clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    assert outputs["WebOrigin"] == f"https://{outputs['DistributionDomain']}"
    assert ":userpool/" in outputs["UserPoolArn"]
    assert outputs["UserPoolClientId"]
    assert outputs["PagesBucket"] == "learnermax-dev-pages-123456789012"


def test_what_holds_data_is_kept_when_the_stack_is_deleted(template: dict[str, Any]) -> None:
    """Table, queues, users, logs and records survive the stack, whatever the stage."""
    kept = {name for name, resource in template["Resources"].items() if resource.get("DeletionPolicy") == "Retain"}

    assert {"Table", "Queue", "DeadLetters", "Users", "Records", "Pages", "ApiLogs"} <= kept


def test_a_table_that_is_there_already_is_not_made(template: dict[str, Any]) -> None:
    """The table and the users each hang on a condition that a parameter switches off."""
    conditions = {name: template["Resources"][name].get("Condition") for name in ("Table", "Users", "UsersClient")}

    assert conditions == {"Table": "MakesTable", "Users": "MakesUsers", "UsersClient": "MakesUsers"}


def test_alarms_watch_what_the_code_emits(provisioned: EmulatedAccounts) -> None:
    """Alarms and dashboard name only metrics, and dimensions of them, that the product's telemetry writes."""
    emitted = {(name, _pairs({"service": "learnermax-education", "stage": "dev"})) for name in _emitted()}
    alarms = alarms_of_dev(provisioned)
    ours = [alarm for alarm in alarms if alarm.get("Namespace") == PRODUCT]
    watched = {
        (alarm["MetricName"], _pairs({each["Name"]: each["Value"] for each in alarm["Dimensions"]})) for alarm in ours
    }

    assert len(watched) == len(ours) > 10
    assert watched <= emitted
    assert _on_the_dashboard(provisioned) <= emitted


def test_alarms_and_tickets_have_topics_of_their_own(provisioned: EmulatedAccounts) -> None:
    """What wakes somebody and what waits for the morning go to two topics; before a deployment nothing is silent."""
    alarms = {alarm["AlarmName"].rpartition("-")[2]: alarm for alarm in alarms_of_dev(provisioned)}
    topics = [topic["TopicArn"] for topic in provisioned.clients("sns").list_topics()["Topics"]]
    [paging], [tickets] = (
        [arn for arn in topics if arn.endswith(f":learnermax-dev-{name}")] for name in ("alarms", "tickets")
    )

    assert alarms["OldestUnenrolled"]["AlarmActions"] == [paging]
    assert alarms["DisputeOpened"]["AlarmActions"] == [tickets]
    assert all(alarm["AlarmActions"] in ([paging], [tickets]) for alarm in alarms.values())
    assert not {"ReconcilerSilent", "NightlySilent", "Unreachable"} & alarms.keys()


def test_both_addresses_are_subscribed(provisioned: EmulatedAccounts, template: dict[str, Any]) -> None:
    """One address gets both, unless tickets have their own; the runbook's address is taken from the remote."""
    resources = template["Resources"]

    assert resources["TicketMail"]["Properties"]["Endpoint"] == {
        "Fn::If": ["HasTicketEmail", {"Ref": "TicketEmail"}, {"Ref": "AlarmEmail"}]
    }
    assert provisioned.ops("provision", "--runbook", "docs/runbook.md", stage="dev").exit_code == 2


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:school/shop.git", "https://github.com/school/shop/blob/main/docs/runbook.md"),
        ("https://gitlab.com/school/shop", "https://gitlab.com/school/shop/blob/main/docs/runbook.md"),
        ("https://git.school.example/shop.git", None),
    ],
)
def test_the_runbook_is_found_at_the_remote(tmp_path: Path, remote: str, address: str | None) -> None:
    """Where GitHub or GitLab shows it; elsewhere it must be given."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "-C", str(tmp_path), "remote", "add", "origin", remote], check=True)

    assert runbook_at_remote(tmp_path) == address


def test_a_template_that_is_too_large_lies_in_a_bucket(provisioned: EmulatedAccounts) -> None:
    """CloudFormation takes 51,200 bytes in a request, and more from a bucket, which is private."""
    aws = AwsClients()
    small, large = Stack(aws, STACK), Stack(aws, STACK, inline_limit=0)
    parameters = small.parameters()

    assert len(template_body().encode()) <= INLINE_LIMIT
    assert small.plan(parameters).changes == ()
    large.discard(large.plan(parameters))  # moto sees a change in a template that it has by its address
    s3 = provisioned.clients("s3")
    bucket = "learnermax-templates-123456789012-us-east-1"
    assert s3.get_object(Bucket=bucket, Key=f"{STACK}.json")["Body"].read().decode() == template_body()
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


def test_the_pages_are_served_under_the_policy_that_was_tested(template: dict[str, Any]) -> None:
    """CloudFront sends the same headers as the local web server, which the browser tests run under."""
    pages = Pages(
        root=ROOT / "frontend",
        api_base="",
        stripe_js="https://js.stripe.com/endive/stripe.js",
        connect=("https://cognito-idp.us-east-1.amazonaws.com",),
    )
    tested = dict(pages._headers)
    config = template["Resources"]["PagesHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    separator, parts = config["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Join"]
    policy = separator.join(part if isinstance(part, str) else part["Fn::Sub"] for part in parts)

    policy = (
        policy.replace("${AWS::Region}", "us-east-1").replace("${ImageOrigins}", "").replace("${LessonOrigins}", "")
    )
    assert _policy(policy) == _policy(tested["Content-Security-Policy"])
    permissions = config["CustomHeadersConfig"]["Items"][0]
    assert permissions["Value"] == tested["Permissions-Policy"]


def test_a_user_pool_without_its_client_is_rejected(accounts: EmulatedAccounts) -> None:
    """Options that only make sense together are rejected without each other, before anything is called."""
    for words in (
        ("--user-pool", "us-east-1_abc"),
        ("--web-domain", "x.example"),
        ("--user-pool", "x", "--user-pool-client", "y"),
    ):
        assert accounts.ops("provision", *words, stage="dev").exit_code == 2
    assert accounts.ops("provision", stage="local").exit_code == 1


def _indexes(table: dict[str, Any]) -> dict[str, Any]:
    return {index["IndexName"]: (index["KeySchema"], index["Projection"]) for index in table["GlobalSecondaryIndexes"]}


def _pairs(dimensions: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(dimensions.items()))


def _emitted() -> set[str]:
    """The names of all metrics, as the product's own telemetry writes them with just the two dimensions."""
    output = io.StringIO()
    telemetry = CloudWatchTelemetry(stage="dev", service="learnermax-education", clock=SystemClock(), output=output)
    for signal in Signal:
        telemetry.emit(signal, reason="any", provider="stripe")
    for gauge in Gauge:
        telemetry.measure(gauge, 1)
    found = set()
    for line in output.getvalue().splitlines():
        for written in json.loads(line).get("_aws", {}).get("CloudWatchMetrics", ()):
            assert written["Namespace"] == PRODUCT
            if {"service", "stage"} in [set(dimensions) for dimensions in written["Dimensions"]]:
                found |= {metric["Name"] for metric in written["Metrics"]}
    return found


def _on_the_dashboard(accounts: EmulatedAccounts) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    body = json.loads(accounts.clients("cloudwatch").get_dashboard(DashboardName="learnermax-dev")["DashboardBody"])
    found = set()
    for widget in body["widgets"]:
        before: list[str] = []
        for line in widget["properties"]["metrics"]:
            words = [word for word in line if isinstance(word, str)]
            before = [before[at] if word == "." else word for at, word in enumerate(words)]
            if before[0] == PRODUCT:
                found.add((before[1], _pairs(dict(zip(before[2::2], before[3::2], strict=True)))))
    assert len(found) > 10
    return found


def _policy(text: str) -> dict[str, set[str]]:
    directives = (directive.split() for directive in text.split(";"))
    return {words[0]: set(words[1:]) for words in directives if words}
