"""`payments disputes`: what is to be answered at the payment providers, and until when."""

from __future__ import annotations

from itertools import islice

import click

from domain.paging import every_entry
from domain.use_cases.office.list_disputes import DisputedPayment, ListDisputes
from scripts.ops.container import ops_container
from scripts.ops.terminal.command import Operator, operated
from scripts.ops.terminal.rows import Row, session_row, units

_PAGE = 100


@click.command("disputes")
@click.option("--most", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Disputes, at most.")
@operated
def list_disputes(operator: Operator, *, most: int) -> None:
    """List the undecided disputes, those to be answered soonest first; the last wait for their bank alone."""
    listed: ListDisputes = ops_container(operator.stage).resolve(ListDisputes)
    found = list(islice(every_entry(lambda cursor: listed(limit=_PAGE, cursor=cursor)), most + 1))
    rows = [{**session_row(one.session), **_row(one)} if operator.out.as_json else _row(one) for one in found[:most]]
    operator.out.table(rows, if_empty="No undecided dispute.")
    if len(found) > most:
        operator.out.warn(f"These are the first {most}; there are more: see --most.")


def _row(disputed: DisputedPayment) -> Row:
    dispute = disputed.dispute
    return {
        "answer_by": dispute.respond_by,
        "status": dispute.status,
        "disputed": units(dispute.amount, dispute.currency),
        "withdrawn": units(dispute.counted, dispute.currency),
        "reason": dispute.reason,
        "at_provider": dispute.provider_reversal_id,
        "session": disputed.session.payment_session_id,
        "course": disputed.session.course_id,
    }
