"""Refunds."""

from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id


def refund(charge: Json, amount: int, *, reason: str | None, metadata: Json, now: int) -> Json:
    """A refund of a charge that is still pending: no money has moved."""
    return {
        "id": new_id("re_3"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": _destination(charge["payment_method_details"]["type"]),
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "pending_reason": "processing",
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending",
        "transfer_reversal": None,
    }


def _destination(paid_by: str) -> Json | None:
    if paid_by != "card":
        return None
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {"card": card, "type": "card"}
