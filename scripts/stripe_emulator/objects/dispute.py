"""Disputes."""

from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id
from scripts.stripe_emulator.payment_methods import DisputeCase

EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)
DAYS_TO_RESPOND = 8


def dispute(charge: Json, amount: int, case: DisputeCase, now: int) -> Json:
    """A dispute that the merchant has to answer. No money has moved yet."""
    return {
        "id": new_id("du_1"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now + DAYS_TO_RESPOND * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": case.inquiry,
        "livemode": charge["livemode"],
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _method(charge["payment_method_details"], case),
        "reason": case.reason,
        "status": "warning_needs_response" if case.inquiry else "needs_response",
    }


def _method(paid_by: Json, case: DisputeCase) -> Json:
    """The card that the bank disputes with. A bank debit has no more than its type."""
    card = paid_by.get("card")
    if not card:
        return {"type": paid_by["type"]}
    details = {
        "brand": card["brand"],
        "case_type": "inquiry" if case.inquiry else "chargeback",
        "network": card["network"],
        "network_reason_code": case.network_reason_code,
    }
    return {"card": details, "type": "card"}
