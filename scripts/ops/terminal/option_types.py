"""Types of command-line options: timestamps and amounts of money."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from adapters.timestamps import from_text
from domain.errors import InvalidValue
from domain.money import Money

PATH = click.Path(path_type=Path)
"""A path that need not exist."""


class Timestamp(click.ParamType[datetime]):
    """An ISO 8601 timestamp with a time zone."""

    name = "timestamp"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse the timestamp."""
        if isinstance(value, datetime):
            return value
        try:
            return from_text(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not written as 2026-01-31T12:00:00Z.", param, ctx)


class Amount(click.ParamType[Decimal]):
    """A decimal amount of money, such as 19.99; another option names its currency."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Parse the amount without rounding."""
        try:
            amount = Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is not an amount such as 19.99.", param, ctx)
        if not amount.is_finite() or amount < 0:
            self.fail(f"{value!r} is not an amount such as 19.99.", param, ctx)
        return amount


def minor_units(amount: Decimal | None, currency: str) -> int | None:
    """The amount in the currency's minor units; None for None.

    Raises:
        click.UsageError: the amount is not valid in this currency.
    """
    if amount is None:
        return None
    try:
        return Money.from_decimal(amount, currency).amount
    except InvalidValue as error:
        raise click.UsageError(f"{amount} {currency.upper()} is not valid: {error}") from error
