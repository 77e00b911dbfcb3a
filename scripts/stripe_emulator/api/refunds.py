"""Refunds over the API."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.currencies import in_words
from scripts.stripe_emulator.errors import Json, exclusive, invalid, missing, required
from scripts.stripe_emulator.http.routing import Call, Routes
from scripts.stripe_emulator.objects.refund import refund as refund_object
from scripts.stripe_emulator.validation import check_metadata
from scripts.stripe_emulator.webhooks.events import emit

ROUTES = Routes()


@ROUTES.post("/v1/refunds")
def create(account: Account, call: Call) -> Json:
    """Give back all or part of a charge; events say how much is gone by now."""
    params = call.params
    check_metadata(params.get("metadata"), "metadata")
    charge = _charge(account, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    _check_amount(charge, amount, left)
    body = refund_object(charge, amount, params, account.now())
    account.refunds[body["id"]] = body
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    emit(account, "refund.created", body, call)
    emit(account, "charge.refunded", charge, call)
    return expanded(account, body, params)


@ROUTES.get("/v1/refunds/{refund}")
def retrieve(account: Account, call: Call) -> Json:
    """One refund."""
    body = account.refunds.get(call.args["refund"])
    if body is None:
        raise missing("refund", call.args["refund"], "refund", 404)
    return expanded(account, body, call.params)


def _charge(account: Account, params: Json) -> Json:
    if "payment_intent" in params and "charge" in params:
        raise exclusive("payment_intent", "charge")
    if "charge" in params:
        charge = account.charges.get(params["charge"])
        if charge is None:
            raise missing("charge", params["charge"], "charge")
        return charge
    if "payment_intent" not in params:
        raise required("payment_intent")
    intent = account.intents.get(params["payment_intent"])
    if intent is None:
        raise missing("payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        text = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise invalid(text, "payment_intent")
    return account.charges[intent["latest_charge"]]


def _check_amount(charge: Json, amount: int, left: int) -> None:
    if charge["refunded"]:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > left:
        shown = [in_words(value, charge["currency"]) for value in (amount, left)]
        raise invalid(f"Refund amount ({shown[0]}) is greater than unrefunded amount on charge ({shown[1]})", "amount")
