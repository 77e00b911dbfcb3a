"""Deploying on the emulator by the command that deploys to AWS: chalice itself, and what is done around it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.local.aws import ACCOUNT
from scripts.ops.adopt import record_of
from scripts.ops.after_deploy import Deployed, rest_api_id
from scripts.ops.api_gateway import ANSWERS, DeployedApi
from scripts.ops.app_facts import facts_of
from scripts.ops.aws import Aws
from scripts.ops.chalice_program import Chalice
from scripts.ops.errors import OpsError
from scripts.ops.records import Records
from scripts.ops.stack import Stack
from scripts.ops.stage import Stage
from tests.support.deployment import FUNCTIONS, STACK, STAGE, Deployment, a_deployment

pytestmark = [pytest.mark.filterwarnings("ignore:Tried to parse"), pytest.mark.packaging]
PAGES, RECORDS = f"learnermax-dev-pages-{ACCOUNT}", f"learnermax-dev-records-{ACCOUNT}"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The stage dev, deployed once. The tests of this file go on from there, in their order."""
    with a_deployment(tmp_path_factory.mktemp("deployment")) as deployment:
        yield deployment


def api_of(deployed: Deployment) -> str:
    """The id of the only API there is."""
    [api] = deployed.town.clients("apigateway").get_rest_apis()["items"]
    return str(api["id"])


def after(deployed: Deployment, project: Path) -> Deployed:
    """What stands in the account, compared with the app of this project."""
    variables = deployed.functions()[STACK]["Environment"]["Variables"]
    aws = Aws()
    return Deployed(
        stage=Stage.named(STAGE),
        aws=aws,
        facts=facts_of(project / "app.py", variables),
        api=DeployedApi(aws, api_of(deployed), STAGE),
    )


def test_every_function_is_there_with_its_own_role(deployed: Deployment) -> None:
    """Five functions on the runtime of this Python, each with a role and the stage's variables."""
    functions = deployed.functions()

    assert set(functions) == set(FUNCTIONS.values())
    assert len({each["Role"] for each in functions.values()}) == len(functions)
    for each in functions.values():
        assert {"WEB_ORIGIN", "USER_POOL_ARN", "USER_POOL_CLIENT_ID"} <= each["Environment"]["Variables"].keys()


