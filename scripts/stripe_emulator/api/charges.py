"""Charges over the API. They are made by paying a Checkout Session."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded, refunds_of_charge
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.errors import Json, missing, not_emulated
from scripts.stripe_emulator.http.routing import Call, Routes

ROUTES = Routes()


@ROUTES.get("/v1/charges/{charge}")
def retrieve(account: Account, call: Call) -> Json:
    """One charge; its refunds are shown on expansion only."""
    return expanded(account, _find(account, call), call.params)


@ROUTES.get("/v1/charges/{charge}/refunds")
def list_refunds(account: Account, call: Call) -> Json:
    """The refunds of one charge."""
    charge = _find(account, call)
    return expanded(account, refunds_of_charge(account, charge["id"], call.params), call.params)


@ROUTES.get("/v1/charges")
def list_charges(account: Account, call: Call) -> Json:
    """Charges by customer, PaymentIntent or creation time; failed ones too."""
    params = call.params
    if "transfer_group" in params:
        raise not_emulated("`transfer_group`", "transfer_group")
    found = [
        body
        for body in account.charges.values()
        if created_within(body, params.get("created"))
        and all(params.get(name, body[name]) == body[name] for name in ("customer", "payment_intent"))
    ]
    return expanded(account, page(found, params, "/v1/charges"), params)


def _find(account: Account, call: Call) -> Json:
    body = account.charges.get(call.args["charge"])
    if body is None:
        raise missing("charge", call.args["charge"], "id", 404)
    return body
