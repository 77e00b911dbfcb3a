"""Moments and amounts as operators type them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from adapters.timestamps import from_text
from domain.errors import InvalidValue
from domain.money import Money


class Moment(click.ParamType[datetime]):
    """An ISO 8601 moment with its time zone."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment."""
        if isinstance(value, datetime):
            return value
        try:
            return from_text(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not written as 2026-01-31T12:00:00Z.", param, ctx)


class Amount(click.ParamType[Decimal]):
    """A decimal amount of money, such as 19.99; what it is in is another option."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The amount, exactly as typed."""
        try:
            amount = Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is not an amount such as 19.99.", param, ctx)
        if not amount.is_finite() or amount < 0:
            self.fail(f"{value!r} is not an amount such as 19.99.", param, ctx)
        return amount


def minor_units(amount: Decimal | None, currency: str) -> int | None:
    """The amount in the currency's smallest unit, None where there is none.

    Raises:
        click.UsageError: the currency has no such amount.
    """
    if amount is None:
        return None
    try:
        return Money.from_decimal(amount, currency).amount
    except InvalidValue as error:
        raise click.UsageError(f"{amount} {currency.upper()} cannot be: {error}") from error