def test_the_gateway_answers_in_the_products_words(deployed: Deployment) -> None:
    """Each of the gateway's own answers has the envelope and the pages' origin, and throttling is set."""
    client = deployed.town.clients("apigateway")
    found = client.get_gateway_responses(restApiId=api_of(deployed))["items"]
    answers = {each["responseType"]: each for each in found if each["responseType"] in ANSWERS}
    origin = deployed.functions()[STACK]["Environment"]["Variables"]["WEB_ORIGIN"]

    assert answers.keys() == ANSWERS.keys()
    for each in answers.values():
        assert json.loads(each["responseTemplates"]["application/json"]).keys() == {"error", "code", "requestId"}
        allowed = each["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        assert allowed == f"'{origin}'"
    assert DeployedApi(Aws(), api_of(deployed), STAGE).throttling() == (50.0, 100)


def test_the_pages_are_published_and_lead_to_the_api(deployed: Deployment) -> None:
    """The bucket has the pages with their types, config.json names the API, and the distribution leads there."""
    s3 = deployed.town.clients("s3")
    page = s3.head_object(Bucket=PAGES, Key="checkout.html")
    config = s3.get_object(Bucket=PAGES, Key="config.json")
    stack = deployed.town.clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}

    assert (page["ContentType"], page["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")
    assert json.loads(config["Body"].read()) == {"apiBase": ""}
    assert config["CacheControl"] == "no-store"
    assert parameters["ApiId"] == api_of(deployed)
    assert not [key for key in keys_in(deployed) if key.endswith(".md")]


def keys_in(deployed: Deployment) -> set[str]:
    """The names of all published pages."""
    return {each["Key"] for each in deployed.town.clients("s3").list_objects_v2(Bucket=PAGES)["Contents"]}


def test_only_what_changed_is_published(deployed: Deployment) -> None:
    """A changed page is uploaded, a foreign one removed, the rest left alone; a dry run says so beforehand."""
    s3, town = deployed.town.clients("s3"), deployed.town
    s3.put_object(Bucket=PAGES, Key="index.html", Body=b"old")
    s3.put_object(Bucket=PAGES, Key="gone.html", Body=b"old")
    wanted = [{"page": "index.html", "done": "changed"}, {"page": "gone.html", "done": "removed"}]

    assert town.told("web", "publish", "--dry-run", stage=STAGE) == wanted
    assert "gone.html" in keys_in(deployed)
    assert town.told("web", "publish", stage=STAGE) == wanted
    assert town.told("web", "publish", stage=STAGE) == []
    assert "gone.html" not in keys_in(deployed)


def test_a_page_that_cloudfront_does_not_know_waits_for_it(deployed: Deployment) -> None:
    """CloudFront answers 404 for names it was not told: none is published until it was, and provisioning tells them."""
    town, stack = deployed.town, Stack(Aws(), STACK)
    assert "404.html" in stack.parameters()["PageNames"].split()
    stack.apply(stack.plan({"PageNames": "index.html css"}))

    refused = town.ops("web", "publish", "--dry-run", stage=STAGE)

    assert refused.exit_code == 1
    assert "404 for 404.html, bookings.html" in refused.output
    assert town.ops("provision", "--yes", stage=STAGE).exit_code == 0
    assert town.told("web", "publish", stage=STAGE) == []


def test_status_shows_what_is_deployed(deployed: Deployment) -> None:
    """Status lists the functions; with no reconciliation, and Stripe out of reach, it asks for attention."""
    result = deployed.town.ops("status", "--json", stage=STAGE)

    shown = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {each["function"] for each in shown["functions"]} == set(FUNCTIONS.values())
    assert shown["deployed"]["api"] == api_of(deployed)
    assert shown["queues"]["sets_off_worker"] == ["Enabled"]
    assert "no reconciliation has run lately" in str(shown["attention"])
    assert "Stripe cannot be asked" in str(shown["attention"])


def test_the_record_can_be_written_anew(deployed: Deployment) -> None:
    """Adopting finds the very resources that Chalice has recorded."""
    ours = json.loads(record_of(Stage.named(STAGE), Aws(), STAGE, FUNCTIONS))
    theirs = deployed.record()

    by_name = {each["name"]: each for each in theirs["resources"]}
    assert {each["name"]: each for each in ours["resources"]} == by_name
    assert (ours["schema_version"], ours["backend"]) == (theirs["schema_version"], theirs["backend"])


def test_two_deployments_take_turns(deployed: Deployment) -> None:
    """While one deployment holds the lock another is refused by name, and the lock is gone afterwards."""
    records = Records(Aws(), RECORDS, Stage.named(STAGE))

    with records.locked("user/kim"), pytest.raises(OpsError, match="user/kim"), records.locked("user/sam"):
        raise AssertionError("two deployments at once")
    with records.locked("user/sam"):
        pass


def test_a_dry_run_shows_the_calls_and_makes_none(deployed: Deployment) -> None:
    """The plan names what Chalice would do; nothing in the account changes."""
    before = deployed.functions()

    planned = deployed.deploy("--dry-run")

    assert planned.exit_code == 0, planned.output
    assert "update_function" in planned.output.lower() or "updating lambda function" in planned.output.lower()
    assert deployed.functions() == before


def test_a_second_deployment_keeps_everything_in_place(deployed: Deployment) -> None:
    """The same API, the same code to the byte, one mapping from the queue; the gateway's answers are put back."""
    api = api_of(deployed)
    code = {name: each["CodeSha256"] for name, each in deployed.functions().items()}

    again = deployed.deploy()

    assert again.exit_code == 0, again.output
    assert api_of(deployed) == api
    assert {name: each["CodeSha256"] for name, each in deployed.functions().items()} == code
    mappings = deployed.town.clients("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert len(mappings) == 1
    assert "WRONG" not in again.output


def test_a_renamed_handler_is_found_again(deployed: Deployment) -> None:
    """Chalice leaves a function's old handler in place; mending points it at the new name, and the checks agree."""
    project = deployed.target
    app = project / "app.py"
    app.write_text(_renamed(app.read_text("utf-8")))
    variables = deployed.functions()[STACK]["Environment"]["Variables"]
    records = Records(Aws(), RECORDS, Stage.named(STAGE))
    records.hand_to(project)
    Chalice(deployed.chalice, project, Stage.named(STAGE), variables).run("deploy")
    records.take_from(project)
    standing, function = after(deployed, project), FUNCTIONS["recount"]

    assert deployed.functions()[function]["Handler"] == "app.recount"
    problems = [check.problem for check in standing.checks() if check.problem]
    assert "its handler is app.recount, not app.recount_nightly" in problems
    assert standing.mend_handlers() == [function]
    assert deployed.functions()[function]["Handler"] == "app.recount_nightly"
    assert standing.mend_handlers() == []


def _renamed(source: str) -> str:
    old = 'recount = app.schedule("cron(0 3 * * ? *)")(make_recount(container))'
    assert old in source
    return source.replace(
        old,
        "_handler = make_recount(container)\n"
        '_handler.__name__ = "recount_nightly"\n'
        'recount_nightly = app.schedule("cron(0 3 * * ? *)", name="recount")(_handler)',
    )


def test_the_checks_find_what_is_wrong(deployed: Deployment) -> None:
    """A disabled mapping, an open route and missing answers of the gateway are each told."""
    standing = after(deployed, deployed.target)
    aws, api = deployed.town.clients, api_of(deployed)
    [mapping] = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    resources = aws("apigateway").get_resources(restApiId=api, limit=500)["items"]
    enrollments = next(each["id"] for each in resources if each["path"] == "/api/enrollments")
    post = {"restApiId": api, "resourceId": enrollments, "httpMethod": "POST"}
    aws("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    aws("apigateway").put_method(**post, authorizationType="NONE")
    aws("apigateway").delete_gateway_response(restApiId=api, responseType="UNAUTHORIZED")

    problems = " | ".join(check.problem for check in standing.checks() if check.problem)
    attention = json.loads(deployed.town.ops("status", "--json", stage=STAGE).stdout)["attention"]

    assert "the queue sets the worker off by ['Disabled']" in str(attention)
    assert "it is Disabled" in problems
    assert "open to everybody: POST /api/enrollments" in problems
    assert "not set" in problems


def test_a_lost_record_stops_the_deployment(deployed: Deployment) -> None:
    """Without Chalice's record the next deployment would make a second API: it is refused, and says what helps."""
    written = json.dumps(deployed.record())
    s3 = deployed.town.clients("s3")
    s3.delete_object(Bucket=RECORDS, Key="dev.json")

    refused = deployed.deploy()

    assert refused.exit_code == 1
    assert "deploy with --adopt" in refused.output
    s3.put_object(Bucket=RECORDS, Key="dev.json", Body=written.encode())


def test_undeploying_removes_functions_and_keeps_data(deployed: Deployment) -> None:
    """Functions, roles, rules and API go; table, queue and pages stay; a dry run and a no remove nothing."""
    town, words = deployed.town, ("undeploy", "--chalice", str(deployed.chalice))
    assert town.ops(*words, "--dry-run", stage=STAGE).exit_code == 0
    assert town.ops(*words, stage=STAGE, typed="n\n").exit_code == 1
    assert len(deployed.functions()) == len(FUNCTIONS)

    removed = town.ops(*words, "--yes", stage=STAGE)

    assert removed.exit_code == 0, removed.output
    assert deployed.functions() == {}
    assert town.clients("apigateway").get_rest_apis()["items"] == []
    assert town.clients("events").list_rules()["Rules"] == []
    assert _roles(deployed) == []
    assert town.clients("dynamodb").describe_table(TableName=STACK)["Table"]["ItemCount"] > 0
    assert "index.html" in keys_in(deployed)
    assert deployed.record()["resources"] == []


def _roles(deployed: Deployment) -> list[Any]:
    roles = deployed.town.clients("iam").list_roles()["Roles"]
    return [role for role in roles if role["RoleName"].startswith(STACK)]


def test_the_record_knows_the_api() -> None:
    """The API's id is read from Chalice's own entry."""
    assert rest_api_id([{"resource_type": "rest_api", "rest_api_id": "abc"}]) == "abc"
