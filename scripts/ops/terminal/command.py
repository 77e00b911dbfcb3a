"""What all commands share: --stage, --json, --dry-run, --yes, and how errors are reported."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, TypeVar

import click
import stripe
from attrs import field, frozen
from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws.errors import AwsClientError
from adapters.paypal.api import PayPalRefusedError
from adapters.settings import SettingsError
from domain.audit import ActorRole, Authorship
from domain.errors import DomainError
from scripts.ops.aws.clients import AwsClients
from scripts.ops.errors import OpsError
from scripts.ops.stage import Stage, UnknownStageError, prepare_environment
from scripts.ops.terminal.output import Output

_LONGEST_CALLER = 124
_WHOLE = 1_000  # characters: longer than any sentence
REASON = "Why, for the record. No names, no e-mail addresses."

_SAY_WHERE = ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE")

Command = TypeVar("Command", bound=Callable[..., Any])


@frozen
class Operator:
    """The context of one command: the stage, its AWS account, and the output."""

    stage: Stage
    out: Output
    aws: AwsClients = field(factory=AwsClients)

    def identity(self) -> str:
        """Who acts, for records of what was done: ``cli:`` and the AWS identity, at most 128 characters."""
        return f"cli:{self.aws.caller()[-_LONGEST_CALLER:]}"

    def author(self, reason: str) -> Authorship:
        """Who changes something and why, for the audit record of the change."""
        return Authorship(by=self.identity(), role=ActorRole.OPERATOR, reason=reason)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask for confirmation of a change; ``yes`` skips the question.

        Raises:
            click.Abort: the operator answered no.
        """
        if not yes:
            click.confirm(f"[{self.stage.name}] {question}", abort=True, err=True)


def operated(command: Command) -> Command:
    """Add --stage and --json to the command, and pass an ``Operator`` as its first argument."""

    @click.option(
        "--stage",
        required=True,
        callback=_known_stage,
        envvar="STAGE",
        help="The stage: one of .chalice/config.json.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
    @functools.wraps(command)
    def run(*args: Any, stage: Stage, as_json: bool, **options: Any) -> Any:
        prepare_environment(stage)
        _require_region(stage)
        return command(Operator(stage, Output(as_json)), *args, **options)

    return run  # type: ignore[return-value]


def dry_run(command: Command) -> Command:
    """Add --dry-run to the command."""
    return click.option("--dry-run", is_flag=True, help="Print what would be done, and change nothing.")(command)


def yes(command: Command) -> Command:
    """Add --yes to the command."""
    return click.option("--yes", is_flag=True, help="Do not ask for confirmation.")(command)


EXPECTED = (
    OpsError,
    DomainError,
    SettingsError,
    ClientError,
    BotoCoreError,
    AwsClientError,
    stripe.StripeError,
    PayPalRefusedError,
)
"""What may go wrong outside of the commands themselves."""

_NO_TABLE = (
    "The stage's table does not exist. Was it deleted: restore --latest, see 'A restored table' in docs/runbook.md. "
    "Was there never one: provision."
)
_TABLE_CALLS = ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "TransactWriteItems", "UpdateItem")


def sentence_of(error: Exception) -> str:
    """What one of the ``EXPECTED`` errors means to an operator, in a sentence."""
    match error:
        case DomainError() | SettingsError():
            return f"{error} ({getattr(error, 'code', 'settings')})"
        case ClientError():
            return _sentence_of_aws(error)
        case stripe.StripeError():
            # Stripe's own message may quote what was sent.
            return f"Stripe rejected the request: {error.code or type(error).__name__}."
        case PayPalRefusedError():
            return f"PayPal refused the request: {error.issue}."
        case BotoCoreError() | AwsClientError():
            return f"AWS cannot be reached: {error}"
    return str(error)


def _sentence_of_aws(error: ClientError) -> str:
    found = error.response["Error"]
    if found.get("Code") == "ResourceNotFoundException" and error.operation_name in _TABLE_CALLS:
        return _NO_TABLE
    return f"AWS rejected {error.operation_name}: {found.get('Message', error)}"


class OpsGroup(click.Group):
    """A group whose commands report any expected error as one sentence and exit with status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and translate its exceptions to OpsError."""
        try:
            return super().invoke(ctx)
        except OpsError:
            raise
        except EXPECTED as error:
            raise OpsError(sentence_of(error)) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with the whole first sentence of each."""
        named = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(_WHOLE)) for name, command in named])


def _require_region(stage: Stage) -> None:
    """Check that the environment says where the stage is.

    Raises:
        OpsError: it does not.
    """
    if not stage.is_local and not any(os.environ.get(name) for name in _SAY_WHERE):
        raise OpsError(
            f"Nothing says in which AWS region and account {stage.name} is: set AWS_DEFAULT_REGION, and AWS_PROFILE or "
            "keys, see docs/deploy.md. What make run started is --stage local."
        )


def _known_stage(_context: click.Context, _parameter: click.Parameter, name: str) -> Stage:
    try:
        return Stage.named(name)
    except UnknownStageError as error:
        raise click.BadParameter(str(error)) from error
