"""The command line of operations: every command in one place."""

from __future__ import annotations

import click

from scripts.ops.command import OpsGroup
from scripts.ops.coupons import coupons
from scripts.ops.courses import courses
from scripts.ops.deploy import deploy
from scripts.ops.payments import payments, show
from scripts.ops.provision import provision
from scripts.ops.redrive import redrive
from scripts.ops.repair import catch_up, reconcile, recount
from scripts.ops.smoke import smoke
from scripts.ops.status import status
from scripts.ops.undeploy import undeploy
from scripts.ops.web import web
from scripts.ops.webhook_endpoint import webhook_endpoint


@click.group(cls=OpsGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def ops() -> None:
    """Run the school: provision and deploy it, see what it does, sell, and repair payments.

    Every command takes --stage, and --json for programs. Where something would change, --dry-run says what.
    """


for command in (
    status,
    webhook_endpoint,
    redrive,
    provision,
    deploy,
    undeploy,
    smoke,
    web,
    coupons,
    courses,
    payments,
    reconcile,
    catch_up,
    recount,
):
    ops.add_command(command)
ops.add_command(show, "show-payment")
