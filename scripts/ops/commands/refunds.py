"""`payments refund` and `payments repay`: give money back, through the provider or as it was given back elsewhere."""

from __future__ import annotations

import uuid
from decimal import Decimal

import click
from punq import Container

from domain.audit import ActorRole
from domain.errors import NothingToRefund, PaymentDisputed, RefundTooLarge
from domain.money import written
from domain.payments.reversals import RefundStatus
from domain.payments.session import PaymentSession
from domain.services.refund_payment import RefundOrder, RefundPayment, RefundResult
from domain.use_cases.office.record_repayment import RecordRepayment
from scripts.ops.container import ops_container
from scripts.ops.errors import OpsError, WrongUsageError
from scripts.ops.payments.finding import find_session
from scripts.ops.terminal.command import Operator, dry_run, operated, yes
from scripts.ops.terminal.option_types import Amount, minor_units
from scripts.ops.terminal.rows import money_details, reversal_row

_AMOUNT = "In the currency received, such as 19.99; by default all that is left."


@click.command()
@click.argument("payment", metavar="SESSION")
@click.option("--user", "user_id", help="The id of the session's student, if no index has the session.")
@click.option("--amount", type=Amount(), help=_AMOUNT)
@click.option("--reason", required=True, help="Why, for the record. No names, no e-mail addresses.")
@click.option("--refund-id", help="The id of a refund asked for before: repeating it refunds nothing twice.")
@dry_run
@yes
@operated
def refund(
    operator: Operator,
    payment: str,
    *,
    user_id: str | None,
    amount: Decimal | None,
    reason: str,
    refund_id: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Refund the payment SESSION through its provider, whole or in part. Prints the refund's id before it begins.

    If the command is interrupted, repeat it with that id as --refund-id: it is the same refund.
    """
    container = ops_container(operator.stage, quiet=True)
    session = find_session(container, payment, user_id)
    order = _order(operator, session, amount, reason, refund_id)
    operator.out.say(f"Refund {order.refund_id}")
    if dry_run:
        _preview(operator, session, order)
        return
    operator.confirm(f"Refund {_amount(session, order)} of payment {session.payment_session_id}?", yes=yes)
    _report(operator, container.resolve(RefundPayment)(order))


@click.command()
@click.argument("payment", metavar="SESSION")
@click.option("--user", "user_id", help="The id of the session's student, if no index has the session.")
@click.option("--amount", type=Amount(), help=_AMOUNT)
@click.option("--reason", required=True, help="How it was given back, for the record. No names, no account numbers.")
@click.option("--repayment-id", help="The id of a repayment recorded before: repeating it records nothing twice.")
@dry_run
@yes
@operated
def repay(
    operator: Operator,
    payment: str,
    *,
    user_id: str | None,
    amount: Decimal | None,
    reason: str,
    repayment_id: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Record that money of the payment SESSION was given back outside the provider, such as by bank transfer."""
    container = ops_container(operator.stage, quiet=operator.out.as_json)
    session = find_session(container, payment, user_id)
    order = _order(operator, session, amount, reason, repayment_id)
    operator.out.say(f"Repayment {order.refund_id}")
    if dry_run:
        _preview(operator, session, order)
        return
    operator.confirm(f"Record {_amount(session, order)} of {session.payment_session_id} as given back?", yes=yes)
    _report(operator, _record(container, order))


def _record(container: Container, order: RefundOrder) -> RefundResult:
    record: RecordRepayment = container.resolve(RecordRepayment)
    return record(order)


def _order(
    operator: Operator, session: PaymentSession, amount: Decimal | None, reason: str, refund_id: str | None
) -> RefundOrder:
    if amount is not None and amount == 0:
        raise WrongUsageError("--amount must be more than nothing.")
    return RefundOrder(
        user_id=session.user_id,
        payment_session_id=session.payment_session_id,
        refund_id=refund_id or str(uuid.uuid4()),
        amount=minor_units(amount, session.paid_currency),
        note=reason,
        by=operator.identity(),
        role=ActorRole.OPERATOR,
    )


def _amount(session: PaymentSession, order: RefundOrder) -> str:
    if order.amount is not None:
        return written(order.amount, session.paid_currency)
    return f"all that is left ({written(session.refundable, session.paid_currency)})"


def _preview(operator: Operator, session: PaymentSession, order: RefundOrder) -> None:
    if session.received is not None and session.refundable == 0:
        raise NothingToRefund
    if session.reversed_sums.disputed:
        raise PaymentDisputed
    if session.received is not None and (order.amount or 0) > session.refundable:
        raise RefundTooLarge.than(written(session.refundable, session.paid_currency))
    operator.out.say(f"Nothing was changed. It would give back {_amount(session, order)} of:")
    operator.out.details({"session": session.payment_session_id, **money_details(session)})


def _report(operator: Operator, result: RefundResult) -> None:
    refund, session = result.refund, result.session
    operator.out.details(
        {
            "session": session.payment_session_id,
            "session_status": session.status,
            **reversal_row(refund),
            **({"money": money_details(session)} if operator.out.as_json else money_details(session)),
        }
    )
    if refund.is_requested:
        operator.out.warn("The provider has not acknowledged it yet. It is on record, and carried out within minutes.")
    elif refund.status in {RefundStatus.REJECTED, RefundStatus.FAILED}:
        raise OpsError(f"The refund was {refund.status.value}: {refund.reason}. The money is still here.")
