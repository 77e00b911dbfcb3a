"""Webhook endpoints."""

from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id


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
