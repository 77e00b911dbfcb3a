"""`payments list`: payments, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice

import click

from adapters.settings import Settings
from domain.errors import StudentNotFound
from domain.paging import every_entry
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.payment_sessions import PaymentQuery, PaymentSessionRepo
from domain.ports.students import StudentRepo
from scripts.ops.container import ops_container
from scripts.ops.errors import WrongUsageError
from scripts.ops.terminal.command import Operator, operated
from scripts.ops.terminal.option_types import Amount, Moment, in_zone, minor_units
from scripts.ops.terminal.rows import payment_row, session_row, units

_PAGE = 100
_LAST = timedelta(days=31)
_LONGEST = timedelta(days=92)


@click.command("list")
@click.option("--status", type=click.Choice([status.value for status in Status]))
@click.option("--course", "course_id")
@click.option("--coupon")
@click.option("--provider")
@click.option("--user", "user_id", help="Those of one student, by their id.")
@click.option("--email", help="Those of one student, by their e-mail address.")
@click.option("--amount", type=Amount(), help="What was to be paid or was received, such as 149.99.")
@click.option("--currency", help="The currency of --amount; the school's unless given.")
@click.option(
    "--from",
    "since",
    type=Moment(),
    help="A day (2026-01-31) or a moment (2026-01-31T12:00:00Z); else 31 days ago.",
)
@click.option("--to", "until", type=Moment(end=True), help="The last day, or a moment; by default now.")
@click.option("--most", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Payments, at most.")
@operated
def list_payments(
    operator: Operator,
    *,
    status: str | None,
    course_id: str | None,
    coupon: str | None,
    provider: str | None,
    user_id: str | None,
    email: str | None,
    amount: Decimal | None,
    currency: str | None,
    since: datetime | None,
    until: datetime | None,
    most: int,
) -> None:
    """List the payments that meet every condition, the newest first. One by an id of any kind: `payments show`."""
    container = ops_container(operator.stage)
    users = _users(container.resolve(StudentRepo), user_id, email)
    zone = container.resolve(Settings).zone
    end = in_zone(until, zone) or datetime.now(UTC)
    begin = in_zone(since, zone) or (end - _LAST if users is None else datetime(2000, 1, 1, tzinfo=UTC))
    if users is None and end - begin > _LONGEST:
        raise WrongUsageError(f"--from and --to may be at most {_LONGEST.days} days apart.")
    query = PaymentQuery(
        since=begin,
        until=end,
        user_ids=users,
        statuses=frozenset({Status(status)}) if status else None,
        course_id=course_id,
        coupon_code=coupon.upper() if coupon else None,
        provider=provider,
        amount=minor_units(amount, (currency or container.resolve(Settings).currency).lower()),
    )
    found = _search(container.resolve(PaymentSessionRepo), query, most)
    operator.out.table(
        [_every_field(session) if operator.out.as_json else payment_row(session) for session in found[:most]],
        if_empty="No payment.",
    )
    if len(found) > most:
        operator.out.warn(f"These are the newest {most}; there are more: see --most.")


def _search(repo: PaymentSessionRepo, query: PaymentQuery, most: int) -> list[PaymentSession]:
    found = every_entry(lambda cursor: repo.search(query, limit=_PAGE, cursor=cursor))
    return list(islice(found, most + 1))


def _users(repo: StudentRepo, user_id: str | None, email: str | None) -> frozenset[str] | None:
    if user_id is not None and email is not None:
        raise WrongUsageError("Give either --user or --email.")
    if email is None:
        return None if user_id is None else frozenset({user_id})
    found = frozenset(student.user_id for student in repo.by_email(email.strip()))
    if not found:
        raise StudentNotFound("Nobody has this address.")
    return found


def _every_field(session: PaymentSession) -> dict[str, object]:
    return {
        **session_row(session),
        "created": session.created_at,
        "coupon": session.coupon.code if session.coupon else None,
        "received": units(session.received, session.received_currency),
        "kept": units(session.kept, session.received_currency),
        "payment": session.provider_payment_id,
        "source": session.source,
        "review_reason": session.review_reason,
    }
