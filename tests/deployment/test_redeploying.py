"""Deploying a second time: what stays, what is repaired, what is reported."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.after_deploy import DeployedStage
from scripts.ops.deploy.api_gateway import DeployedApi
from scripts.ops.deploy.app_declarations import declarations_of
from scripts.ops.deploy.chalice_program import ChaliceProgram
from scripts.ops.deploy.deployment_record import DeploymentRecord
from scripts.ops.deploy.live_function import LiveFunction
from scripts.ops.stage import ROOT, Stage
from tests.support.deployment.deployment import FUNCTIONS, PAGES, RECORDS, STACK, STAGE, Deployment

pytestmark = [pytest.mark.filterwarnings("ignore:Tried to parse"), pytest.mark.packaging]


def after(deployed: Deployment, project: Path) -> DeployedStage:
    """The deployed stage, compared with this project's app.py."""
    variables = deployed.functions()[STACK]["Environment"]["Variables"]
    aws = AwsClients()
    return DeployedStage(
        stage=Stage.named(STAGE),
        aws=aws,
        declarations=declarations_of(project / "app.py", variables),
        api=DeployedApi(aws, deployed.api_id(), STAGE),
    )


def test_a_dry_run_shows_what_would_change_and_changes_nothing(deployed: Deployment) -> None:
    """Without a change there is nothing to show; a variable, a route and a page that differ are a row each."""
    before = deployed.functions()
    unchanged = deployed.deploy("--dry-run", "--json")
    s3, gateway = deployed.accounts.clients("s3"), deployed.accounts.clients("apigateway")
    resources = gateway.get_resources(restApiId=deployed.api_id(), limit=500)["items"]
    health = next(each["id"] for each in resources if each["path"] == "/api/health")
    s3.put_object(Bucket=PAGES, Key="index.html", Body=b"old")
    gateway.put_method(restApiId=deployed.api_id(), resourceId=health, httpMethod="PUT", authorizationType="NONE")
    api = LiveFunction(aws=AwsClients(), name=STACK)
    served = api.live()
    assert served is not None
    api.configure({**api.latest()["Environment"]["Variables"], "SCHOOL_NAME": "Another"})
    api.point_to(api.publish("20200101T000000Z"))

    planned = deployed.deploy("--dry-run", "--json")

    assert [unchanged.exit_code, planned.exit_code] == [0, 0], planned.output
    nothing: dict[str, list[object]] = {"functions and routes": [], "stack": [], "pages": []}
    assert json.loads(unchanged.stdout) == nothing
    shown = json.loads(planned.stdout)
    assert shown["functions and routes"] == [
        {"where": "api_handler", "what": "SCHOOL_NAME", "now": "Another", "then": "-"},
        {"where": "api", "what": "PUT /api/health", "now": "public", "then": "-"},
    ]
    assert shown["pages"] == [{"page": "index.html", "done": "changed"}]
    api.configure(before[STACK]["Environment"]["Variables"])
    api.point_to(served)
    gateway.delete_method(restApiId=deployed.api_id(), resourceId=health, httpMethod="PUT")
    assert deployed.functions().keys() == before.keys()


