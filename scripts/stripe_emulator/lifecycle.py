"""How a session ends without a payment, and what the passing of time does to sessions."""

from collections.abc import Callable

from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.events import emit
from scripts.stripe_emulator.payments import settle
from scripts.stripe_emulator.world import Checkout, World


def close(world: World, checkout: Checkout, emit: Callable[[str, Json], None]) -> None:
    """Make an open session expired; an abandoned PaymentIntent is cancelled with it."""
    checkout.body |= {"status": "expired", "client_secret": None, "url": None}
    checkout.challenged = None
    intent = world.intents.get(checkout.body["payment_intent"] or "")
    if intent and intent["status"] != "succeeded":
        intent |= {
            "status": "canceled",
            "canceled_at": world.now(),
            "cancellation_reason": "expired",
            "next_action": None,
        }
        emit("payment_intent.canceled", intent)
    emit("checkout.session.expired", checkout.body)


def tick(world: World) -> None:
    """Expire what is past its time and settle bank debits that are due. Cheap; called before every access."""
    now = world.now()
    with world.lock:
        for session_id, checkout in list(world.live.items()):
            if checkout.body["status"] == "open" and checkout.body["expires_at"] <= now:
                expire(world, checkout)
            elif checkout.settles_at is not None and checkout.settles_at <= now:
                settle(world, checkout)
            if checkout.body["status"] != "open" and checkout.settles_at is None:
                del world.live[session_id]


def expire(world: World, checkout: Checkout) -> None:
    """Expire a session as its time does, whatever the clock says."""
    close(world, checkout, lambda kind, subject: emit(world, kind, subject, None, checkout.event_overrides))
