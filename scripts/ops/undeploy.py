"""`undeploy`: take functions, roles and API away again."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import click

from scripts.ops.chalice_program import PROGRAM, Chalice
from scripts.ops.command import Operator, dry_run, operated, yes
from scripts.ops.errors import OpsError
from scripts.ops.preflight import outputs_of
from scripts.ops.records import Records
from scripts.ops.stage import CONFIG


@click.command()
@click.option("--chalice", default=PROGRAM, type=click.Path(path_type=Path), help="The chalice program to use.")
@dry_run
@yes
@operated
def undeploy(operator: Operator, *, chalice: Path, dry_run: bool, yes: bool) -> None:
    """Remove functions, roles and API again. What provision made stays: data, queues, users, pages."""
    outputs = outputs_of(operator.stage, operator.aws)
    if not outputs:
        raise OpsError(f"The stack {operator.stage.stack} is not there; nothing is deployed by it.")
    records = Records(operator.aws, outputs["RecordsBucket"], operator.stage)
    names = [f"{each['resource_type']} {each['name']}" for each in records.resources()]
    if dry_run or not names:
        operator.out.table([{"would be removed": name} for name in names], none="Nothing is deployed.")
        return
    operator.confirm(f"Remove {len(names)} things? Nobody can enroll or pay until the next deployment.", yes=yes)
    with records.locked(operator.aws.who()):
        operator.out.say(_delete(operator, chalice, records))
    operator.out.table([{"removed": name} for name in names])


def _delete(operator: Operator, chalice: Path, records: Records) -> str:
    """Let Chalice remove what it has recorded; for that it wants its configuration, and an app to look at."""
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / ".chalice").mkdir()
        shutil.copy(CONFIG, project / ".chalice" / "config.json")
        (project / "app.py").write_text(f"from chalice import Chalice\n\napp = Chalice({operator.stage.app!r})\n")
        records.hand_to(project)
        said = Chalice(chalice, project, operator.stage, {}).run("delete")
        records.take_from(project)
    return said
