"""The steps of a deployment before and after `chalice deploy`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from attrs import field, frozen

from scripts.ops.aws.clients import AwsClients
from scripts.ops.deploy.after_deploy import DeployedStage, lead_mappings, mapping_id, rest_api_id
from scripts.ops.deploy.api_gateway import DeployedApi
from scripts.ops.deploy.app_declarations import AppDeclarations, declarations_of
from scripts.ops.deploy.build import assemble
from scripts.ops.deploy.catalogue import catalogue
from scripts.ops.deploy.chalice_program import ChaliceProgram
from scripts.ops.deploy.checks import report
from scripts.ops.deploy.deployment_record import DeploymentRecord
from scripts.ops.deploy.gateway_logs import GatewayLogs
from scripts.ops.deploy.pages import image_origins, lesson_origins, page_names, publish_pages
from scripts.ops.deploy.preflight import Preflight
from scripts.ops.deploy.record_recovery import recover_record
from scripts.ops.deploy.releases import Releases
from scripts.ops.deploy.rollout import Rollout
from scripts.ops.deploy.stack import Stack, pool_to_delete_from, stack_outputs
from scripts.ops.errors import OpsError
from scripts.ops.stage import API_HANDLER, Stage, read_config
from scripts.ops.terminal.output import Output


@frozen(kw_only=True)
class PreparedDeployment:
    """A build that is ready for `chalice deploy`. ``outputs`` are those of the stage's stack."""

    chalice: ChaliceProgram
    declarations: AppDeclarations
    record: DeploymentRecord
    outputs: dict[str, str] = field(repr=False)
    releases: Releases


@frozen(kw_only=True)
class Shift:
    """How students are led to new versions: ``percent`` of the calls for ``seconds`` first, while alarms are watched.

    ``snap_start`` turns SnapStart of the API's function on or off; None leaves it as it is.
    """

    percent: int = 0
    seconds: int = 300
    snap_start: bool | None = None


def prepare(
    stage: Stage, aws: AwsClients, out: Output, *, adopt: bool, chalice: Path, target: Path
) -> PreparedDeployment:
    """Run the preflight checks and assemble the build at ``target``.

    Raises:
        OpsError: a check failed, or this is the local stage.
    """
    if stage.is_local:
        raise OpsError("The local stage is started by make run.")
    preflight = Preflight(stage, aws)
    report(preflight.local_checks(), out)
    outputs = stack_outputs(stage, aws)
    report(preflight.account_checks(outputs, adopt=adopt), out)
    variables = {
        "WEB_ORIGIN": outputs["WebOrigin"],
        "USER_POOL_ARN": outputs["UserPoolArn"],
        "USER_POOL_CLIENT_ID": outputs["UserPoolClientId"],
        "DELETE_SIGN_INS": "yes" if pool_to_delete_from(stage, aws) else "no",
        **_edge_secret(outputs, aws),
    }
    project = assemble(target.resolve(), variables)
    declarations = declarations_of(project / "app.py", {**stage.variables, **variables})
    record = DeploymentRecord(aws, outputs["RecordsBucket"], stage)
    if adopt:
        record.write(recover_record(stage, aws, api_stage(stage), declarations.handlers))
    record.copy_to(project)
    program = ChaliceProgram(chalice, project, stage, variables)
    releases = Releases(stage=stage, aws=aws, handlers=tuple(declarations.handlers))
    return PreparedDeployment(
        chalice=program, declarations=declarations, record=record, outputs=outputs, releases=releases
    )


def adopt_aliases(prepared: PreparedDeployment, stage: Stage, aws: AwsClients, out: Output) -> None:
    """Before the first `chalice deploy` through aliases: each function gets one, and the queue goes by it.

    Until then everybody was served by unpublished code, which keeps serving as a version of its own.
    """
    for function in prepared.releases.adopt():
        out.say(f"{function}: has an alias from now on, for what it runs at present")
    for sentence in lead_mappings(stage, aws):
        out.say(sentence)


def finish(
    prepared: PreparedDeployment, stage: Stage, aws: AwsClients, out: Output, *, rate: int, burst: int, shift: Shift
) -> DeployedApi:
    """Everything after `chalice deploy`. Students are led to the new versions once all else is right, new pages last.

    Raises:
        OpsError: a check of the deployed stage failed.
    """
    api = DeployedApi(aws, rest_api_id(prepared.record.resources()), api_stage(stage))
    deployed = DeployedStage(stage=stage, aws=aws, declarations=prepared.declarations, api=api)
    for function in deployed.repair_handlers():
        out.say(f"{function}: updated to its renamed handler")
    for sentence in deployed.repair_mappings(mapping_id(prepared.record.resources())):
        out.say(sentence)
    for other in deployed.remove_other_apis(kept=[Stack(aws, stage.stack).parameters().get("ApiId", "")]):
        out.say(f"removed a second API of this stage, {other}")
    api.set_gateway_responses(prepared.outputs["WebOrigin"])
    api.throttle(rate=rate, burst=burst)
    _log_accesses(api, stage, aws, out)
    report(deployed.checks(), out)
    if shift.snap_start is not None:
        prepared.releases.function(API_HANDLER).start_by_snapshot(wanted=shift.snap_start)
    rollout = Rollout(releases=prepared.releases, say=out.say, percent=shift.percent, seconds=shift.seconds)
    rollout(prepared.releases.publish(datetime.now(UTC)))
    report(deployed.aliases(), out)
    _update_distribution(stage, aws, out, api)
    publish_pages(aws, prepared.outputs, catalogue(stage))
    return api


def _log_accesses(api: DeployedApi, stage: Stage, aws: AwsClients, out: Output) -> None:
    """Let API Gateway write its access log, as far as the account allows it."""
    found = aws("logs").describe_log_groups(logGroupNamePrefix=stage.gateway_logs)["logGroups"]
    group = next((each for each in found if each["logGroupName"] == stage.gateway_logs), None)
    if group is None:
        out.warn("No access log of API Gateway: the stack has no log group for it yet; provision makes it.")
    elif not GatewayLogs(aws, stage.gateway_role).are_allowed():
        out.warn("No access log of API Gateway: this account does not let it write; provision --gateway-logs does.")
    else:
        api.log_accesses(group["arn"])


def _edge_secret(outputs: dict[str, str], aws: AwsClients) -> dict[str, str]:
    """What CloudFront adds to each request; nothing for a stack that was provisioned before there was one."""
    if "EdgeSecret" not in outputs:
        return {}
    found = aws("secretsmanager").get_secret_value(SecretId=outputs["EdgeSecret"])
    return {"EDGE_SECRET": found["SecretString"]}


def _update_distribution(stage: Stage, aws: AwsClients, out: Output, api: DeployedApi) -> None:
    """Route /api/ of the pages' domain to this API and let it serve every page, unless it already does."""
    stack = Stack(aws, stage.stack)
    wanted = {"ApiId": api.api_id, **front_parameters()}
    if wanted.items() <= stack.parameters().items():
        return
    plan = stack.plan(wanted)
    if plan.changes:
        out.say("Updating CloudFront for a new API or new pages; this takes some minutes.")
        stack.apply(plan)


def front_parameters() -> dict[str, str]:
    """The stack's parameters that follow from the pages of this checkout."""
    return {"PageNames": page_names(), "ImageOrigins": image_origins(), "LessonOrigins": lesson_origins()}


def api_stage(stage: Stage) -> str:
    """The name of the API's stage in API Gateway."""
    name: str = read_config()["stages"][stage.name]["api_gateway_stage"]
    return name
