"""PaymentIntents, Charges and disputes in endive shape."""

from scripts.stripe_emulator.cards import Card, Debit, Decline
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id, token
from scripts.stripe_emulator.world import Buyer, Checkout


def payment_intent(checkout: Checkout, now: int) -> Json:
    """The PaymentIntent that confirming a session creates; it carries payment_intent_data, not session metadata."""
    session, data = checkout.body, checkout.intent_data
    intent_id = new_id("pi_3")
    return {
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": data.get("capture_method", "automatic_async"),
        "client_secret": f"{intent_id}_secret_{token(25)}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": session["currency"],
        "customer": session["customer"],
        "description": data.get("description"),
        "id": intent_id,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": session["livemode"],
        "metadata": dict(data.get("metadata", {})),
        "next_action": None,
        "object": "payment_intent",
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": session["payment_method_configuration_details"],
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": session["payment_method_types"],
        "processing": None,
        "receipt_email": data.get("receipt_email"),
        "review": None,
        "setup_future_usage": data.get("setup_future_usage"),
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": data.get("transfer_group"),
        "source": None,
        "excluded_payment_method_types": session["excluded_payment_method_types"],
        "customer_account": None,
        "managed_payments": {"enabled": False},
        "allowed_payment_method_types": session["allowed_payment_method_types"],
    }


def charge(intent: Json, means: Card | Debit, buyer: Buyer, status: str, now: int) -> Json:
    """An attempt to take the money: status `succeeded`, `pending` or `failed`."""
    charge_id = new_id("ch_3")
    paid = status == "succeeded"
    return {
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": new_id("txn_3") if paid else None,
        "billing_details": billing_details(buyer),
        "calculated_statement_descriptor": None,
        "captured": paid,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "id": charge_id,
        "livemode": intent["livemode"],
        "metadata": dict(intent["metadata"]),
        "object": "charge",
        "on_behalf_of": None,
        "outcome": _outcome("authorized", "Payment complete.", "approved_by_network"),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": new_id("pm_1"),
        "payment_method_details": _details(means, intent["currency"]),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "refunds": {"data": [], "has_more": False, "object": "list", "url": f"/v1/charges/{charge_id}/refunds"},
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": status,
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
        "source": None,
    }


def fail_charge(body: Json, decline: Decline) -> None:
    """Turn a charge into one that the bank (or Stripe itself) refused."""
    blocked = decline.decline_code == "fraudulent"
    kind, network = ("blocked", "not_sent_to_network") if blocked else ("issuer_declined", "declined_by_network")
    body |= {
        "status": "failed",
        "paid": False,
        "captured": False,
        "amount_captured": 0,
        "balance_transaction": None,
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": _outcome(kind, decline.message, network) | {"reason": decline.decline_code},
    }


def payment_error(decline: Decline, charge_id: str | None) -> Json:
    """The last_payment_error of a declined PaymentIntent."""
    error: Json = {
        "code": decline.code,
        "doc_url": f"https://docs.stripe.com/error-codes#{decline.code.replace('_', '-')}",
        "message": decline.message,
        "type": "card_error",
    }
    if decline.decline_code:
        error["decline_code"] = decline.decline_code
    if charge_id:
        error["charge"] = charge_id
    return error


def billing_details(buyer: Buyer) -> Json:
    """Who paid, as a charge shows it."""
    empty = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": empty, "email": buyer.email, "name": buyer.name, "phone": None, "tax_id": None}


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


def debit_type(currency: str) -> str | None:
    """The bank debit that a currency is offered, if any."""
    return {"usd": "us_bank_account", "eur": "sepa_debit", "gbp": "bacs_debit"}.get(currency)


def _outcome(kind: str, message: str, network: str) -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": None,
        "seller_message": message,
        "type": kind,
    }


def _details(means: Card | Debit, currency: str) -> Json:
    if isinstance(means, Debit):
        kind = debit_type(currency) or "us_bank_account"
        return {kind: {"last4": means.last4, "fingerprint": token(16)}, "type": kind}
    checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
    card = {
        "amount_authorized": None,
        "brand": means.brand,
        "checks": checks,
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": token(16),
        "funding": "credit",
        "installments": None,
        "last4": means.last4,
        "mandate": None,
        "network": means.brand,
        "three_d_secure": None,
        "wallet": None,
    }
    return {"card": card, "type": "card"}
