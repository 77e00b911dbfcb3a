"""Balance transactions over the API."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.errors import Json, missing, not_emulated
from scripts.stripe_emulator.http.routing import Call, Routes

ROUTES = Routes()


@ROUTES.get("/v1/balance_transactions/{id}")
def retrieve(account: Account, call: Call) -> Json:
    """One movement of money."""
    body = account.balance_transactions.get(call.args["id"])
    if body is None:
        raise missing("balance transaction", call.args["id"], "id", 404)
    return expanded(account, body, call.params)


@ROUTES.get("/v1/balance_transactions")
def list_balance_transactions(account: Account, call: Call) -> Json:
    """Movements of money by creation time, type, source and currency."""
    params = call.params
    if "payout" in params:
        raise not_emulated("payouts", "payout")
    found = [
        body
        for body in account.balance_transactions.values()
        if created_within(body, params.get("created"))
        and all(params.get(name, body[name]) == body[name] for name in ("currency", "source", "type"))
    ]
    return expanded(account, page(found, params, "/v1/balance_transactions"), params)
