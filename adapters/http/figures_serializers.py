"""From figures to the bodies of responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from domain.figures import Dimension, Funnel, Sums
from domain.use_cases.office.show_figures import FiguresReport

if TYPE_CHECKING:
    from adapters.http import response_bodies as bodies

_NAMES = {Dimension.COURSE: "courseId", Dimension.COUPON: "couponCode"}


def figures_body(report: FiguresReport) -> bodies.Figures:
    """A report. What a row is not grouped by, and coupons where there was none, are left out."""
    body: bodies.Figures = {
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "closedUntil": report.closed_until.isoformat() if report.closed_until else None,
        "rows": [_row(row.group, row.currency, row.sums) for row in report.rows],
        "totals": [_row({}, currency, sums) for currency, sums in report.totals.items()],
        "checkouts": [_funnel(course_id, funnel) for course_id, funnel in report.funnels.items()],
    }
    return cast("bodies.Figures", {name: value for name, value in body.items() if value is not None})


def _row(group: Mapping[Dimension, str | None], currency: str, sums: Sums) -> bodies.FigureRow:
    named = {_NAMES.get(dimension, dimension.value): name for dimension, name in group.items() if name is not None}
    amounts = {
        "currency": currency,
        "sales": sums.sales,
        "gross": sums.gross,
        "discounts": sums.discounts,
        "refunds": sums.refunds,
        "disputes": sums.disputes,
        "fees": sums.fees,
        "net": sums.net,
        "enrollments": sums.enrollments,
        "ended": sums.ended,
        "couponUses": sums.coupon_uses,
    }
    return cast("bodies.FigureRow", named | amounts)


def _funnel(course_id: str, funnel: Funnel) -> bodies.CheckoutFunnel:
    return {
        "courseId": course_id,
        "opened": funnel.opened,
        "paid": funnel.paid,
        "failed": [{"reason": reason, "count": count} for reason, count in sorted(funnel.failed.items())],
    }
