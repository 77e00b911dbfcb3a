"""The control API in Python: acting as the buyer and the bank, moving the clock, causing faults, reading the logs."""

from typing import Any

from attrs import define

from scripts.stripe_emulator.account import Account, Buyer, Checkout
from scripts.stripe_emulator.api.dispatch import Api
from scripts.stripe_emulator.checkout import lifecycle, payments
from scripts.stripe_emulator.control.dashboard import Dashboard
from scripts.stripe_emulator.control.error import ControlError
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.faults import Faults
from scripts.stripe_emulator.payment_methods import Card, Debit, Decline, is_debit, read_card, read_debit
from scripts.stripe_emulator.webhooks.delivery import Webhooks

_ON_SESSION = frozenset(
    {
        "amount_subtotal",
        "amount_total",
        "client_reference_id",
        "currency",
        "customer",
        "livemode",
        "metadata",
        "mode",
    }
)
_ON_EVENTS = frozenset({"account", "api_version"})
_ON_INTENT = "payment_intent_metadata"


@define
class Control:
    """Everything that scripts and tests can do beside Stripe's own API. Every method may be called from any thread."""

    account: Account
    faults: Faults
    webhooks: Webhooks
    api: Api
    dashboard: Dashboard

    def pay(self, session_id: str, card: str | None = None, challenge: str | None = None, **buyer: Any) -> Json:
        """Confirm a session as its buyer would; {status, payment_status, outcome, decline_code?}.

        Without a card: answer the open 3-D Secure challenge, or complete a session that costs nothing.
        Raises ControlError: 404 unknown session, 409 not open, 400 for an answer that is neither complete nor fail.
        """
        if challenge not in (None, "complete", "fail"):
            raise ControlError(400, "challenge is complete or fail")
        with self.account.lock:
            checkout = self._find(session_id)
            if card is None and challenge and checkout.challenged:
                result = payments.answer_challenge(
                    self.account, checkout, "fail" if challenge == "fail" else "complete"
                )
            else:
                who = Buyer(email=buyer.get("email") or "buyer@example.com", name=buyer.get("name") or "Test Buyer")
                answer: payments.ChallengeAnswer | None = None
                if challenge:
                    answer = "fail" if challenge == "fail" else "complete"
                result = payments.pay(self.account, checkout, _payment_method(card), who, answer)
            shown = result.as_json(checkout)
        if result.outcome == "not_open":
            raise ControlError(409, "This session is not open.", **shown)
        return shown

    def settle_delayed(self, session_id: str, outcome: str | None = None) -> Json:
        """Let a bank debit arrive (`succeeded`), bounce (`failed`), or do what its number says."""
        if outcome not in (None, "succeeded", "failed"):
            raise ControlError(400, "outcome is succeeded or failed")
        with self.account.lock:
            checkout = self._find(session_id)
            succeeds = None if outcome is None else outcome == "succeeded"
            result = payments.settle(self.account, checkout, succeeds=succeeds)
            shown = result.as_json(checkout)
        if result.outcome == "not_open":
            raise ControlError(409, "No bank debit of this session is waiting.", **shown)
        return shown

    def expire(self, session_id: str) -> Json:
        """Let a session's time run out now, without moving the clock."""
        with self.account.lock:
            checkout = self._find(session_id)
            state = {name: checkout.body[name] for name in ("status", "payment_status")}
            if checkout.body["status"] != "open":
                raise ControlError(409, "This session is not open.", **state)
            lifecycle.expire(self.account, checkout)
            return state | {"status": "expired"}

    def tamper(self, session_id: str, changes: Json) -> Json:
        """Change fields of a session behind Stripe's back, so that its answers and events carry wrong values."""
        unknown = changes.keys() - _ON_SESSION - _ON_EVENTS - {_ON_INTENT}
        if unknown:
            raise ControlError(400, f"cannot tamper with: {', '.join(sorted(unknown))}")
        with self.account.lock:
            checkout = self._find(session_id)
            checkout.body |= {name: changes[name] for name in _ON_SESSION & changes.keys()}
            checkout.event_overrides |= {name: changes[name] for name in _ON_EVENTS & changes.keys()}
            if _ON_INTENT in changes:
                checkout.intent_data = checkout.intent_data | {"metadata": changes[_ON_INTENT]}
            return {"tampered": sorted(changes)}

    def sessions(self) -> list[Json]:
        """All sessions, oldest first, briefly."""
        names = ("id", "status", "payment_status", "amount_total", "currency", "ui_mode", "client_reference_id")
        with self.account.lock:
            lifecycle.tick(self.account)
            found = [checkout.body for checkout in self.account.checkouts.values()]
            more = ("metadata", "payment_intent", "expires_at")
            return [{name: body[name] for name in names + more} for body in found]

    def advance(self, seconds: float) -> None:
        """Move the clock ahead and let happen what is due by then."""
        self.account.clock.advance(seconds)
        lifecycle.tick(self.account)

    def set_faults(self, wanted: Json) -> Json:
        """Add faults. Raises ControlError (400) for what is not understood."""
        try:
            self.faults.set(wanted)
        except (ValueError, TypeError) as error:
            raise ControlError(400, str(error)) from error
        self.account.same_fact_twice = self.faults.webhooks.same_fact_new_event_id
        return self.faults.as_json()

    def clear_faults(self) -> None:
        """End all faults; held calls and held webhooks go on."""
        self.faults.clear()
        self.account.same_fact_twice = False
        self.webhooks.flush()

    def resend(self, event_id: str) -> Json:
        """Deliver an event once more, as with the dashboard's button."""
        with self.account.lock:
            event = self.account.events.get(event_id)
            if event is None:
                raise ControlError(404, f"No such event: {event_id}")
            return {"deliveries": self.webhooks.resend(event)}

    def deliveries(self) -> list[Json]:
        """The log of webhook deliveries, oldest first: no bodies."""
        return [delivery.as_json() for delivery in list(self.webhooks.log)]

    def requests(self) -> list[Json]:
        """The log of API calls, oldest first: no parameters."""
        names = ("method", "path", "idempotency_key", "status", "request_id", "replayed")
        return [{name: getattr(seen, name) for name in names} for seen in list(self.api.log)]

    def forget_idempotency_keys(self, older_than: float = 86400) -> int:
        """Forget the answers stored under keys at least that many seconds old (0: all); how many they were.

        Stripe may do so after 24 hours. A repeated request then runs again.
        """
        return self.api.keys.forget(older_than)

    def _find(self, session_id: str) -> Checkout:
        lifecycle.tick(self.account)
        checkout = self.account.checkouts.get(session_id)
        if checkout is None:
            raise ControlError(404, f"No such checkout.session: {session_id}")
        return checkout


def _payment_method(number: str | None) -> Card | Debit | Decline | None:
    if number is None:
        return None
    return read_debit(number) if is_debit(number) else read_card(number)
