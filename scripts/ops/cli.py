"""The command line with all commands."""

from __future__ import annotations

import click

from scripts.ops.commands.audit import audit
from scripts.ops.commands.catch_up import catch_up
from scripts.ops.commands.coupons import coupons
from scripts.ops.commands.courses import courses
from scripts.ops.commands.deploy import deploy
from scripts.ops.commands.enrollments import enrollments
from scripts.ops.commands.figures import figures
from scripts.ops.commands.keys import keys
from scripts.ops.commands.logs import logs
from scripts.ops.commands.messages import messages
from scripts.ops.commands.office import office
from scripts.ops.commands.payments import payments, show
from scripts.ops.commands.provision import provision
from scripts.ops.commands.reconcile import reconcile
from scripts.ops.commands.recount import recount
from scripts.ops.commands.redrive import redrive
from scripts.ops.commands.restore import restore
from scripts.ops.commands.rollback import rollback
from scripts.ops.commands.sales import sales
from scripts.ops.commands.settling import settling
from scripts.ops.commands.smoke import smoke
from scripts.ops.commands.status import status
from scripts.ops.commands.students import students
from scripts.ops.commands.table import table
from scripts.ops.commands.undeploy import undeploy
from scripts.ops.commands.web import web
from scripts.ops.commands.webhook_endpoint import webhook_endpoint
from scripts.ops.terminal.command import OpsGroup


@click.group(cls=OpsGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def ops() -> None:
    """Operate the school: provision and deploy it, see its state, manage coupons, courses and enrollments,
    settle and refund payments.

    Every command takes --stage, and --json for programs. Those that change something take --dry-run, but for some that
    docs/runbook.md names.
    """


for command in (
    status,
    keys,
    webhook_endpoint,
    redrive,
    provision,
    deploy,
    rollback,
    undeploy,
    smoke,
    web,
    coupons,
    courses,
    payments,
    enrollments,
    audit,
    students,
    office,
    sales,
    figures,
    messages,
    reconcile,
    catch_up,
    recount,
    restore,
    settling,
    logs,
    table,
):
    ops.add_command(command)
ops.add_command(show, "show-payment")


def main() -> None:
    """The command `ops`, as it is installed."""
    ops(prog_name="ops")
