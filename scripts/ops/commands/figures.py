"""`figures`: revenue, refunds, disputes, fees, enrollments and checkouts of some days."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import click
from attrs import asdict
from punq import Container

from adapters.ledger_csv import lines
from adapters.timestamps import iso
from domain.figures import Dimension, FigureRow, Funnel, Sums
from domain.ledger import LedgerEntry
from domain.paging import every_entry
from domain.ports.clock import Clock
from domain.ports.figures import FiguresRepo
from domain.use_cases.office.export_ledger import ExportLedger
from domain.use_cases.office.show_figures import FiguresReport, ShowFigures
from domain.use_cases.schedule.close_days import LOOK_BACK, CloseDays
from scripts.ops.container import ops_container
from scripts.ops.terminal.command import Operator, OpsGroup, operated
from scripts.ops.terminal.rows import Row, units

_DAY = click.DateTime(formats=["%Y-%m-%d"])
_MONEY = frozenset({"gross", "discounts", "refunds", "disputes", "fees", "net"})
_PEOPLE = frozenset({"sales", "enrolled", "ended", "coupons"})
_MONTH = click.DateTime(formats=["%Y-%m"])


@click.group(cls=OpsGroup)
def figures() -> None:
    """Show revenue, refunds, disputes, fees, enrollments and checkouts; export the ledger; close days."""


@figures.command("show")
@click.option("--from", "since", type=_DAY, required=True, help="The first day: 2026-01-01")
@click.option("--to", "until", type=_DAY, required=True, help="The last day.")
@click.option(
    "--by",
    type=click.Choice([one.value for one in Dimension if one is not Dimension.CURRENCY]),
    multiple=True,
    help="What to group by, beside currency. Several are possible.",
)
@operated
def show_figures(operator: Operator, *, since: datetime, until: datetime, by: tuple[str, ...]) -> None:
    """Show the figures of some days of the school's time zone, in total and by what --by names."""
    container = ops_container(operator.stage, quiet=operator.out.as_json)
    use_case: ShowFigures = container.resolve(ShowFigures)
    dimensions = tuple(Dimension(name) for name in dict.fromkeys(by))
    report = use_case(since=since.date(), until=until.date(), by=dimensions)
    total = [_sums_row({}, currency, sums) for currency, sums in report.totals.items()]
    grouped = {"by " + ", ".join(dimensions): list(map(_figure_row, report.rows))} if dimensions else {}
    checkouts = {"checkouts": [_funnel_row(course_id, funnel) for course_id, funnel in report.funnels.items()]}
    if operator.out.as_json:
        operator.out.sections({"total": total, **grouped, **checkouts})
    else:
        # Money and people apart: one table of all would be wider than a terminal.
        money = {name: [_without(row, _PEOPLE) for row in rows] for name, rows in grouped.items()}
        people = {f"enrollments {name}": list(map(_people_row, report.rows)) for name in grouped}
        operator.out.sections({"total": total, **money, **people, **checkouts})
    operator.out.say(
        f"Closed until {report.closed_until}: figures up to then do not change."
        if report.closed_until
        else _why_open(container, report)
    )


@figures.command("export")
@click.option("--from", "since", type=_DAY, required=True, help="The first day: 2026-01-01")
@click.option("--to", "until", type=_DAY, required=True, help="The last day.")
@operated
def export(operator: Operator, *, since: datetime, until: datetime) -> None:
    """Print the ledger of some days as comma-separated values, for bookkeepers: one line for each entry.

    With --json each line is an entry as JSON, its amounts in minor units.
    """
    container = ops_container(operator.stage)
    use_case: ExportLedger = container.resolve(ExportLedger)
    # Nothing is booked on days to come, however many are named; the school's day may be ahead of ours.
    tomorrow = container.resolve(Clock).now().date() + timedelta(days=1)
    last = min(until.date(), max(since.date(), tomorrow))
    entries = every_entry(lambda cursor: use_case(since=since.date(), until=last, cursor=cursor))
    for line in map(_json_line, entries) if operator.out.as_json else lines(entries):
        click.echo(line.encode(), nl=False)


def _json_line(entry: LedgerEntry) -> str:
    return json.dumps({name: _plain(value) for name, value in asdict(entry).items()}) + "\n"


def _plain(value: object) -> object:
    match value:
        case datetime():
            return iso(value)
        case date():
            return value.isoformat()
        case _:
            return value


@figures.command("close")
@operated
def close(operator: Operator) -> None:
    """Close the days that are over, as every night."""
    use_case: CloseDays = ops_container(operator.stage, quiet=operator.out.as_json).resolve(CloseDays)
    operator.out.table([{"day": day.isoformat()} for day in use_case()], if_empty="Every day that is over is closed.")


@figures.command("rebuild")
@click.option("--month", type=_MONTH, required=True, help="The month: 2026-01")
@operated
def rebuild(operator: Operator, *, month: datetime) -> None:
    """Fold the days of a month again from the ledger: after a restore, or after `payments rebuild --backfill`."""
    use_case: CloseDays = ops_container(operator.stage, quiet=operator.out.as_json).resolve(CloseDays)
    rebuilt = use_case.rebuild(_days_of(month.date()))
    operator.out.table([{"day": day.isoformat()} for day in rebuilt], if_empty="No day of this month is over.")


def _days_of(first: date) -> Iterator[date]:
    day = first
    while day.month == first.month:
        yield day
        day += timedelta(days=1)


def _figure_row(row: FigureRow) -> Row:
    return _sums_row({dimension.value: name for dimension, name in row.group.items()}, row.currency, row.sums)


def _sums_row(group: Row, currency: str, sums: Sums) -> Row:
    return group | {
        "sales": sums.sales,
        "gross": units(sums.gross, currency),
        "discounts": units(sums.discounts, currency),
        "refunds": units(sums.refunds, currency),
        "disputes": units(sums.disputes, currency),
        "fees": units(sums.fees, currency),
        "net": units(sums.net, currency),
        "enrolled": sums.enrollments,
        "ended": sums.ended,
        "coupons": sums.coupon_uses,
    }


def _people_row(row: FigureRow) -> Row:
    """Whom it is about and in which currency they paid: figures are always by currency, of people too."""
    group = {dimension.value: name for dimension, name in row.group.items()}
    return {**group, "currency": row.currency.upper(), **_without(_sums_row({}, row.currency, row.sums), _MONEY)}


def _why_open(container: Container, report: FiguresReport) -> str:
    """Why the first of the days is not closed, and what closes it."""
    figures: FiguresRepo = container.resolve(FiguresRepo)
    last = min(report.until, container.resolve(Clock).now().date())
    closed = figures.closed(since=report.since, until=last) if report.since <= last else {}
    if not closed:
        return (
            "None of these days is closed yet: the figures may still change. A day is closed in the night after it, up "
            f"to {LOOK_BACK.days} days late; older ones by figures rebuild --month."
        )
    return (
        f"Closing began with {min(closed)}: the days before it were over for more than {LOOK_BACK.days} days. "
        "Their figures may still change, until figures rebuild --month closes them."
    )


def _without(row: Row, names: frozenset[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _funnel_row(course_id: str, funnel: Funnel) -> Row:
    return {"course": course_id, "opened": funnel.opened, "paid": funnel.paid, "failed": dict(funnel.failed)}
