"""Snapshot events."""

from typing import Any

from scripts.stripe_emulator.api_version import API_VERSION
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.ids import new_id


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
