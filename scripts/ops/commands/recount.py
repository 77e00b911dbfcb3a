"""`recount`: compare coupon counters with the uses they count, and mend those that drifted."""

from __future__ import annotations

import click

from domain.errors import InvalidValue
from domain.use_cases.office.mend_coupon import MendCoupon
from domain.use_cases.schedule.recount_coupons import RecountCoupons
from scripts.ops.container import ops_container
from scripts.ops.errors import OpsError
from scripts.ops.terminal.command import Operator, operated, yes


@click.command()
@click.option("--mend", is_flag=True, help="Set the counters of coupons at rest to their uses: inactive, and not held.")
@yes
@operated
def recount(operator: Operator, *, mend: bool, yes: bool) -> None:
    """Count coupon uses one by one and compare with their counters; fails if one differs. Changes nothing by itself.

    A coupon in use is not mended: deactivate it first, and activate it afterwards.
    """
    container = ops_container(operator.stage)
    found = container.resolve(RecountCoupons)()
    rows: list[dict[str, object]] = [
        {"coupon": each.code, "counter": each.counted, "uses": each.found} for each in found
    ]
    if found and mend:
        operator.confirm(f"Set the counters of {len(found)} coupons to their uses?", yes=yes)
        use_case: MendCoupon = container.resolve(MendCoupon)
        for row in rows:
            try:
                use_case(str(row["coupon"]), by=operator.identity(), apply=True)
            except InvalidValue as error:
                row["mended"] = f"no: {error}"
            else:
                row["mended"] = "yes"
    operator.out.table(rows, if_empty="Every counter is right.")
    if left := [str(row["coupon"]) for row in rows if row.get("mended") != "yes"]:
        raise OpsError(f"The counters of {', '.join(left)} differ from their uses.")
