"""The events of the last 30 days over the API."""

import fnmatch

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.errors import Json, exclusive, missing, unparsable
from scripts.stripe_emulator.http.routing import Call, Routes

ROUTES = Routes()
_KEPT = 30 * 86400
_MOST_TYPES = 20


@ROUTES.get("/v1/events")
def list_events(account: Account, call: Call) -> Json:
    """The events of the last 30 days."""
    params = call.params
    if "type" in params and "types" in params:
        raise exclusive("type", "types")
    types = params.get("types") or ([params["type"]] if "type" in params else ["*"])
    if len(types) > _MOST_TYPES:
        raise unparsable(f"You can pass at most {_MOST_TYPES} types.", "types")
    oldest = account.now() - _KEPT
    found = [
        event
        for event in account.events.values()
        if event["created"] >= oldest
        and created_within(event, params.get("created"))
        and any(fnmatch.fnmatchcase(event["type"], pattern) for pattern in types)
        and params.get("delivery_success") in (None, event["pending_webhooks"] == 0)
    ]
    return expanded(account, page(found, params, "/v1/events"), params)


@ROUTES.get("/v1/events/{id}")
def retrieve_event(account: Account, call: Call) -> Json:
    """One event. Its data is as it was then, not as it is now."""
    found = account.events.get(call.args["id"])
    if not found or found["created"] < account.now() - _KEPT:
        raise missing("event", call.args["id"], "id", 404)
    return found
