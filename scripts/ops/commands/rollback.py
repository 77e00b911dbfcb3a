"""`rollback`: let an earlier release serve again, within seconds and without a build."""

from __future__ import annotations

import click

from scripts.ops.deploy.live_function import Version
from scripts.ops.deploy.releases import Releases, chosen
from scripts.ops.errors import OpsError
from scripts.ops.stage import API_HANDLER, read_config
from scripts.ops.terminal.command import Operator, dry_run, operated, yes
from scripts.ops.terminal.rows import Row


@click.command()
@click.option("--to", "commit", help="The commit to go to, or its beginning; by default the release before.")
@click.option("--list", "listing", is_flag=True, help="List the releases that are kept, the newest first.")
@dry_run
@yes
@operated
def rollback(operator: Operator, *, commit: str | None, listing: bool, dry_run: bool, yes: bool) -> None:
    """Let the release before serve, or another one that is kept: every function, within seconds.

    Data, pages and the API's routes stay as they are, and so does settling if it is paused. The next deployment goes
    on from its own checkout.
    """
    if operator.stage.is_local:
        raise OpsError("The local stage has no releases.")
    releases = Releases(stage=operator.stage, aws=operator.aws, handlers=tuple(read_config()["lambda_functions"]))
    api = releases.function(API_HANDLER)
    live = api.live() if api.exists() else None
    if live is None:
        raise OpsError("There is no release to go back to: deploy once first.")
    if listing:
        operator.out.table([{**_row(each), "serves": each.release == live.release} for each in releases.listed()])
        return
    target = chosen(releases.listed(), commit) if commit else releases.before(live)
    operator.out.say(f"Now: {_words(live)}. Then: {_words(target)}.")
    if dry_run:
        operator.out.say("Nothing was changed.")
        return
    operator.confirm(f"Let {target.commit} serve?", yes=yes)
    moved = releases.go_to(target)
    operator.out.table([{"function": name, **_row(version)} for name, version in moved.items()])


def _row(version: Version) -> Row:
    return {
        "version": version.app_version,
        "commit": version.commit,
        "published": version.release or "by hand",
        "number": version.number,
    }


def _words(version: Version) -> str:
    return f"{version.app_version} ({version.commit}), published {version.release or 'by hand'}"
