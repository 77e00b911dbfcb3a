"""PaymentIntents."""

from scripts.stripe_emulator.account import Checkout
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id, token
from scripts.stripe_emulator.payment_methods import Decline


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
