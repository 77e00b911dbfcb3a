"""Recording what moves on the account's balance. All amounts in minor units of the charge's currency."""

from decimal import ROUND_HALF_UP, Decimal

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.objects.balance_transaction import balance_transaction
from scripts.stripe_emulator.payment_methods import Card

# Stripe's fee of a payment: 2.9 % and 30 minor units. The fee of a chargeback is never returned.
_PERCENT, _FIXED = Decimal("0.029"), 30
DISPUTE_FEE = 1500
_DAYS_UNTIL_AVAILABLE = 2


def record_charge(account: Account, charge: Json) -> None:
    """A payment arrives, less Stripe's fee; it is available two days later."""
    method = account.paid_with[charge["id"]]
    days = 0 if isinstance(method, Card) and method.available_at_once else _DAYS_UNTIL_AVAILABLE
    made = _record(
        account,
        charge,
        kind="charge" if isinstance(method, Card) else "payment",
        category="charge",
        source=charge["id"],
        amount=charge["amount"],
        description=charge["description"],
        fee=processing_fee(charge["amount"]),
        days=days,
    )
    charge["balance_transaction"] = made["id"]


def record_refund(account: Account, charge: Json, refund: Json) -> None:
    """A refund takes its amount from the balance; the fee of the payment is not returned."""
    kind = "refund" if _by_card(account, charge) else "payment_refund"
    made = _record(
        account,
        charge,
        kind=kind,
        category="refund",
        source=refund["id"],
        amount=-refund["amount"],
        description="REFUND FOR CHARGE" if kind == "refund" else "REFUND FOR PAYMENT",
    )
    refund["balance_transaction"] = made["id"]


def record_refund_failure(account: Account, charge: Json, refund: Json) -> None:
    """The amount of a failed refund comes back."""
    kind = "refund_failure" if _by_card(account, charge) else "payment_failure_refund"
    made = _record(
        account,
        charge,
        kind=kind,
        category="refund_failure",
        source=refund["id"],
        amount=refund["amount"],
        description="REFUND FAILURE",
    )
    refund["failure_balance_transaction"] = made["id"]


def record_withdrawal(account: Account, charge: Json, dispute: Json, fee: int) -> None:
    """The bank takes the disputed amount, and Stripe a fee."""
    made = _record(
        account,
        charge,
        kind="adjustment",
        category="dispute",
        source=dispute["id"],
        amount=-dispute["amount"],
        description=f"Chargeback withdrawal for {charge['id']}",
        fee=fee,
        fee_description="Dispute fee",
    )
    dispute["balance_transactions"].append(made)


def record_reinstatement(account: Account, charge: Json, dispute: Json) -> None:
    """The disputed amount comes back; the fee does not."""
    made = _record(
        account,
        charge,
        kind="adjustment",
        category="dispute_reversal",
        source=dispute["id"],
        amount=dispute["amount"],
        description=f"Chargeback reversal for {charge['id']}",
    )
    dispute["balance_transactions"].append(made)


def processing_fee(amount: int) -> int:
    """Stripe's fee of a payment."""
    return int((amount * _PERCENT).quantize(Decimal(1), ROUND_HALF_UP)) + _FIXED


def _by_card(account: Account, charge: Json) -> bool:
    return isinstance(account.paid_with[charge["id"]], Card)


def _record(
    account: Account,
    charge: Json,
    *,
    kind: str,
    category: str,
    source: str,
    amount: int,
    description: str | None,
    fee: int = 0,
    fee_description: str = "Stripe processing fees",
    days: int = 0,
) -> Json:
    now = account.now()
    body = balance_transaction(
        kind=kind,
        category=category,
        source=source,
        amount=amount,
        currency=charge["currency"],
        description=description,
        created=now,
        available_on=now + days * 86400,
        fee=fee,
        fee_description=fee_description,
    )
    account.balance_transactions[body["id"]] = body
    if days:
        account.schedule(days * 86400, lambda: body.update(status="available"))
    return body
