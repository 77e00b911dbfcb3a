"""`web publish`: upload the pages of frontend/."""

from __future__ import annotations

import click

from scripts.ops.deploy.catalogue import catalogue
from scripts.ops.deploy.pages import page_names, publish_pages
from scripts.ops.deploy.stack import Stack, required_outputs
from scripts.ops.errors import OpsError
from scripts.ops.terminal.command import Operator, OpsGroup, dry_run, operated


@click.group(cls=OpsGroup)
def web() -> None:
    """Publish the web app's pages."""


@web.command()
@dry_run
@operated
def publish(operator: Operator, *, dry_run: bool) -> None:
    """Upload changed pages, one for each course and config.json, delete removed ones, invalidate CloudFront's cache."""
    outputs = required_outputs(operator.stage, operator.aws)
    known = Stack(operator.aws, operator.stage.stack).parameters().get("PageNames", page_names())
    if new := sorted(set(page_names().split()) - set(known.split())):
        raise OpsError(f"CloudFront would answer 404 for {', '.join(new)}; run provision first.")
    rows = publish_pages(operator.aws, outputs, catalogue(operator.stage), dry_run=dry_run)
    operator.out.table(rows, if_empty="Nothing changed.")
