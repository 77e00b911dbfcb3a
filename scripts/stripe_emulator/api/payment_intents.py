"""PaymentIntents over the API. They are made by paying a Checkout Session."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.errors import Json, missing, not_emulated
from scripts.stripe_emulator.http.routing import Call, Routes

ROUTES = Routes()


@ROUTES.get("/v1/payment_intents/{intent}")
def retrieve(account: Account, call: Call) -> Json:
    """One PaymentIntent."""
    body = account.intents.get(call.args["intent"])
    if body is None:
        raise missing("payment_intent", call.args["intent"], "intent", 404)
    return expanded(account, body, call.params)


@ROUTES.get("/v1/payment_intents")
def list_payment_intents(account: Account, call: Call) -> Json:
    """PaymentIntents by customer or creation time."""
    params = call.params
    if "customer_account" in params:
        raise not_emulated("`customer_account`", "customer_account")
    found = [
        body
        for body in account.intents.values()
        if created_within(body, params.get("created")) and params.get("customer", body["customer"]) == body["customer"]
    ]
    return expanded(account, page(found, params, "/v1/payment_intents"), params)
