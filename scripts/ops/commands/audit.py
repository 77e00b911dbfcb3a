"""`audit`: who changed what, when and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

import click

from adapters.audit_csv import lines
from adapters.timestamps import iso
from domain.audit import AuditRecord, AuditSubject
from domain.paging import every_entry
from domain.ports.audit import AuditRepo
from scripts.ops.container import ops_container
from scripts.ops.errors import WrongUsageError
from scripts.ops.terminal.command import Operator, OpsGroup, operated
from scripts.ops.terminal.rows import Row, actor, shortened

_PAGE = 100
_MOST = 200
_ABOUT, _REASON = 18, 20  # characters that a table has room for


@click.group(cls=OpsGroup)
def audit() -> None:
    """Show and export who changed what, when and why."""


@audit.command("list")
@click.option("--month", help="The month, such as 2026-01; the present one unless given.")
@click.option("--by", help="Only what this person did: a user id, or cli: and an AWS identity.")
@click.option("--user", help="What was done about this student, in any month.")
@click.option("--coupon", help="What was done about this coupon, in any month.")
@click.option("--course", help="What was done about this course, in any month.")
@click.option("--most", type=click.IntRange(1, 10_000), default=_MOST, show_default=True, help="Records, at most.")
@operated
def list_records(
    operator: Operator,
    *,
    month: str | None,
    by: str | None,
    user: str | None,
    coupon: str | None,
    course: str | None,
    most: int,
) -> None:
    """List audit records, the newest first."""
    repo: AuditRepo = ops_container(operator.stage).resolve(AuditRepo)
    if user or coupon or course:
        if month or by:
            raise WrongUsageError("Give either --month and --by, or one of --user, --coupon and --course.")
        found = _about(repo, AuditSubject(user_id=user, coupon_code=coupon and coupon.upper(), course_id=course))
    else:
        found = _of_month(repo, _month(month), by)
    records = [record for record, _ in zip(found, range(most), strict=False)]
    operator.out.table([_shown(record, as_json=operator.out.as_json) for record in records], if_empty="No record.")
    if len(records) == most:
        operator.out.warn(f"These are the newest {most}. There may be more: see --most, or export.")


@audit.command()
@click.option("--month", required=True, help="The month, such as 2026-01.")
@click.option("--by", help="Only what this person did: a user id, or cli: and an AWS identity.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values instead of JSON.")
@operated
def export(operator: Operator, month: str, *, by: str | None, as_csv: bool) -> None:
    """Print every audit record of a month, the newest first: as JSON, one in a line, or as comma-separated values."""
    if as_csv and operator.out.as_json:
        raise WrongUsageError("Give either --csv or --json.")
    repo: AuditRepo = ops_container(operator.stage).resolve(AuditRepo)
    records = _of_month(repo, _month(month), by)
    for line in lines(records) if as_csv else map(_json_line, records):
        click.echo(line.encode(), nl=False)


def _json_line(record: AuditRecord) -> str:
    return json.dumps(_every_field(record)) + "\n"


def _of_month(repo: AuditRepo, month: date, by: str | None) -> Iterator[AuditRecord]:
    return every_entry(lambda cursor: repo.of_month(month, by=by, limit=_PAGE, cursor=cursor))


def _about(repo: AuditRepo, subject: AuditSubject) -> Iterator[AuditRecord]:
    return every_entry(lambda cursor: repo.about(subject, limit=_PAGE, cursor=cursor))


def _month(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise WrongUsageError(f"{text!r} is not a month such as 2026-01.") from None


def _shown(record: AuditRecord, *, as_json: bool) -> Row:
    if as_json:
        return _every_field(record)
    return {
        "at": f"{record.at:%Y-%m-%d %H:%M}",
        "action": record.action,
        "about": shortened(record.user_id or record.coupon_code or record.course_id or "the school", _ABOUT),
        "by": actor(record),
        "reason": shortened(record.reason, _REASON),
    }


def _every_field(record: AuditRecord) -> Row:
    return {
        "audit_id": record.audit_id,
        "at": iso(record.at),
        "action": record.action.value,
        "by": record.by,
        "role": record.role.value if record.role else None,
        "reason": record.reason,
        "user_id": record.user_id,
        "coupon_code": record.coupon_code,
        "course_id": record.course_id,
        "before": dict(record.before),
        "after": dict(record.after),
    }
