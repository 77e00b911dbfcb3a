"""Coupons."""

from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id


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