def test_a_second_deployment_keeps_everything_in_place(deployed: Deployment) -> None:
    """The same API, the same code to the byte, one event source mapping; gateway responses are set again."""
    api = deployed.api_id()
    code = {name: each["CodeSha256"] for name, each in deployed.functions().items()}

    again = deployed.deploy()

    assert again.exit_code == 0, again.output
    assert deployed.api_id() == api
    assert {name: each["CodeSha256"] for name, each in deployed.functions().items()} == code
    mappings = deployed.accounts.clients("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert len(mappings) == 1
    assert "Nothing has changed in the functions; the versions that serve stay." in again.output
    assert "WRONG" not in again.output


def test_a_renamed_handler_is_repaired(deployed: Deployment) -> None:
    """Chalice leaves a function's old handler in place; it is updated to the new name, and the checks pass."""
    project = deployed.target
    app = project / "app.py"
    app.write_text(_renamed(app.read_text("utf-8")))
    variables = deployed.functions()[STACK]["Environment"]["Variables"]
    record = DeploymentRecord(AwsClients(), RECORDS, Stage.named(STAGE))
    record.copy_to(project)
    ChaliceProgram(deployed.chalice, project, Stage.named(STAGE), variables).run("deploy")
    record.save_from(project)
    deployed_stage, function = after(deployed, project), FUNCTIONS["recount"]

    assert deployed.functions()[function]["Handler"] == "app.recount"
    problems = [check.problem for check in deployed_stage.checks() if check.problem]
    assert "its handler is app.recount, not app.recount_nightly" in problems
    assert deployed_stage.repair_handlers() == [function]
    assert deployed.functions()[function]["Handler"] == "app.recount_nightly"
    assert deployed_stage.repair_handlers() == []


def _renamed(source: str) -> str:
    old = 'recount = app.schedule("cron(0 3 * * ? *)")(make_recount(container))'
    assert old in source
    return source.replace(
        old,
        "_handler = make_recount(container)\n"
        '_handler.__name__ = "recount_nightly"\n'
        'recount_nightly = app.schedule("cron(0 3 * * ? *)", name="recount")(_handler)',
    )


def test_the_checks_report_what_is_wrong(deployed: Deployment) -> None:
    """A disabled event source mapping, an open route and missing gateway responses are each reported."""
    deployed_stage = after(deployed, deployed.target)
    aws, api = deployed.accounts.clients, deployed.api_id()
    [mapping] = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    resources = aws("apigateway").get_resources(restApiId=api, limit=500)["items"]
    enrollments = next(each["id"] for each in resources if each["path"] == "/api/enrollments")
    post = {"restApiId": api, "resourceId": enrollments, "httpMethod": "POST"}
    aws("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    aws("apigateway").put_method(**post, authorizationType="NONE")
    aws("apigateway").delete_gateway_response(restApiId=api, responseType="UNAUTHORIZED")

    problems = " | ".join(check.problem for check in deployed_stage.checks() if check.problem)
    attention = json.loads(deployed.accounts.ops("status", "--json", stage=STAGE).stdout)["attention"]

    assert "the queue's event source mapping is Disabled" in str(attention)
    assert "mapping is Disabled" in problems
    assert "open without a token: POST /api/enrollments" in problems
    assert "not set" in problems


def test_what_a_deployment_without_the_record_left_behind_is_removed(deployed: Deployment) -> None:
    """A second mapping and a second API go, the mapping that was disabled is enabled, and each is named."""
    aws, api = deployed.accounts.clients, deployed.api_id()
    lambdas, gateway = aws("lambda"), aws("apigateway")
    [mapping] = lambdas.list_event_source_mappings()["EventSourceMappings"]
    lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    second = lambdas.create_event_source_mapping(
        EventSourceArn=mapping["EventSourceArn"], FunctionName=mapping["FunctionArn"], BatchSize=1
    )["UUID"]
    other = gateway.create_rest_api(name="learnermax-education")["id"]
    root = gateway.get_resources(restApiId=other)["items"][0]["id"]
    gateway.put_method(restApiId=other, resourceId=root, httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(restApiId=other, resourceId=root, httpMethod="GET", type="MOCK")
    gateway.create_deployment(restApiId=other, stageName=STAGE)
    foreign = gateway.create_rest_api(name="another product")["id"]

    again = deployed.deploy()

    assert again.exit_code == 0, again.output
    [left] = lambdas.list_event_source_mappings()["EventSourceMappings"]
    assert (left["UUID"], left["State"]) == (mapping["UUID"], "Enabled")
    assert {each["id"] for each in gateway.get_rest_apis()["items"]} == {api, foreign}
    assert f"removed a second event source mapping of the queue, {second}" in again.output
    assert "enabled the queue's event source mapping" in again.output
    assert f"removed a second API of this stage, {other}" in again.output
    gateway.delete_rest_api(restApiId=foreign)


def test_chalice_in_the_repository_itself_does_nothing(deployed: Deployment) -> None:
    """Deployed from there, functions would lose their variables: the command stops with what to type instead."""
    before = deployed.functions()
    done = subprocess.run(
        [str(deployed.chalice), "--project-dir", str(ROOT), "deploy", "--stage", STAGE],
        env={
            **os.environ,
            "WEB_ORIGIN": "https://school.example",
            "USER_POOL_ARN": "pool",
            "USER_POOL_CLIENT_ID": "client",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 1
    assert "make deploy STAGE=dev" in done.stderr
    assert "Traceback" not in done.stderr
    assert deployed.functions() == before
    assert not (ROOT / ".chalice" / "deployed" / "dev.json").exists()


def test_a_lost_record_stops_the_deployment(deployed: Deployment) -> None:
    """Without Chalice's record the next deployment would create a second API: it stops, and names the option."""
    written = json.dumps(deployed.record())
    s3 = deployed.accounts.clients("s3")
    s3.delete_object(Bucket=RECORDS, Key="dev.json")

    refused = deployed.deploy()

    assert refused.exit_code == 1
    assert "deploy with --adopt" in refused.output
    s3.put_object(Bucket=RECORDS, Key="dev.json", Body=written.encode())
