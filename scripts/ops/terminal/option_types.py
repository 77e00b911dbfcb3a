"""Types of command-line options: timestamps, lengths of time and amounts of money."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from adapters.timestamps import from_text
from domain.errors import InvalidValue
from domain.money import Money

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

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


class Moment(Timestamp):
    """A timestamp, or a date such as 2026-01-31: the beginning of that day of the school, or its end."""

    name = "date or timestamp"

    def __init__(self, *, end: bool = False) -> None:
        self._end = end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse it; of a date alone the time zone is not known yet, and left out."""
        if isinstance(value, str) and _DATE.fullmatch(value):
            try:
                return datetime.fromisoformat(value) + timedelta(days=self._end)
            except (ValueError, OverflowError):
                self.fail(f"{value!r} is no day.", param, ctx)
        return super().convert(value, param, ctx)


def in_zone(moment: datetime | None, zone: tzinfo) -> datetime | None:
    """The moment in UTC; one without a time zone is in this one."""
    return moment.replace(tzinfo=zone).astimezone(UTC) if moment is not None and moment.tzinfo is None else moment


class Ago(click.ParamType[timedelta]):
    """A length of time such as 30m, 6h or 2d."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Parse the length."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", str(value))
        if found is None:
            self.fail(f"{value!r} is not a time such as 30m, 6h or 2d.", param, ctx)
        return int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]] * timedelta(seconds=1)


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
