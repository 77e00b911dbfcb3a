"""Products and prices."""

from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id


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
