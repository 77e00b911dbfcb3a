"""The keys of what surrounds enrolling: requests that may be repeated."""

from __future__ import annotations

from adapters.dynamodb import keys
from adapters.dynamodb.keys import Key


def idempotent_request(name: str) -> Key:
    """A request that may be repeated; ``name`` is a hash of who asked for what, and under which idempotency key."""
    return Key(f"IDEMPOTENCY#{keys.checked(name)}", "METADATA")
