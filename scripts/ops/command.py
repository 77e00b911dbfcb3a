"""What all commands have in common: --stage, --json, --dry-run, --yes, and one way to fail."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click
import stripe
from attrs import field, frozen
from botocore.exceptions import BotoCoreError, ClientError

from adapters.settings import SettingsError
from domain.errors import DomainError
from scripts.ops.aws import Aws
from scripts.ops.errors import OpsError
from scripts.ops.output import Output
from scripts.ops.stage import Stage, UnknownStageError, prepare_environment

Command = TypeVar("Command", bound=Callable[..., Any])


@frozen
class Operator:
    """Somebody who typed a command: where it goes, and how to answer."""

    stage: Stage
    out: Output
    aws: Aws = field(factory=Aws)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be taken back; with ``yes`` the answer is known.

        Raises:
            click.Abort: the answer was no.
        """
        if not yes:
            click.confirm(f"[{self.stage.name}] {question}", abort=True, err=True)


def operated(command: Command) -> Command:
    """Give the command --stage and --json, and pass it the operator first."""

    @click.option(
        "--stage",
        required=True,
        callback=_known_stage,
        envvar="STAGE",
        help="The deployment meant: a stage of .chalice/config.json.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
    @functools.wraps(command)
    def run(*args: Any, stage: Stage, as_json: bool, **options: Any) -> Any:
        prepare_environment(stage)
        return command(Operator(stage, Output(as_json)), *args, **options)

    return run  # type: ignore[return-value]


def dry_run(command: Command) -> Command:
    """Give the command --dry-run."""
    return click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")(command)


def yes(command: Command) -> Command:
    """Give the command --yes."""
    return click.option("--yes", is_flag=True, help="Do not ask for confirmation.")(command)


class OpsGroup(click.Group):
    """A group whose commands fail with one sentence and the status 1, whatever lay behind it."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, translating what it raises."""
        try:
            return super().invoke(ctx)
        except (DomainError, SettingsError) as error:
            raise OpsError(f"{error} ({getattr(error, 'code', 'settings')})") from error
        except ClientError as error:
            raise OpsError(
                f"AWS refused {error.operation_name}: {error.response['Error'].get('Message', error)}"
            ) from error
        except stripe.StripeError as error:
            # Stripe's own message may quote what was sent.
            raise OpsError(f"Stripe does not do it: {error.code or type(error).__name__}.") from error
        except BotoCoreError as error:
            raise OpsError(f"AWS cannot be reached: {error}") from error


def _known_stage(_context: click.Context, _parameter: click.Parameter, name: str) -> Stage:
    try:
        return Stage.named(name)
    except UnknownStageError as error:
        raise click.BadParameter(str(error)) from error
