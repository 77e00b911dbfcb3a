"""Deploying what is deployed already, by the command that deploys to AWS: what stays, what is mended, what is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.after_deploy import Deployed
from scripts.ops.deploy.api_gateway import DeployedApi
from scripts.ops.deploy.app_declarations import declarations_of
from scripts.ops.deploy.chalice_program import ChaliceProgram
from scripts.ops.deploy.deployment_record import DeploymentRecord
from scripts.ops.stage import Stage
from tests.support.deployment.deployment import FUNCTIONS, RECORDS, STACK, STAGE, Deployment

pytestmark = [pytest.mark.filterwarnings("ignore:Tried to parse"), pytest.mark.packaging]


def after(deployed: Deployment, project: Path) -> Deployed:
    """What stands in the account, compared with the app of this project."""
    variables = deployed.functions()[STACK]["Environment"]["Variables"]
    aws = AwsClients()
    return Deployed(
        stage=Stage.named(STAGE),
        aws=aws,
        facts=declarations_of(project / "app.py", variables),
        api=DeployedApi(aws, deployed.api_id(), STAGE),
    )


def test_a_dry_run_shows_the_calls_and_makes_none(deployed: Deployment) -> None:
    """The plan names what Chalice would do; nothing in the account changes."""
    before = deployed.functions()

    planned = deployed.deploy("--dry-run")

    assert planned.exit_code == 0, planned.output
    assert "update_function" in planned.output.lower() or "updating lambda function" in planned.output.lower()
    assert deployed.functions() == before


def test_a_second_deployment_keeps_everything_in_place(deployed: Deployment) -> None:
    """The same API, the same code to the byte, one mapping from the queue; the gateway's answers are put back."""
    api = deployed.api_id()
    code = {name: each["CodeSha256"] for name, each in deployed.functions().items()}

    again = deployed.deploy()

    assert again.exit_code == 0, again.output
    assert deployed.api_id() == api
    assert {name: each["CodeSha256"] for name, each in deployed.functions().items()} == code
    mappings = deployed.accounts.clients("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert len(mappings) == 1
    assert "WRONG" not in again.output


def test_a_renamed_handler_is_found_again(deployed: Deployment) -> None:
    """Chalice leaves a function's old handler in place; mending points it at the new name, and the checks agree."""
    project = deployed.target
    app = project / "app.py"
    app.write_text(_renamed(app.read_text("utf-8")))
    variables = deployed.functions()[STACK]["Environment"]["Variables"]
    records = DeploymentRecord(AwsClients(), RECORDS, Stage.named(STAGE))
    records.hand_to(project)
    ChaliceProgram(deployed.chalice, project, Stage.named(STAGE), variables).run("deploy")
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
    aws, api = deployed.accounts.clients, deployed.api_id()
    [mapping] = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    resources = aws("apigateway").get_resources(restApiId=api, limit=500)["items"]
    enrollments = next(each["id"] for each in resources if each["path"] == "/api/enrollments")
    post = {"restApiId": api, "resourceId": enrollments, "httpMethod": "POST"}
    aws("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    aws("apigateway").put_method(**post, authorizationType="NONE")
    aws("apigateway").delete_gateway_response(restApiId=api, responseType="UNAUTHORIZED")

    problems = " | ".join(check.problem for check in standing.checks() if check.problem)
    attention = json.loads(deployed.accounts.ops("status", "--json", stage=STAGE).stdout)["attention"]

    assert "the queue sets the worker off by ['Disabled']" in str(attention)
    assert "it is Disabled" in problems
    assert "open to everybody: POST /api/enrollments" in problems
    assert "not set" in problems


def test_a_lost_record_stops_the_deployment(deployed: Deployment) -> None:
    """Without Chalice's record the next deployment would make a second API: it is refused, and says what helps."""
    written = json.dumps(deployed.record())
    s3 = deployed.accounts.clients("s3")
    s3.delete_object(Bucket=RECORDS, Key="dev.json")

    refused = deployed.deploy()

    assert refused.exit_code == 1
    assert "deploy with --adopt" in refused.output
    s3.put_object(Bucket=RECORDS, Key="dev.json", Body=written.encode())
