"""What stands in the account after a first deployment: functions, gateway, pages, record and lock."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.after_deploy import rest_api_id
from scripts.ops.deploy.api_gateway import ANSWERS, DeployedApi
from scripts.ops.deploy.deployment_record import DeploymentRecord
from scripts.ops.deploy.record_recovery import recover_record
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage
from tests.support.deployment.deployment import FUNCTIONS, PAGES, RECORDS, STACK, STAGE, Deployment
from tests.support.deployment.package import Package

pytestmark = [pytest.mark.filterwarnings("ignore:Tried to parse"), pytest.mark.packaging]


def test_every_function_is_there_with_its_own_role(deployed: Deployment) -> None:
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


def test_the_gateway_answers_in_the_products_words(deployed: Deployment) -> None:
    """Each of the gateway's own answers has the envelope and the pages' origin, and throttling is set."""
    client = deployed.accounts.clients("apigateway")
    found = client.get_gateway_responses(restApiId=deployed.api_id())["items"]
    answers = {each["responseType"]: each for each in found if each["responseType"] in ANSWERS}
    origin = deployed.functions()[STACK]["Environment"]["Variables"]["WEB_ORIGIN"]

    assert answers.keys() == ANSWERS.keys()
    for each in answers.values():
        assert json.loads(each["responseTemplates"]["application/json"]).keys() == {"error", "code", "requestId"}
        allowed = each["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        assert allowed == f"'{origin}'"
    assert DeployedApi(AwsClients(), deployed.api_id(), STAGE).throttling() == (50.0, 100)


def test_the_pages_are_published_and_lead_to_the_api(deployed: Deployment) -> None:
    """The bucket has the pages with their types, config.json names the API, and the distribution leads there."""
    s3 = deployed.accounts.clients("s3")
    page = s3.head_object(Bucket=PAGES, Key="checkout.html")
    config = s3.get_object(Bucket=PAGES, Key="config.json")
    stack = deployed.accounts.clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}

    assert (page["ContentType"], page["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")
    assert json.loads(config["Body"].read()) == {"apiBase": ""}
    assert config["CacheControl"] == "no-store"
    assert parameters["ApiId"] == deployed.api_id()
    assert not [key for key in deployed.pages() if key.endswith(".md")]


def test_only_what_changed_is_published(deployed: Deployment) -> None:
    """A changed page is uploaded, a foreign one removed, the rest left alone; a dry run says so beforehand."""
    s3, accounts = deployed.accounts.clients("s3"), deployed.accounts
    s3.put_object(Bucket=PAGES, Key="index.html", Body=b"old")
    s3.put_object(Bucket=PAGES, Key="gone.html", Body=b"old")
    wanted = [{"page": "index.html", "done": "changed"}, {"page": "gone.html", "done": "removed"}]

    assert accounts.ops_json("web", "publish", "--dry-run", stage=STAGE) == wanted
    assert "gone.html" in deployed.pages()
    assert accounts.ops_json("web", "publish", stage=STAGE) == wanted
    assert accounts.ops_json("web", "publish", stage=STAGE) == []
    assert "gone.html" not in deployed.pages()


def test_status_shows_what_is_deployed(deployed: Deployment) -> None:
    """Status lists the functions; with no reconciliation, and Stripe out of reach, it asks for attention."""
    result = deployed.accounts.ops("status", "--json", stage=STAGE)

    shown = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {each["function"] for each in shown["functions"]} == set(FUNCTIONS.values())
    assert shown["deployed"]["api"] == deployed.api_id()
    assert shown["queues"]["sets_off_worker"] == ["Enabled"]
    assert "no reconciliation has run lately" in str(shown["attention"])
    assert "Stripe cannot be asked" in str(shown["attention"])


def test_the_record_can_be_written_anew(deployed: Deployment) -> None:
    """Adopting finds the very resources that Chalice has recorded."""
    ours = json.loads(recover_record(Stage.named(STAGE), AwsClients(), STAGE, FUNCTIONS))
    theirs = deployed.record()

    by_name = {each["name"]: each for each in theirs["resources"]}
    assert {each["name"]: each for each in ours["resources"]} == by_name
    assert (ours["schema_version"], ours["backend"]) == (theirs["schema_version"], theirs["backend"])


def test_the_record_knows_the_api() -> None:
    """The API's id is read from Chalice's own entry."""
    assert rest_api_id([{"resource_type": "rest_api", "rest_api_id": "abc"}]) == "abc"


def test_two_deployments_take_turns(deployed: Deployment) -> None:
    """While one deployment holds the lock another is refused by name, and the lock is gone afterwards."""
    records = DeploymentRecord(AwsClients(), RECORDS, Stage.named(STAGE))

    with records.locked("user/kim"), pytest.raises(OpsError, match="user/kim"), records.locked("user/sam"):
        raise AssertionError("two deployments at once")
    with records.locked("user/sam"):
        pass
