"""Errors that end a command."""

from __future__ import annotations

import click


class OpsError(click.ClickException):
    """The command failed. The message says what to do about it; the exit status is 1."""


class WrongUsageError(click.UsageError):
    """The options or arguments do not fit together; the exit status is 2."""
