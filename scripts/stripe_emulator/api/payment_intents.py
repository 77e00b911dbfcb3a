"""PaymentIntents over the API."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.errors import Json, missing
from scripts.stripe_emulator.http.routing import Call, Routes

ROUTES = Routes()


@ROUTES.get("/v1/payment_intents/{intent}")
def retrieve_intent(account: Account, call: Call) -> Json:
    """One PaymentIntent."""
    body = account.intents.get(call.args["intent"])
    if body is None:
        raise missing("payment_intent", call.args["intent"], "intent", 404)
    return expanded(account, body, call.params)
