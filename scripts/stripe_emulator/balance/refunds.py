"""Refunds: Stripe's rules for making one, and what becomes of it."""

from functools import partial

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.balance.disputes import blocks_refunds
from scripts.stripe_emulator.balance.transactions import record_refund, record_refund_failure
from scripts.stripe_emulator.currencies import with_sign
from scripts.stripe_emulator.errors import Json, invalid, unparsable
from scripts.stripe_emulator.http.routing import Call
from scripts.stripe_emulator.objects.refund import refund as refund_object
from scripts.stripe_emulator.payment_methods import Card
from scripts.stripe_emulator.webhooks.events import emit

_NO_MONEY = ("failed", "canceled")
FAILURE_REASONS = (
    "charge_for_pending_refund_disputed",
    "declined",
    "expired_or_canceled_card",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
)


def create(
    account: Account,
    charge: Json,
    amount: int | None,
    *,
    reason: str | None = None,
    metadata: Json | None = None,
    call: Call | None = None,
) -> Json:
    """Refund `amount`, or whatever is left. `call` is None for a refund made in the dashboard.

    It is done at once, unless the test card says otherwise. Raises StripeError where Stripe refuses.
    """
    left = refundable(account, charge)
    wanted = left if amount is None else amount
    _check(account, charge, wanted, left)
    body = refund_object(charge, wanted, reason=reason, metadata=metadata or {}, now=account.now())
    account.refunds[body["id"]] = body
    method = account.paid_with[charge["id"]]
    course = method.refunds if isinstance(method, Card) else "succeeds"
    if course == "succeeds_later":
        emit(account, "refund.created", body, call)
        _later(account, body, partial(succeed, account, body))
        return body
    _take_from_balance(account, charge, body)
    emit(account, "refund.created", body, call)
    _add_to_charge(account, charge, body, call)
    if course == "fails_later":
        _later(account, body, partial(fail, account, body))
    return body


def refundable(account: Account, charge: Json) -> int:
    """What may still be refunded: what was captured, less every refund that is done or pending."""
    counted = [body for body in of_charge(account, charge["id"]) if body["status"] not in _NO_MONEY]
    captured: int = charge["amount_captured"]
    return captured - sum(int(body["amount"]) for body in counted)


def of_charge(account: Account, charge_id: str) -> list[Json]:
    """All refunds of a charge, oldest first."""
    return [body for body in account.refunds.values() if body["charge"] == charge_id]


def succeed(account: Account, refund: Json) -> None:
    """A pending refund is done. Raises StripeError when it is not pending."""
    if refund["status"] != "pending":
        raise invalid(f"The refund {refund['id']} is {refund['status']}, not pending.")
    previous = {name: refund[name] for name in ("status", "balance_transaction", "pending_reason")}
    charge = account.charges[refund["charge"]]
    _take_from_balance(account, charge, refund)
    emit(account, "refund.updated", refund, previous=previous)
    _add_to_charge(account, charge, refund, None)


def fail(account: Account, refund: Json, reason: str = "expired_or_canceled_card") -> None:
    """The bank sends a refund back, even one that had succeeded. Raises StripeError when it is over already."""
    previous = _undo(account, refund, "failed", reason)
    emit(account, "refund.failed", refund, previous=previous)
    emit(account, "refund.updated", refund, previous=previous)


def cancel(account: Account, refund: Json) -> None:
    """The merchant takes a card refund back in the dashboard. Raises StripeError when it is over already."""
    previous = _undo(account, refund, "canceled", "merchant_request")
    emit(account, "refund.updated", refund, previous=previous)


def _undo(account: Account, refund: Json, status: str, reason: str) -> Json:
    """End a refund without giving money back; the attributes that changed, as they were."""
    if refund["status"] in _NO_MONEY:
        raise invalid(f"The refund {refund['id']} is {refund['status']} already.")
    previous = {"status": refund["status"], "failure_reason": None}
    refund |= {"status": status, "failure_reason": reason}
    refund.pop("pending_reason", None)
    if refund["balance_transaction"]:
        charge = account.charges[refund["charge"]]
        record_refund_failure(account, charge, refund)
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        previous["failure_balance_transaction"] = None
    return previous


def _check(account: Account, charge: Json, amount: int, left: int) -> None:
    if amount < 1 and left > 0:
        raise unparsable("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer")
    if charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} was not successful, so there is nothing to refund.")
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if any(blocks_refunds(dispute) for dispute in account.disputes.values() if dispute["charge"] == charge["id"]):
        text = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise invalid(text, code="charge_disputed")
    if amount > left:
        wanted, rest = (with_sign(value, charge["currency"]) for value in (amount, left))
        raise invalid(f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({rest})", "amount")


def _take_from_balance(account: Account, charge: Json, refund: Json) -> None:
    refund["status"] = "succeeded"
    refund.pop("pending_reason", None)
    record_refund(account, charge, refund)


def _add_to_charge(account: Account, charge: Json, refund: Json, call: Call | None) -> None:
    """Charges show the sum of what was refunded, and whether it is all."""
    previous = {name: charge[name] for name in ("amount_refunded", "refunded")}
    charge["amount_refunded"] += refund["amount"]
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    changed = {name: value for name, value in previous.items() if charge[name] != value}
    emit(account, "charge.refunded", charge, call, previous=changed)


def _later(account: Account, refund: Json, change: "partial[None]") -> None:
    """Let the bank do something by itself, unless the refund was changed by then."""
    before = refund["status"]

    def unless_changed() -> None:
        if refund["status"] == before:
            change()

    if account.settle_after is not None:
        account.schedule(account.settle_after, unless_changed)
