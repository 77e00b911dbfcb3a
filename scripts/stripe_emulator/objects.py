"""Stripe objects in the shape of API 2026-10-28.endive: catalogue, customers, coupons, events, endpoints."""

from typing import Any

from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id

API_VERSION = "2026-10-28.endive"


def product(params: Json, now: int) -> Json:
    """A product from create parameters (or the product_data of a price)."""
    return {
        "active": params.get("active", True),
        "created": now,
        "default_price": None,
        "description": params.get("description"),
        "id": params.get("id") or new_id("prod_"),
        "images": params.get("images", []),
        "livemode": False,
        "marketing_features": params.get("marketing_features", []),
        "metadata": params.get("metadata", {}),
        "name": params["name"],
        "object": "product",
        "package_dimensions": params.get("package_dimensions"),
        "shippable": params.get("shippable"),
        "statement_descriptor": params.get("statement_descriptor"),
        "tax_code": params.get("tax_code"),
        "unit_label": params.get("unit_label"),
        "updated": now,
        "url": params.get("url"),
        "type": params.get("type", "service"),
    }


def price(params: Json, product_id: str, now: int) -> Json:
    """A one-time price per unit. `unit_amount_decimal` is always text, as on the wire."""
    amount = params.get("unit_amount")
    return {
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "created": now,
        "currency": params["currency"].lower(),
        "custom_unit_amount": None,
        "id": params.get("id") or new_id("price_1"),
        "livemode": False,
        "lookup_key": params.get("lookup_key"),
        "metadata": params.get("metadata", {}),
        "nickname": params.get("nickname"),
        "object": "price",
        "product": product_id,
        "recurring": None,
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": params.get("unit_amount_decimal", str(amount)),
    }


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


def coupon(params: Json, now: int) -> Json:
    """A coupon from create parameters. `percent_off` and `amount_off` exclude each other."""
    body = {
        "amount_off": params.get("amount_off"),
        "created": now,
        "currency": params["currency"].lower() if "amount_off" in params else None,
        "duration": params.get("duration", "once"),
        "duration_in_months": params.get("duration_in_months"),
        "id": params.get("id") or new_id("")[:8],
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": params.get("metadata") or {},
        "name": params.get("name"),
        "object": "coupon",
        "percent_off": params.get("percent_off"),
        "redeem_by": params.get("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
    }
    return body | ({"applies_to": params["applies_to"]} if "applies_to" in params else {})


def webhook_endpoint(params: Json, now: int) -> Json:
    """A webhook endpoint, without its secret."""
    return {
        "api_version": params.get("api_version"),
        "application": None,
        "created": now,
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "id": new_id("we_1"),
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "object": "webhook_endpoint",
        "status": "enabled",
        "url": params["url"],
    }


def event(kind: str, subject: Json, now: int, *, request: Json | None = None, **overrides: Any) -> Json:
    """A snapshot event. The subject is copied by the caller."""
    body: Json = {
        "id": new_id("evt_1"),
        "object": "event",
        "api_version": API_VERSION,
        "context": None,
        "created": now,
        "data": {"object": subject},
        "livemode": subject.get("livemode", False),
        "pending_webhooks": 0,
        "request": request or {"id": None, "idempotency_key": None},
        "type": kind,
    }
    return body | overrides


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


def deleted(kind: str, object_id: str) -> Json:
    """What a delete call answers."""
    return {"id": object_id, "object": kind, "deleted": True}
