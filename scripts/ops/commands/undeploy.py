"""`undeploy`: remove functions, roles and API."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import click

from scripts.ops.deploy.chalice_program import PROGRAM, ChaliceProgram
from scripts.ops.deploy.deployment_record import DeploymentRecord
from scripts.ops.deploy.stack import Stack, stack_outputs
from scripts.ops.errors import OpsError
from scripts.ops.stage import CONFIG
from scripts.ops.terminal.command import Operator, dry_run, operated, yes
from scripts.ops.terminal.option_types import PATH


@click.command()
@click.option("--chalice", default=PROGRAM, type=PATH, help="The chalice program to use.")
@dry_run
@yes
@operated
def undeploy(operator: Operator, *, chalice: Path, dry_run: bool, yes: bool) -> None:
    """Remove functions, roles and API. What provision created stays: data, queues, users, pages."""
    outputs = stack_outputs(operator.stage, operator.aws)
    if not outputs:
        raise OpsError(f"The stack {operator.stage.stack} does not exist; nothing was deployed with it.")
    record = DeploymentRecord(operator.aws, outputs["RecordsBucket"], operator.stage)
    names = [f"{each['resource_type']} {each['name']}" for each in record.resources()]
    if dry_run or not names:
        operator.out.table([{"would be removed": name} for name in names], if_empty="Nothing is deployed.")
        return
    operator.confirm(f"Remove {len(names)} resources? Nobody can enroll or pay until the next deployment.", yes=yes)
    with record.locked(operator.aws.caller()):
        operator.out.say(_delete(operator, chalice, record))
    _forget_api(operator)
    operator.out.table([{"removed": name} for name in names])


def _forget_api(operator: Operator) -> None:
    """Take the API out of the stack: no alarm reports then that reconciliation is silent."""
    stack = Stack(operator.aws, operator.stage.stack)
    plan = stack.plan({"ApiId": ""})
    if plan.changes:
        operator.out.say("Taking the API out of CloudFront; this takes some minutes.")
        stack.apply(plan)


def _delete(operator: Operator, chalice: Path, record: DeploymentRecord) -> str:
    """Run chalice delete, in a minimal project with the configuration and the record that it needs."""
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / ".chalice").mkdir()
        shutil.copy(CONFIG, project / ".chalice" / "config.json")
        (project / "app.py").write_text(f"from chalice import Chalice\n\napp = Chalice({operator.stage.app!r})\n")
        record.copy_to(project)
        output = ChaliceProgram(chalice, project, operator.stage, {}).run("delete")
        record.save_from(project)
    return output
