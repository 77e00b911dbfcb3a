"""What is in the account after a first deployment: functions, API Gateway, pages, record and lock."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.after_deploy import rest_api_id
from scripts.ops.deploy.api_gateway import GATEWAY_RESPONSES, WEBHOOKS, DeployedApi
from scripts.ops.deploy.deployment_record import DeploymentRecord
from scripts.ops.deploy.record_recovery import recover_record
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage
from scripts.stack.seed import seed_table
from tests.support.deployment.deployment import FUNCTIONS, PAGES, RECORDS, STACK, STAGE, Deployment
from tests.support.deployment.package import Package

pytestmark = [pytest.mark.filterwarnings("ignore:Tried to parse"), pytest.mark.packaging]


def test_every_function_is_deployed_with_its_own_role(deployed: Deployment) -> None:
    """Five functions on the runtime of this Python, each with a role and the stage's variables."""
    functions = deployed.functions()

    assert set(functions) == set(FUNCTIONS.values())
    assert len({each["Role"] for each in functions.values()}) == len(functions)
    for each in functions.values():
        assert {"WEB_ORIGIN", "USER_POOL_ARN", "USER_POOL_CLIENT_ID"} <= each["Environment"]["Variables"].keys()


def test_every_function_runs_the_package_to_the_byte(deployed: Deployment, package: Package) -> None:
    """Two builds, of two stages in two places, give one zip: what was tested can be built again and is what runs.

    A deployment that changes nothing uploads nothing new.
    """
    digest = base64.b64encode(hashlib.sha256(package.zip.read_bytes()).digest()).decode()

    assert {each["CodeSha256"] for each in deployed.functions().values()} == {digest}


