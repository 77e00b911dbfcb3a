"""Balance transactions: one for every movement of money on the account's balance."""

from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id


def balance_transaction(
    *,
    kind: str,
    category: str,
    source: str,
    amount: int,
    currency: str,
    description: str | None,
    created: int,
    available_on: int,
    fee: int = 0,
    fee_description: str = "Stripe processing fees",
) -> Json:
    """A movement of `amount` minor units, negative when money leaves; `net` is what the fee leaves of it."""
    fees = [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": fee_description,
            "type": "stripe_fee",
        }
    ]
    return {
        "id": new_id("txn_3"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": created,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": fees if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source,
        "status": "available" if available_on <= created else "pending",
        "type": kind,
    }
