"""`recount`: compare coupon counters with the uses they count."""

from __future__ import annotations

import click

from domain.use_cases.schedule.recount_coupons import RecountCoupons
from scripts.ops.container import ops_container
from scripts.ops.errors import OpsError
from scripts.ops.terminal.command import Operator, operated


@click.command()
@operated
def recount(operator: Operator) -> None:
    """Count coupon uses one by one and compare with their counters. Changes nothing; fails if one differs."""
    found = ops_container(operator.stage).resolve(RecountCoupons)()
    operator.out.table(
        [{"coupon": each.code, "counter": each.counted, "uses": each.found} for each in found],
        if_empty="Every counter is right.",
    )
    if found:
        raise OpsError(f"{len(found)} counters differ from their uses.")
