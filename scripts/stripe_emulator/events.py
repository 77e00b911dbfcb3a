"""Events: a snapshot of an object at the moment something happened to it, kept and sent to the endpoints."""

import fnmatch
from copy import deepcopy

from scripts.stripe_emulator import objects
from scripts.stripe_emulator.errors import Json, exclusive, missing, unparsable
from scripts.stripe_emulator.expand import expanded
from scripts.stripe_emulator.listing import created_within, page
from scripts.stripe_emulator.router import Call, routes
from scripts.stripe_emulator.world import World

ROUTES = routes()
_KEPT = 30 * 86400
_MOST_TYPES = 20


def emit(world: World, kind: str, subject: Json, call: Call | None = None, overrides: Json | None = None) -> None:
    """Record that `kind` happened to `subject` and have it delivered."""
    request = {"id": call.request_id, "idempotency_key": call.idempotency_key} if call else None
    for _ in range(2 if world.same_fact_twice else 1):
        body = objects.event(kind, deepcopy(subject), world.now(), request=request, **(overrides or {}))
        world.events[body["id"]] = body
        world.publish(body)


@ROUTES.get("/v1/events")
def list_events(world: World, call: Call) -> Json:
    """The events of the last 30 days."""
    params = call.params
    if "type" in params and "types" in params:
        raise exclusive("type", "types")
    types = params.get("types") or ([params["type"]] if "type" in params else ["*"])
    if len(types) > _MOST_TYPES:
        raise unparsable(f"You can pass at most {_MOST_TYPES} types.", "types")
    oldest = world.now() - _KEPT
    found = [
        event
        for event in world.events.values()
        if event["created"] >= oldest
        and created_within(event, params.get("created"))
        and any(fnmatch.fnmatchcase(event["type"], pattern) for pattern in types)
        and params.get("delivery_success") in (None, event["pending_webhooks"] == 0)
    ]
    return expanded(world, page(found, params, "/v1/events"), params)


@ROUTES.get("/v1/events/{id}")
def retrieve_event(world: World, call: Call) -> Json:
    """One event. Its data is as it was then, not as it is now."""
    found = world.events.get(call.args["id"])
    if not found or found["created"] < world.now() - _KEPT:
        raise missing("event", call.args["id"], "id", 404)
    return found
