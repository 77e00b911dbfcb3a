"""`coupons change`: every term of a coupon that may change."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import click

from domain.changes import UNCHANGED, Unchanged
from domain.coupons import Coupon, coupon_code
from domain.errors import CouponNotFound, NotFound
from domain.ports.coupons import CouponRepo
from domain.use_cases.office.manage_coupons import ChangeCouponTerms, CouponChanges
from scripts.ops.container import ops_container
from scripts.ops.errors import WrongUsageError
from scripts.ops.terminal.command import REASON, Operator, dry_run, operated
from scripts.ops.terminal.option_types import Amount, Timestamp, minor_units
from scripts.ops.terminal.rows import coupon_row

_REMOVABLE = {
    "description": "description",
    "max-uses": "max_uses",
    "from": "valid_from",
    "until": "valid_until",
    "minimum": "minimum_amount",
    "at-most": "maximum_discount",
    "courses": "course_ids",
}


@click.command()
@click.argument("code")
@click.option("--name", help="The name that students see.")
@click.option("--description")
@click.option("--max-uses", type=click.IntRange(min=1), help="Not below the uses that are taken.")
@click.option("--from", "valid_from", type=Timestamp(), help="2026-01-31T12:00:00Z")
@click.option("--until", "valid_until", type=Timestamp())
@click.option("--minimum", type=Amount(), help="Minimum price that the coupon applies to.")
@click.option("--at-most", type=Amount(), help="Maximum discount of a percentage.")
@click.option("--course", "courses", multiple=True, help="Only for this course; may be repeated. Replaces the others.")
@click.option("--listed/--unlisted", default=None, help="Show it in the public list of coupons, or not.")
@click.option("--remove", multiple=True, type=click.Choice(list(_REMOVABLE)), help="Remove this term; may be repeated.")
@click.option("--reason", required=True, help=REASON)
@dry_run
@operated
def change(
    operator: Operator, code: str, *, remove: tuple[str, ...], reason: str, dry_run: bool, **wanted: object
) -> None:
    """Change the coupon CODE; what is not given stays. Open checkouts keep their price."""
    container = ops_container(operator.stage)
    coupon = found_coupon(container.resolve(CouponRepo), code)
    changes = _changes(coupon, wanted, remove)
    if dry_run:
        operator.out.say("Nothing was changed. The coupon would then be:")
        coupon = changes.given_to(coupon)
    else:
        use_case: ChangeCouponTerms = container.resolve(ChangeCouponTerms)
        coupon = use_case(coupon.code, changes, operator.author(reason))
    operator.out.details(coupon_row(coupon))


def found_coupon(repo: CouponRepo, code: str) -> Coupon:
    """The coupon of this code, in any case of letters.

    Raises:
        NotFound: there is none.
    """
    try:
        coupon = repo.find(coupon_code(code))
    except CouponNotFound:
        coupon = None
    if coupon is None:
        raise NotFound("There is no coupon with this code.")
    return coupon


def _changes(coupon: Coupon, wanted: dict[str, object], remove: tuple[str, ...]) -> CouponChanges:
    given = {
        "name": _or_unchanged(wanted["name"]),
        "description": _or_unchanged(wanted["description"]),
        "listed": _or_unchanged(wanted["listed"]),
        "max_uses": _or_unchanged(wanted["max_uses"]),
        "valid_from": _or_unchanged(wanted["valid_from"] if isinstance(wanted["valid_from"], datetime) else None),
        "valid_until": _or_unchanged(wanted["valid_until"] if isinstance(wanted["valid_until"], datetime) else None),
        "minimum_amount": _or_unchanged(_units(wanted["minimum"], coupon)),
        "maximum_discount": _or_unchanged(_units(wanted["at_most"], coupon)),
        "course_ids": _or_unchanged(frozenset(_texts(wanted["courses"])) or None),
    }
    for term in remove:
        name = _REMOVABLE[term]
        if given[name] is not UNCHANGED:
            raise WrongUsageError(f"Either give {term} or remove it.")
        given[name] = frozenset() if name == "course_ids" else None
    if all(value is UNCHANGED for value in given.values()):
        raise WrongUsageError("Name what is to change.")
    return CouponChanges(**given)  # type: ignore[arg-type]


def _or_unchanged(value: object | None) -> object | Unchanged:
    return UNCHANGED if value is None else value


def _units(value: object, coupon: Coupon) -> int | None:
    return minor_units(value, coupon.currency) if isinstance(value, Decimal) else None


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, tuple) else []
