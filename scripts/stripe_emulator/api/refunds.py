"""Refunds over the API."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.balance import refunds
from scripts.stripe_emulator.errors import Json, exclusive, invalid, missing, not_emulated
from scripts.stripe_emulator.http.routing import Call, Routes
from scripts.stripe_emulator.validation import check_metadata, merged_metadata
from scripts.stripe_emulator.webhooks.events import emit

ROUTES = Routes()
_UNSUPPORTED = (
    "currency",
    "customer",
    "instructions_email",
    "origin",
    "refund_application_fee",
    "reverse_transfer",
)


@ROUTES.post("/v1/refunds")
def create(account: Account, call: Call) -> Json:
    """Refund all or part of a charge."""
    params = call.params
    for name in _UNSUPPORTED:
        if name in params:
            raise not_emulated(f"`{name}`", name)
    check_metadata(params.get("metadata"), "metadata")
    made = refunds.create(
        account,
        _charge(account, params),
        params.get("amount"),
        reason=params.get("reason"),
        metadata=params.get("metadata") or {},
        call=call,
    )
    return expanded(account, made, params)


@ROUTES.get("/v1/refunds/{refund}")
def retrieve(account: Account, call: Call) -> Json:
    """One refund."""
    return expanded(account, _find(account, call), call.params)


@ROUTES.post("/v1/refunds/{refund}")
def update(account: Account, call: Call) -> Json:
    """Change the metadata."""
    body, metadata = _find(account, call), call.params.get("metadata", {})
    check_metadata(metadata, "metadata")
    before, body["metadata"] = body["metadata"], merged_metadata(body["metadata"], metadata)
    if body["metadata"] != before:
        previous = {name: before.get(name) for name in before.keys() | body["metadata"].keys()}
        changed = {name: value for name, value in previous.items() if body["metadata"].get(name) != value}
        emit(account, "refund.updated", body, call, previous={"metadata": changed})
    return expanded(account, body, call.params)


@ROUTES.post("/v1/refunds/{refund}/cancel")
def cancel(account: Account, call: Call) -> Json:
    """Always refused: only refunds that wait for the buyer's bank details can be canceled, and none here do."""
    _find(account, call)
    raise invalid("Canceling this refund is unsupported.")


@ROUTES.get("/v1/refunds")
def list_refunds(account: Account, call: Call) -> Json:
    """Refunds by charge, PaymentIntent or creation time."""
    params = call.params
    found = [
        body
        for body in account.refunds.values()
        if created_within(body, params.get("created"))
        and all(params.get(name, body[name]) == body[name] for name in ("charge", "payment_intent"))
    ]
    return expanded(account, page(found, params, "/v1/refunds"), params)


def _find(account: Account, call: Call) -> Json:
    body = account.refunds.get(call.args["refund"])
    if body is None:
        raise missing("refund", call.args["refund"], "refund", 404)
    return body


def _charge(account: Account, params: Json) -> Json:
    if "payment_intent" in params and "charge" in params:
        raise exclusive("payment_intent", "charge")
    if "charge" in params:
        charge = account.charges.get(params["charge"])
        if charge is None:
            raise missing("charge", params["charge"], "id", 404)
        return charge
    if "payment_intent" not in params:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    intent = account.intents.get(params["payment_intent"])
    if intent is None:
        raise missing("payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        text = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise invalid(text, "payment_intent")
    return account.charges[intent["latest_charge"]]