def test_gateway_responses_have_the_error_envelope(deployed: Deployment) -> None:
    """Each gateway response has the error envelope and the pages' origin, and throttling is set."""
    client = deployed.accounts.clients("apigateway")
    found = client.get_gateway_responses(restApiId=deployed.api_id())["items"]
    answers = {each["responseType"]: each for each in found if each["responseType"] in GATEWAY_RESPONSES}
    origin = deployed.functions()[STACK]["Environment"]["Variables"]["WEB_ORIGIN"]

    assert answers.keys() == GATEWAY_RESPONSES.keys()
    for each in answers.values():
        assert json.loads(each["responseTemplates"]["application/json"]).keys() == {"error", "code", "requestId"}
        allowed = each["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        assert allowed == f"'{origin}'"
    api = DeployedApi(AwsClients(), deployed.api_id(), STAGE)
    assert api.throttling() == (50.0, 100)
    assert all("'nosniff'" in each["responseParameters"].values() for each in answers.values())


def test_webhooks_have_a_throttle_of_their_own(deployed: Deployment) -> None:
    """Whoever uses up the API's requests cannot keep payment events away."""
    declared = {
        path for method, path in DeployedApi(AwsClients(), deployed.api_id(), STAGE).methods() if "webhooks" in path
    }
    api = DeployedApi(AwsClients(), deployed.api_id(), STAGE)

    assert declared == set(WEBHOOKS)
    # Moto keeps the path as it is written in the request; API Gateway reads ~1 as a slash.
    assert [api.throttling(f"{path.replace('/', '~1')}/POST") for path in WEBHOOKS] == [(50.0, 100)] * len(WEBHOOKS)


def test_api_gateway_logs_each_request_without_addresses_and_queries(deployed: Deployment) -> None:
    """Into the stack's group, which forgets; also what it refuses itself. The route as declared holds nobody's id."""
    stage = deployed.accounts.clients("apigateway").get_stage(restApiId=deployed.api_id(), stageName=STAGE)
    settings = stage["accessLogSettings"]
    variables = set(json.loads(settings["format"]).values())

    assert settings["destinationArn"].endswith(f":log-group:/aws/apigateway/{STACK}")
    assert {"$context.requestId", "$context.resourcePath", "$context.status"} <= variables
    hidden = ("sourceIp", "identity", "path", "querystring", "header", "email", "userAgent", "message")
    assert not [name for name in variables for word in hidden if word in name.removeprefix("$context.").split(".")]
    [group] = deployed.accounts.clients("logs").describe_log_groups(logGroupNamePrefix=f"/aws/apigateway/{STACK}")[
        "logGroups"
    ]
    assert group["retentionInDays"] == 14


def test_the_functions_know_what_cloudfront_adds(deployed: Deployment) -> None:
    """The secret of the stack is in the API's environment, and of sufficient length."""
    secrets = deployed.accounts.clients("secretsmanager")
    known = secrets.get_secret_value(SecretId="learnermax/edge-dev")["SecretString"]

    assert deployed.functions()[STACK]["Environment"]["Variables"]["EDGE_SECRET"] == known
    assert len(known) >= 32


def test_the_pages_are_published_with_the_api_behind_them(deployed: Deployment) -> None:
    """The bucket has the pages with their types, config.json names the API, and the distribution routes to it."""
    s3 = deployed.accounts.clients("s3")
    page = s3.head_object(Bucket=PAGES, Key="checkout.html")
    config = s3.get_object(Bucket=PAGES, Key="config.json")
    stack = deployed.accounts.clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}

    assert (page["ContentType"], page["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")
    assert json.loads(config["Body"].read())["apiBase"] == ""
    assert config["CacheControl"] == "no-store"
    assert parameters["ApiId"] == deployed.api_id()
    assert not [key for key in deployed.pages() if key.endswith(".md")]


def test_only_what_changed_is_published(deployed: Deployment) -> None:
    """A changed page is uploaded, an unknown one removed, the rest unchanged; a dry run prints the same."""
    s3, accounts = deployed.accounts.clients("s3"), deployed.accounts
    s3.put_object(Bucket=PAGES, Key="index.html", Body=b"old")
    s3.put_object(Bucket=PAGES, Key="gone.html", Body=b"old")
    wanted = [{"page": "index.html", "done": "changed"}, {"page": "gone.html", "done": "removed"}]

    assert accounts.ops_json("web", "publish", "--dry-run", stage=STAGE) == wanted
    assert "gone.html" in deployed.pages()
    assert accounts.ops_json("web", "publish", stage=STAGE) == wanted
    assert accounts.ops_json("web", "publish", stage=STAGE) == []
    assert "gone.html" not in deployed.pages()


def test_a_new_course_gets_a_page_of_its_own(deployed: Deployment) -> None:
    """With its title for previews of links; config.json says which courses have one."""
    accounts = deployed.accounts
    course = {"courseId": "aws", "name": "AWS & You", "pricingModel": "free", "description": "All of it."}
    seed_table(accounts.clients("dynamodb"), "learnermax-education-dev", [course])

    rows = accounts.ops_json("web", "publish", stage=STAGE)

    assert {"page": "course-aws.html", "done": "new"} in rows
    assert {"page": "config.json", "done": "changed"} in rows
    s3 = accounts.clients("s3")
    page = s3.get_object(Bucket=PAGES, Key="course-aws.html")["Body"].read().decode()
    assert '<meta property="og:title" content="AWS &amp; You · LearnerMax">' in page
    assert "aws" in json.loads(s3.get_object(Bucket=PAGES, Key="config.json")["Body"].read())["coursePages"]


def test_status_shows_what_is_deployed(deployed: Deployment) -> None:
    """Status lists the functions; without a reconciliation, and with Stripe unreachable, it needs attention."""
    result = deployed.accounts.ops("status", "--json", stage=STAGE)

    shown = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {each["function"] for each in shown["functions"]} == set(FUNCTIONS.values())
    assert shown["deployed"]["api"] == deployed.api_id()
    assert shown["queues"]["event_source_mapping"] == ["Enabled"]
    assert "no reconciliation has run lately" in str(shown["attention"])
    assert "Stripe does not answer" in str(shown["attention"])
    assert "is not deployed" not in str(shown["attention"])


def test_a_lost_record_can_be_recovered(deployed: Deployment) -> None:
    """Recovering finds the same resources that Chalice has recorded."""
    recovered = json.loads(recover_record(Stage.named(STAGE), AwsClients(), STAGE, FUNCTIONS))
    written = deployed.record()

    by_name = {each["name"]: each for each in written["resources"]}
    assert {each["name"]: each for each in recovered["resources"]} == by_name
    assert (recovered["schema_version"], recovered["backend"]) == (written["schema_version"], written["backend"])


def test_the_record_has_the_api_id() -> None:
    """The API's id is read from Chalice's entry."""
    assert rest_api_id([{"resource_type": "rest_api", "rest_api_id": "abc"}]) == "abc"


def test_two_deployments_take_turns(deployed: Deployment) -> None:
    """While one deployment holds the lock, another fails with the holder's name; afterwards the lock is free."""
    record = DeploymentRecord(AwsClients(), RECORDS, Stage.named(STAGE))

    with record.locked("user/kim"), pytest.raises(OpsError, match="user/kim"), record.locked("user/sam"):
        raise AssertionError("two deployments at once")
    with record.locked("user/sam"):
        pass
