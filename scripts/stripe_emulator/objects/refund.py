"""Refunds."""

from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id


def refund(charge: Json, amount: int, params: Json, now: int) -> Json:
    """A refund of a card charge, done at once."""
    return {
        "amount": amount,
        "balance_transaction": new_id("txn_3"),
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "id": new_id("re_3"),
        "metadata": params.get("metadata") or {},
        "object": "refund",
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        "customer": charge["customer"],
        "customer_account": None,
        "payment_method": charge["payment_method"],
    }
