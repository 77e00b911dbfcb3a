"""Disputes."""

from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id


def dispute(charge_body: Json, reason: str, now: int) -> Json:
    """A cardholder's complaint, as in charge.dispute.created."""
    inquiry = reason == "inquiry"
    return {
        "id": new_id("du_1"),
        "object": "dispute",
        "amount": charge_body["amount"],
        "balance_transactions": [],
        "charge": charge_body["id"],
        "created": now,
        "currency": charge_body["currency"],
        "evidence_details": {"due_by": now + 7 * 86400, "has_evidence": False, "submission_count": 0},
        "is_charge_refundable": inquiry,
        "livemode": charge_body["livemode"],
        "metadata": {},
        "payment_intent": charge_body["payment_intent"],
        "reason": "general" if inquiry else reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
