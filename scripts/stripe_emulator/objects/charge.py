"""Charges."""

from scripts.stripe_emulator.account import Buyer
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id, token
from scripts.stripe_emulator.payment_methods import Card, Debit, Decline


def charge(intent: Json, method: Card | Debit, buyer: Buyer, status: str, now: int) -> Json:
    """An attempt to take the money: status `succeeded`, `pending` or `failed`. The balance is not touched."""
    charge_id = new_id("ch_3")
    paid = status == "succeeded"
    return {
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
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
        "payment_method_details": _details(method, intent["currency"]),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
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


def billing_details(buyer: Buyer) -> Json:
    """Who paid, as a charge shows it."""
    empty = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": empty, "email": buyer.email, "name": buyer.name, "phone": None, "tax_id": None}


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


def _details(method: Card | Debit, currency: str) -> Json:
    if isinstance(method, Debit):
        kind = debit_type(currency) or "us_bank_account"
        return {kind: {"last4": method.last4, "fingerprint": token(16)}, "type": kind}
    checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
    card = {
        "amount_authorized": None,
        "brand": method.brand,
        "checks": checks,
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": token(16),
        "funding": "credit",
        "installments": None,
        "last4": method.last4,
        "mandate": None,
        "network": method.brand,
        "three_d_secure": None,
        "wallet": None,
    }
    return {"card": card, "type": "card"}
