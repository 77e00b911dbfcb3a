"""PaymentIntents and refunds over the API."""

from scripts.stripe_emulator import objects
from scripts.stripe_emulator.errors import Json, exclusive, invalid, missing, required
from scripts.stripe_emulator.events import emit
from scripts.stripe_emulator.expand import expanded
from scripts.stripe_emulator.pricing import major
from scripts.stripe_emulator.router import Call, routes
from scripts.stripe_emulator.session_rules import check_metadata
from scripts.stripe_emulator.world import World

ROUTES = routes()


@ROUTES.get("/v1/payment_intents/{intent}")
def retrieve_intent(world: World, call: Call) -> Json:
    """One PaymentIntent."""
    body = world.intents.get(call.args["intent"])
    if body is None:
        raise missing("payment_intent", call.args["intent"], "intent", 404)
    return expanded(world, body, call.params)


@ROUTES.post("/v1/refunds")
def create(world: World, call: Call) -> Json:
    """Give back all or part of a charge; events say how much is gone by now."""
    params = call.params
    check_metadata(params.get("metadata"), "metadata")
    charge = _charge(world, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    _check_amount(charge, amount, left)
    body = objects.refund(charge, amount, params, world.now())
    world.refunds[body["id"]] = body
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    emit(world, "refund.created", body, call)
    emit(world, "charge.refunded", charge, call)
    return expanded(world, body, params)


@ROUTES.get("/v1/refunds/{refund}")
def retrieve(world: World, call: Call) -> Json:
    """One refund."""
    body = world.refunds.get(call.args["refund"])
    if body is None:
        raise missing("refund", call.args["refund"], "refund", 404)
    return expanded(world, body, call.params)


def _charge(world: World, params: Json) -> Json:
    if "payment_intent" in params and "charge" in params:
        raise exclusive("payment_intent", "charge")
    if "charge" in params:
        charge = world.charges.get(params["charge"])
        if charge is None:
            raise missing("charge", params["charge"], "charge")
        return charge
    if "payment_intent" not in params:
        raise required("payment_intent")
    intent = world.intents.get(params["payment_intent"])
    if intent is None:
        raise missing("payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        text = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise invalid(text, "payment_intent")
    return world.charges[intent["latest_charge"]]


def _check_amount(charge: Json, amount: int, left: int) -> None:
    if charge["refunded"]:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > left:
        shown = [f"{major(value, charge['currency'])} {charge['currency']}" for value in (amount, left)]
        raise invalid(f"Refund amount ({shown[0]}) is greater than unrefunded amount on charge ({shown[1]})", "amount")
