"""`coupons`: issue, show, list, deactivate, activate and recount coupons."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import click

from domain.coupons import Coupon, DiscountType, shards_for
from domain.errors import CouponExists
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.use_cases.office.manage_coupons import ChangeCouponTerms, CouponChanges, IssueCoupon
from domain.use_cases.office.mend_coupon import MendCoupon
from scripts.ops.commands.change_coupon import change, found_coupon
from scripts.ops.container import ops_container, settings_of
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.terminal.command import REASON, Operator, OpsGroup, dry_run, operated, yes
from scripts.ops.terminal.option_types import Amount, Timestamp, minor_units
from scripts.ops.terminal.rows import coupon_row


@click.group(cls=OpsGroup)
def coupons() -> None:
    """Issue, change, show, list, deactivate, activate and recount coupons."""


@coupons.command()
@click.argument("code")
@click.option("--percent", type=Amount(), help="Discount in percent, at most two decimals: 12.5")
@click.option("--amount", type=Amount(), help="Discount as a fixed amount of --currency: 10.00")
@click.option("--currency", help="ISO 4217; the school's currency unless given.")
@click.option("--name", default="", help="The name that students see.")
@click.option("--description")
@click.option("--max-uses", type=click.IntRange(min=1), help="Maximum number of uses; without it uses are not counted.")
@click.option("--from", "valid_from", type=Timestamp(), help="2026-01-31T12:00:00Z")
@click.option("--until", "valid_until", type=Timestamp())
@click.option("--minimum", type=Amount(), help="Minimum price that the coupon applies to.")
@click.option("--at-most", type=Amount(), help="Maximum discount of a percentage.")
@click.option("--course", "courses", multiple=True, help="Only for this course; may be repeated.")
@click.option("--listed", is_flag=True, help="Show it in the public list of coupons.")
@click.option("--inactive", is_flag=True, help="Issue it switched off; `coupons activate` switches it on.")
@click.option(
    "--shards",
    type=click.IntRange(1, 64),
    help="Number of counters its uses are spread over; by default chosen by --max-uses.",
)
@click.option("--reason", default="Issued by an operator.", show_default=True, help=REASON)
@dry_run
@operated
def create(
    operator: Operator, code: str, *, dry_run: bool, courses: tuple[str, ...], reason: str, **wanted: object
) -> None:
    """Issue the coupon CODE. Issuing it again with the same terms changes nothing."""
    container = ops_container(operator.stage)
    currency = str(wanted["currency"] or settings_of(operator.stage).currency).lower()
    coupon = _coupon(code, frozenset(courses), wanted | {"currency": currency})
    for course_id in courses:
        container.resolve(CourseRepo).get(course_id)
    known = container.resolve(CouponRepo).find(coupon.code)
    if known is None and not dry_run:
        try:
            container.resolve(IssueCoupon)(coupon, operator.author(reason))
        except CouponExists:
            known = container.resolve(CouponRepo).find(coupon.code)
    _report(operator, coupon, known, dry_run=dry_run)


@coupons.command()
@click.argument("code")
@operated
def show(operator: Operator, code: str) -> None:
    """Show one coupon."""
    operator.out.details(coupon_row(found_coupon(ops_container(operator.stage).resolve(CouponRepo), code)))


@coupons.command("list")
@operated
def list_all(operator: Operator) -> None:
    """List all coupons."""
    rows = [coupon_row(coupon) for coupon in ops_container(operator.stage).resolve(CouponRepo).all()]
    short = ("code", "discount", "uses", "active", "listed", "valid_until")
    operator.out.table(rows if operator.out.as_json else [{name: row[name] for name in short} for row in rows])


@coupons.command()
@click.argument("code")
@click.option("--reason", default="Deactivated by an operator.", show_default=True, help=REASON)
@dry_run
@operated
def deactivate(operator: Operator, code: str, *, reason: str, dry_run: bool) -> None:
    """Deactivate a coupon. Open checkouts that use it keep their price."""
    _set_active(operator, code, reason, active=False, dry_run=dry_run)


@coupons.command()
@click.argument("code")
@click.option("--reason", default="Activated by an operator.", show_default=True, help=REASON)
@dry_run
@operated
def activate(operator: Operator, code: str, *, reason: str, dry_run: bool) -> None:
    """Activate a coupon again."""
    _set_active(operator, code, reason, active=True, dry_run=dry_run)


@coupons.command("recount")
@click.argument("code")
@click.option("--mend", is_flag=True, help="Set the counters to their uses. The coupon must be inactive and not held.")
@dry_run
@yes
@operated
def recount_one(operator: Operator, code: str, *, mend: bool, dry_run: bool, yes: bool) -> None:
    """Compare each counter of the coupon CODE with its uses; with --mend, correct those that differ."""
    container = ops_container(operator.stage)
    found = found_coupon(container.resolve(CouponRepo), code)
    use_case: MendCoupon = container.resolve(MendCoupon)
    applies, by = mend and not dry_run, operator.identity()
    wrong = use_case(found.code, by=by, apply=False)
    if wrong and applies:
        for counter in wrong:
            operator.out.say(f"Counter {counter.shard}: {counter.counted} becomes {counter.found}.")
        operator.confirm(f"Correct {len(wrong)} counters of {found.code}?", yes=yes)
        wrong = use_case(found.code, by=by, apply=True)
    operator.out.table(
        [
            {"counter": one.shard, "before": one.counted, "uses": one.found, "held": one.held, "mended": applies}
            for one in wrong
        ],
        if_empty="Every counter is right.",
    )
    if wrong and not applies:
        raise OpsError(f"{len(wrong)} counters of {found.code} differ from their uses; nothing was changed.")


def _set_active(operator: Operator, code: str, reason: str, *, active: bool, dry_run: bool) -> None:
    container = ops_container(operator.stage)
    coupon = found_coupon(container.resolve(CouponRepo), code)
    options = CouponChanges(active=active)
    if coupon.active is active:
        operator.out.say(f"{coupon.code} is already {'active' if active else 'inactive'}.")
    elif dry_run:
        operator.out.say("Nothing was changed. The coupon would then be:")
        coupon = options.given_to(coupon)
    else:
        coupon = container.resolve(ChangeCouponTerms)(coupon.code, options, operator.author(reason))
    operator.out.details(coupon_row(coupon))


def _report(operator: Operator, coupon: Coupon, known: Coupon | None, *, dry_run: bool) -> None:
    if known is None:
        operator.out.say("Nothing was changed. This would be issued:" if dry_run else "Issued.")
        operator.out.details(coupon_row(coupon))
        return
    wanted, existing = coupon_row(coupon), coupon_row(known)
    differing = [name for name in wanted if name != "uses" and wanted[name] != existing[name]]
    if differing or coupon.max_uses != known.max_uses:
        raise OpsError(
            f"{coupon.code} exists with other terms ({', '.join(differing) or 'uses'}); nothing was changed."
        )
    operator.out.say(f"{coupon.code} exists with these terms; nothing was changed.")
    operator.out.details(existing)


def _coupon(code: str, courses: frozenset[str], wanted: dict[str, object]) -> Coupon:
    percent, amount, currency = wanted["percent"], wanted["amount"], str(wanted["currency"])
    if (percent is None) == (amount is None):
        raise WrongUsageError("Give either --percent or --amount.")
    max_uses = _integer(wanted["max_uses"])
    return Coupon(
        code=code.upper() if code.isascii() else code,
        name=str(wanted["name"]),
        description=_text(wanted["description"]),
        discount_type=DiscountType.FIXED if percent is None else DiscountType.PERCENTAGE,
        discount_value=_decimal(percent) or Decimal(minor_units(_decimal(amount), currency) or 0),
        currency=currency,
        max_uses=max_uses,
        active=not wanted["inactive"],
        listed=bool(wanted["listed"]),
        valid_from=_timestamp(wanted["valid_from"]),
        valid_until=_timestamp(wanted["valid_until"]),
        minimum_amount=minor_units(_decimal(wanted["minimum"]), currency),
        maximum_discount=minor_units(_decimal(wanted["at_most"]), currency),
        course_ids=courses,
        shards=_integer(wanted["shards"]) or shards_for(max_uses),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _decimal(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def _timestamp(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


coupons.add_command(change)
