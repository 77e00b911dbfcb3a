"""`coupons`: issue, show, list, switch off and on."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import click

from domain.coupons import Coupon, DiscountType, coupon_code, shards_for
from domain.errors import CouponExists, CouponNotFound, NotFound
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.use_cases.office.manage_coupons import ChangeCouponTerms, CouponChanges, IssueCoupon
from scripts.ops.command import Operator, OpsGroup, dry_run, operated
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.moments import Amount, Moment, minor_units
from scripts.ops.shop import shop
from scripts.ops.views import coupon_row


@click.group(cls=OpsGroup)
def coupons() -> None:
    """Issue coupons and change their terms."""


@coupons.command()
@click.argument("code")
@click.option("--percent", type=Amount(), help="Discount in percent, at most two decimals: 12.5")
@click.option("--amount", type=Amount(), help="Discount as a fixed amount of --currency: 10.00")
@click.option("--currency", default="usd", show_default=True)
@click.option("--name", default="", help="What students read.")
@click.option("--description")
@click.option("--max-uses", type=click.IntRange(min=1), help="Uses in all; without it they are not counted.")
@click.option("--from", "valid_from", type=Moment(), help="2026-01-31T12:00:00Z")
@click.option("--until", "valid_until", type=Moment())
@click.option("--minimum", type=Amount(), help="Smallest price it applies to.")
@click.option("--at-most", type=Amount(), help="Largest discount of a percentage.")
@click.option("--course", "courses", multiple=True, help="Only for this course; may be repeated.")
@click.option("--listed", is_flag=True, help="Show it to everybody.")
@click.option("--shards", type=click.IntRange(1, 64), help="Counters to spread its uses over; chosen by --max-uses.")
@dry_run
@operated
def create(operator: Operator, code: str, *, dry_run: bool, courses: tuple[str, ...], **wanted: object) -> None:
    """Issue the coupon CODE. Issuing it again on the same terms changes nothing."""
    coupon = _coupon(code, frozenset(courses), wanted)
    container = shop(operator.stage)
    for course_id in courses:
        container.resolve(CourseRepo).get(course_id)
    known = container.resolve(CouponRepo).find(coupon.code)
    if known is None and not dry_run:
        try:
            container.resolve(IssueCoupon)(coupon)
        except CouponExists:
            known = container.resolve(CouponRepo).find(coupon.code)
    _report(operator, coupon, known, dry_run=dry_run)


@coupons.command()
@click.argument("code")
@operated
def show(operator: Operator, code: str) -> None:
    """Show one coupon."""
    operator.out.facts(coupon_row(_found(shop(operator.stage).resolve(CouponRepo), code)))


@coupons.command("list")
@operated
def list_all(operator: Operator) -> None:
    """List every coupon ever issued."""
    operator.out.table([coupon_row(coupon) for coupon in shop(operator.stage).resolve(CouponRepo).all()])


@coupons.command()
@click.argument("code")
@dry_run
@operated
def deactivate(operator: Operator, code: str, *, dry_run: bool) -> None:
    """Switch a coupon off. Checkouts that hold a use of it keep their price."""
    _switch(operator, code, active=False, dry_run=dry_run)


@coupons.command()
@click.argument("code")
@dry_run
@operated
def activate(operator: Operator, code: str, *, dry_run: bool) -> None:
    """Switch a coupon on again."""
    _switch(operator, code, active=True, dry_run=dry_run)


def _switch(operator: Operator, code: str, *, active: bool, dry_run: bool) -> None:
    container = shop(operator.stage)
    coupon = _found(container.resolve(CouponRepo), code)
    options = CouponChanges(active=active)
    if coupon.active is active:
        operator.out.say(f"{coupon.code} is {'on' if active else 'off'} already.")
    elif dry_run:
        operator.out.say("Nothing was changed. The coupon would then be:")
        coupon = options.given_to(coupon)
    else:
        coupon = container.resolve(ChangeCouponTerms)(coupon.code, options)
    operator.out.facts(coupon_row(coupon))


def _report(operator: Operator, coupon: Coupon, known: Coupon | None, *, dry_run: bool) -> None:
    if known is None:
        operator.out.say("Nothing was changed. This would be issued:" if dry_run else "Issued.")
        operator.out.facts(coupon_row(coupon))
        return
    ours, theirs = coupon_row(coupon), coupon_row(known)
    differing = [name for name in ours if name != "uses" and ours[name] != theirs[name]]
    if differing or coupon.max_uses != known.max_uses:
        raise OpsError(f"{coupon.code} exists on other terms ({', '.join(differing) or 'uses'}); nothing was changed.")
    operator.out.say(f"{coupon.code} exists on these terms; nothing was changed.")
    operator.out.facts(theirs)


def _found(repo: CouponRepo, code: str) -> Coupon:
    try:
        coupon = repo.find(coupon_code(code))
    except CouponNotFound:
        coupon = None
    if coupon is None:
        raise NotFound("There is no coupon with this code.")
    return coupon


def _coupon(code: str, courses: frozenset[str], wanted: dict[str, object]) -> Coupon:
    percent, amount, currency = wanted["percent"], wanted["amount"], str(wanted["currency"]).lower()
    if (percent is None) == (amount is None):
        raise WrongUsageError("Give either --percent or --amount.")
    max_uses = _whole(wanted["max_uses"])
    return Coupon(
        code=code.upper() if code.isascii() else code,
        name=str(wanted["name"]),
        description=_text(wanted["description"]),
        discount_type=DiscountType.FIXED if percent is None else DiscountType.PERCENTAGE,
        discount_value=_decimal(percent) or Decimal(minor_units(_decimal(amount), currency) or 0),
        currency=currency,
        max_uses=max_uses,
        listed=bool(wanted["listed"]),
        valid_from=_moment(wanted["valid_from"]),
        valid_until=_moment(wanted["valid_until"]),
        minimum_amount=minor_units(_decimal(wanted["minimum"]), currency),
        maximum_discount=minor_units(_decimal(wanted["at_most"]), currency),
        course_ids=courses,
        shards=_whole(wanted["shards"]) or shards_for(max_uses),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _decimal(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None
