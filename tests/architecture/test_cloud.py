"""What is asked of AWS: no scans, no more rights than calls, and one configuration that says it all."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.settings import SECRET_NAMES, Settings
from scripts.ops.deploy.policies import secret_resources, stage_variables, with_secrets, with_sign_ins
from scripts.ops.deploy.template import read_template
from scripts.stack.aws_resources import VISIBILITY_TIMEOUT
from scripts.stack.lessons import SECRET as LESSON_SECRET
from tests.support.sources import ROOT, calls, python_files, tree, where

CHALICE = ROOT / ".chalice"
STAGES = ("dev", "prod")
ROLES = {
    "api_handler": "api",
    "settle_queued_event": "worker",
    "reconcile": "repair",
    "catch_up": "catchup",
    "recount": "recount",
    "deliver_messages": "messages",
}
NEEDS = {
    "get_item": {"dynamodb:GetItem"},
    "batch_get_item": {"dynamodb:BatchGetItem"},
    "query": {"dynamodb:Query"},
    "put_item": {"dynamodb:PutItem"},
    "update_item": {"dynamodb:UpdateItem"},
    "delete_item": {"dynamodb:DeleteItem"},
    # A transaction has no right of its own: it needs those of what is in it.
    "transact_write_items": {
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:ConditionCheckItem",
    },
    "get_queue_url": {"sqs:GetQueueUrl"},
    "send_message": {"sqs:SendMessage"},
    "get_secret_value": {"secretsmanager:GetSecretValue"},
}
MESSAGES = {"send_email": {"ses:SendEmail"}, "publish": {"sns:Publish"}}
"""What only the function needs that delivers messages."""

LOGS_AND_TRACES = {
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
POLLING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
POLICIES = sorted(CHALICE.glob("policy-*.json"))

each_policy = pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)


def config() -> dict[str, Any]:
    """Chalice's configuration."""
    read: dict[str, Any] = json.loads((CHALICE / "config.json").read_text("utf-8"))
    return read


def statements(path: Path) -> list[dict[str, Any]]:
    """A policy's statements, actions always in a list."""
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["Statement"]
    return [one | {"Action": [one["Action"]] if isinstance(one["Action"], str) else one["Action"]} for one in found]


def actions(path: Path) -> set[str]:
    """All that a policy allows."""
    return {action for statement in statements(path) for action in statement["Action"]}


def test_nothing_scans() -> None:
    """A scan reads the whole table: it works in every test and falls over in the school's second year."""
    scans = (".scan", ".execute_statement")
    made = {where(path): set(calls(tree(path))) for path in python_files("domain", "adapters")}
    assert not [(path, call) for path in made for call in made[path] if call.endswith(scans) or "paginator" in call]


def test_the_api_may_do_what_the_code_calls_and_no_more() -> None:
    """Every AWS call in the adapters has its right, and every right a call."""
    made = {call.rpartition(".")[2] for path in python_files("adapters") for call in calls(tree(path))}
    needed = {action for name in made & NEEDS.keys() for action in NEEDS[name]}
    assert needed == set().union(*NEEDS.values()), "a call that nobody makes is in the table here"
    assert made >= MESSAGES.keys()
    for stage in STAGES:
        assert actions(CHALICE / f"policy-{stage}-api.json") == needed | LOGS_AND_TRACES


@each_policy
def test_other_functions_may_do_less(path: Path) -> None:
    """Nobody but the worker takes from the queue, nobody but the API sends to it; who counts writes nothing."""
    role = path.stem.rpartition("-")[2]
    allowed = actions(path)
    assert (allowed >= POLLING) == (role == "worker")
    assert ("sqs:SendMessage" in allowed) == (role == "api")
    assert ("secretsmanager:GetSecretValue" in allowed) == (role not in ("recount", "messages"))
    assert ("dynamodb:PutItem" in allowed) == (role != "recount")
    telling = set().union(*MESSAGES.values())
    assert (allowed & telling) == (telling if role == "messages" else set())
    assert allowed - LOGS_AND_TRACES - POLLING - telling <= set().union(*NEEDS.values())


@each_policy
def test_rights_end_at_the_stage(path: Path) -> None:
    """No wildcard for an action; resources by name, those of one stage; traces alone have no resource."""
    stage = path.stem.split("-")[1]
    variables = config()["stages"][stage]["environment_variables"]
    table = f"arn:aws:dynamodb:*:*:table/{variables['TABLE_NAME']}"
    secrets = set(secret_resources(variables))
    secrets |= {f"arn:aws:secretsmanager:*:*:secret:{LESSON_SECRET}-??????"} if path.stem.endswith("-api") else set()
    allowed = {
        "dynamodb": {table, f"{table}/index/GSI1", f"{table}/index/email-index"},
        "sqs": {f"arn:aws:sqs:*:*:{variables['QUEUE_NAME']}"},
        "secretsmanager": secrets,
        "logs": {f"arn:aws:logs:*:*:log-group:/aws/lambda/learnermax-education-{stage}*"},
        "xray": {"*"},
        "ses": {"arn:aws:ses:*:*:identity/*"},
        "sns": {f"arn:aws:sns:*:*:learnermax-{stage}-enrollments"},
    }
    for statement in statements(path):
        assert statement["Effect"] == "Allow"
        services = {action.partition(":")[0] for action in statement["Action"]}
        assert not [action for action in statement["Action"] if "*" in action]
        resources = statement["Resource"]
        named = set(resources) if isinstance(resources, list) else {resources}
        assert named <= set().union(*(allowed[service] for service in services))


