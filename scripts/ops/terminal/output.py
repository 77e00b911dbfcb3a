"""Output of the commands: tables for people, JSON for programs, progress on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

import click
from attrs import frozen

_GAP = "  "

WIDTH = 100
"""Columns of a terminal that tables fit into."""

Row = Mapping[str, object]
Item = TypeVar("Item")


@frozen
class Output:
    """Writes results to standard output and everything else to standard error, so that results can be piped."""

    as_json: bool = False

    def table(self, rows: Sequence[Row], *, if_empty: str = "None.") -> None:
        """Print one line per row; ``if_empty`` is printed when there are no rows."""
        if self.as_json:
            self._json([dict(row) for row in rows])
        elif not rows:
            click.echo(if_empty)
        else:
            _print_table(rows)

    def details(self, row: Row) -> None:
        """Print one row, one field per line."""
        if self.as_json:
            self._json(dict(row))
            return
        width = max(len(_title(name)) for name in row)
        for name, value in row.items():
            click.echo(f"{_title(name):<{width}}  {_cell(value)}")

    def sections(self, sections: Mapping[str, Row | Sequence[Row]]) -> None:
        """Print several sections, each under its title."""
        if self.as_json:
            self._json({title: _plain_section(section) for title, section in sections.items()})
            return
        for number, (title, section) in enumerate(sections.items()):
            click.echo(("\n" if number else "") + click.style(_title(title), bold=True))
            if isinstance(section, Mapping):
                self.details(section or {"": "nothing"})
            else:
                self.table(section)

    def say(self, sentence: str) -> None:
        """Print a message on standard error."""
        click.echo(sentence, err=True)

    def warn(self, sentence: str) -> None:
        """Print a warning on standard error."""
        click.echo(click.style(sentence, fg="yellow"), err=True)

    def progress(self, items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
        """Yield the items; on a terminal, show the count on standard error."""
        number = 0
        for number, item in enumerate(items, 1):
            yield item
            if sys.stderr.isatty():
                click.echo(f"\r{what} {number}{f'/{total}' if total else ''}", nl=False, err=True)
        if number and sys.stderr.isatty():
            click.echo(err=True)

    def _json(self, value: object) -> None:
        click.echo(json.dumps(value, default=_jsonable, indent=2))


def _print_table(rows: Sequence[Row]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(_title(name)), *(len(line[at]) for line in cells)) for at, name in enumerate(names)]
    if sum(widths) + len(_GAP) * (len(widths) - 1) > WIDTH:
        _print_blocks(names, cells)
        return
    for line in ([_title(name) for name in names], ["-" * width for width in widths], *cells):
        click.echo(_GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _print_blocks(names: list[str], cells: list[list[str]]) -> None:
    """Rows that are too wide for a table: one field per line, an empty line between two rows."""
    width = max(len(_title(name)) for name in names)
    for number, line in enumerate(cells):
        for name, cell in zip(names, line, strict=True):
            if cell != "-":
                click.echo(f"{_title(name):<{width}}  {cell}")
        if number < len(cells) - 1:
            click.echo()


def _title(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: object) -> str:
    match value:
        case None | "" | () | []:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%SZ")
        case Enum():
            return str(value.value)
        case Mapping():
            text = ", ".join(f"{key}={_cell(nested)}" for key, nested in value.items())
        case list() | tuple() | frozenset():
            text = ", ".join(sorted(map(_cell, value)) if isinstance(value, frozenset) else map(_cell, value))
        case _:
            text = str(value)
    # Whatever somebody else wrote must not move the cursor or change what stands on the screen.
    return text if text.isprintable() else "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _plain_section(section: Row | Sequence[Row]) -> object:
    return dict(section) if isinstance(section, Mapping) else [dict(row) for row in section]


def _jsonable(value: object) -> Any:
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case Decimal():
            return int(value) if value == value.to_integral_value() else str(value)
        case frozenset():
            return sorted(value)
        case Mapping():
            return dict(value)
        case _:
            return str(value)
