"""Customers."""

from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id


def customer(params: Json, now: int) -> Json:
    """A customer from create parameters."""
    return {
        "address": params.get("address") or None,
        "balance": params.get("balance", 0),
        "created": now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": params.get("description"),
        "discount": None,
        "email": params.get("email"),
        "id": new_id("cus_"),
        "invoice_prefix": params.get("invoice_prefix") or new_id("").upper()[:8],
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "name": params.get("name"),
        "next_invoice_sequence": 1,
        "object": "customer",
        "phone": params.get("phone"),
        "preferred_locales": params.get("preferred_locales", []),
        "shipping": params.get("shipping") or None,
        "tax_exempt": params.get("tax_exempt") or "none",
        "test_clock": None,
    }