@each_policy
def test_the_secret_of_every_provider_can_be_read(path: Path) -> None:
    """`make policies` wrote the list of secrets into the policies of all who read any."""
    policy = json.loads(path.read_text("utf-8"))
    assert with_secrets(policy, stage_variables(config(), path.stem.split("-")[1])) == policy


def test_a_secret_that_is_missing_would_be_noticed() -> None:
    """Control: another secret instead."""
    policy = json.loads((CHALICE / "policy-prod-api.json").read_text("utf-8"))
    keys = next(one for one in policy["Statement"] if one["Sid"] == "Keys")
    keys["Resource"] = "arn:aws:secretsmanager:*:*:secret:another-??????"
    assert with_secrets(policy, stage_variables(config(), "prod")) != policy


def test_accounts_may_be_deleted_in_one_pool_where_the_school_wants_it() -> None:
    """That action on that pool; without the variable, or without a pool, a policy stays as it is."""
    policy = json.loads((CHALICE / "policy-prod-api.json").read_text("utf-8"))
    pool = {"USER_POOL_ARN": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI"}
    wanted = with_sign_ins(policy, {**pool, "DELETE_SIGN_INS": "yes"})
    [added] = [each for each in wanted["Statement"] if each not in policy["Statement"]]
    assert (added["Action"], added["Resource"]) == ("cognito-idp:AdminDeleteUser", pool["USER_POOL_ARN"])
    for variables in ({**pool, "DELETE_SIGN_INS": "no"}, pool, {"DELETE_SIGN_INS": "yes"}):
        assert with_sign_ins(policy, variables) == policy


def test_the_logs_of_one_stage_are_not_those_of_another() -> None:
    """Names of stages are no beginnings of each other, since log groups are matched by theirs."""
    names = list(config()["stages"])
    assert not [(a, b) for a in names for b in names if a != b and fnmatch.fnmatch(b, f"{a}*")]


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_has_its_policy(stage: str) -> None:
    """Each by name: a function without one would get none at all, or everybody's."""
    functions = config()["stages"][stage]["lambda_functions"]
    assert {name: function["iam_policy_file"] for name, function in functions.items()} == {
        name: f"policy-{stage}-{role}.json" for name, role in ROLES.items()
    }
    assert config()["autogen_policy"] is False
    assert {path.name for path in POLICIES if f"-{stage}-" in path.name} == {
        f"policy-{stage}-{role}.json" for role in ROLES.values()
    }


def test_a_message_stays_hidden_for_as_long_as_its_handler_may_take() -> None:
    """Six times the function's timeout, as AWS advises."""
    assert config()["lambda_functions"]["settle_queued_event"]["lambda_timeout"] * 6 <= VISIBILITY_TIMEOUT


@pytest.mark.parametrize("stage", [*STAGES, "local"])
def test_each_stage_has_names_of_its_own(stage: str) -> None:
    """What the settings require is there, except what differs by account and comes when it is deployed."""
    variables = config()["stages"][stage]["environment_variables"]
    assert variables["STAGE"] == stage
    assert variables["TABLE_NAME"].endswith(f"-{stage}")
    assert variables["QUEUE_NAME"].endswith(f"-{stage}")
    assert config()["stages"][stage]["api_gateway_stage"] == stage
    known = {attribute.name.upper() for attribute in Settings.__attrs_attrs__}
    known |= {f"{provider.upper()}_SECRET_NAME" for provider in SECRET_NAMES}
    shared = config()["environment_variables"]
    assert {name for name in variables | shared if not name.startswith("POWERTOOLS_")} <= known


def test_the_vendor_links_lead_to_the_packages() -> None:
    """Chalice packages what vendor/ leads to; a checkout without links would deploy files that hold a path."""
    links = {path.name: path for path in (ROOT / "vendor").iterdir()}
    assert links.keys() == {"domain", "adapters"}
    for name, link in links.items():
        assert link.is_symlink()
        assert str(link.readlink()) == f"../{name}"
        assert (link / "__init__.py").exists()


def test_nobody_is_served_without_tls_of_today() -> None:
    """Browsers at a domain of the school's own, the way from CloudFront to the API, and every bucket."""
    resources = read_template()["Resources"]
    config = resources["Distribution"]["Properties"]["DistributionConfig"]
    own_domain = config["ViewerCertificate"]["Fn::If"][1]
    assert own_domain["MinimumProtocolVersion"].startswith("TLSv1.2")
    [custom] = [each for each in _below(config["Origins"]) if "OriginSSLProtocols" in each]
    assert (custom["OriginSSLProtocols"], custom["OriginProtocolPolicy"]) == (["TLSv1.2"], "https-only")
    policies = {each["ViewerProtocolPolicy"] for each in _below(config) if "ViewerProtocolPolicy" in each}
    assert policies == {"redirect-to-https", "https-only"}
    buckets = {name for name, each in resources.items() if each["Type"] == "AWS::S3::Bucket"}
    tls_only = {
        each["Properties"]["Bucket"]["Ref"]
        for each in resources.values()
        if each["Type"] == "AWS::S3::BucketPolicy"
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert tls_only == buckets


def _below(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in the value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _below(each)
