"""Disputes over the API."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.balance import disputes
from scripts.stripe_emulator.errors import Json, invalid, missing, not_emulated
from scripts.stripe_emulator.http.routing import Call, Routes
from scripts.stripe_emulator.validation import check_metadata, merged_metadata

ROUTES = Routes()
_LONGEST_EVIDENCE = 150_000


@ROUTES.get("/v1/disputes/{dispute}")
def retrieve(account: Account, call: Call) -> Json:
    """One dispute."""
    return expanded(account, _find(account, call), call.params)


@ROUTES.post("/v1/disputes/{dispute}")
def update(account: Account, call: Call) -> Json:
    """Add evidence, which is sent to the bank unless `submit` is false, and change metadata."""
    body, params = _find(account, call), call.params
    _check(params)
    body["metadata"] = merged_metadata(body["metadata"], params.get("metadata", {}))
    if "evidence" in params:
        submit = params.get("submit", True)
        disputes.add_evidence(account, body, params["evidence"], submit=submit, call=call)
    return expanded(account, body, params)


@ROUTES.post("/v1/disputes/{dispute}/close")
def close(account: Account, call: Call) -> Json:
    """Give a dispute up. It is lost at once, for good."""
    body = _find(account, call)
    disputes.close(account, body, call)
    return expanded(account, body, call.params)


@ROUTES.get("/v1/disputes")
def list_disputes(account: Account, call: Call) -> Json:
    """Disputes by charge, PaymentIntent or creation time."""
    params = call.params
    found = [
        body
        for body in account.disputes.values()
        if created_within(body, params.get("created"))
        and all(params.get(name, body[name]) == body[name] for name in ("charge", "payment_intent"))
    ]
    return expanded(account, page(found, params, "/v1/disputes"), params)


def _check(params: Json) -> None:
    check_metadata(params.get("metadata"), "metadata")
    if "intended_submission_method" in params:
        raise not_emulated("`intended_submission_method`", "intended_submission_method")
    evidence = params.get("evidence", {})
    for name in ("appeal", "enhanced_evidence"):
        if name in evidence:
            raise not_emulated(f"`evidence[{name}]`", f"evidence[{name}]")
    length = sum(len(value) for value in evidence.values())
    if length > _LONGEST_EVIDENCE:
        raise invalid(f"The evidence may have {_LONGEST_EVIDENCE} characters in all; it has {length}.", "evidence")


def _find(account: Account, call: Call) -> Json:
    body = account.disputes.get(call.args["dispute"])
    if body is None:
        raise missing("dispute", call.args["dispute"], "dispute", 404)
    return body
