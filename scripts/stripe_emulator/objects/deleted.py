"""What deleting an object answers."""

from scripts.stripe_emulator.errors import Json


def deleted(kind: str, object_id: str) -> Json:
    """What a delete call answers."""
    return {"id": object_id, "object": kind, "deleted": True}
