"""What stops an operator's command."""

from __future__ import annotations

import click


class OpsError(click.ClickException):
    """The command could not do what was asked. The sentence says what to do about it; the exit status is 1."""


class WrongUsageError(click.UsageError):
    """The command was not asked in a way that it understands; the exit status is 2."""
