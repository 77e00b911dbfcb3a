"""How a session ends without a payment, and what the passing of time does to sessions."""

from collections.abc import Callable

from scripts.stripe_emulator.account import Account, Checkout
from scripts.stripe_emulator.checkout.payments import settle
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.webhooks.events import emit


def close(account: Account, checkout: Checkout, emit: Callable[[str, Json], None]) -> None:
    """Make an open session expired; an abandoned PaymentIntent is cancelled with it."""
    checkout.body |= {"status": "expired", "client_secret": None, "url": None}
    checkout.challenged = None
    intent = account.intents.get(checkout.body["payment_intent"] or "")
    if intent and intent["status"] != "succeeded":
        intent |= {
            "status": "canceled",
            "canceled_at": account.now(),
            "cancellation_reason": "expired",
            "next_action": None,
        }
        emit("payment_intent.canceled", intent)
    emit("checkout.session.expired", checkout.body)


def tick(account: Account) -> None:
    """Let everything happen that is due: expiry, bank debits, refunds. Cheap; called before every access."""
    now = account.now()
    with account.lock:
        for session_id, checkout in list(account.live.items()):
            if checkout.body["status"] == "open" and checkout.body["expires_at"] <= now:
                expire(account, checkout)
            elif checkout.settles_at is not None and checkout.settles_at <= now:
                settle(account, checkout)
            if checkout.body["status"] != "open" and checkout.settles_at is None:
                del account.live[session_id]
        account.run_due()


def expire(account: Account, checkout: Checkout) -> None:
    """Expire a session as its time does, whatever the clock says."""
    close(account, checkout, lambda kind, subject: emit(account, kind, subject, None, checkout.event_overrides))
