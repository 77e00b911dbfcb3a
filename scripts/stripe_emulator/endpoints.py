"""Webhook endpoints over the API."""

from scripts.stripe_emulator import objects
from scripts.stripe_emulator.errors import Json, invalid, missing, not_emulated
from scripts.stripe_emulator.expand import expanded
from scripts.stripe_emulator.ids import token
from scripts.stripe_emulator.listing import page
from scripts.stripe_emulator.router import Call, routes
from scripts.stripe_emulator.session_rules import check_metadata, check_url
from scripts.stripe_emulator.sessions import merged
from scripts.stripe_emulator.world import World

ROUTES = routes()


@ROUTES.post("/v1/webhook_endpoints")
def create(world: World, call: Call) -> Json:
    """An endpoint. Its signing secret is in this answer and never again."""
    params = call.params
    check_url(params["url"], "url")
    check_metadata(params.get("metadata"), "metadata")
    if params.get("connect"):
        raise not_emulated("Connect", "connect")
    _check_events(params)
    if params.get("api_version", objects.API_VERSION) != objects.API_VERSION:
        raise not_emulated(f"events of API version {params['api_version']}", "api_version")
    body = objects.webhook_endpoint(params, world.now())
    secret = f"whsec_{token(32)}"
    world.endpoints[body["id"]] = body
    world.endpoint_secrets[body["id"]] = secret
    return body | {"secret": secret}


@ROUTES.get("/v1/webhook_endpoints/{webhook_endpoint}")
def retrieve(world: World, call: Call) -> Json:
    """One endpoint, without its secret."""
    return expanded(world, _find(world, call), call.params)


@ROUTES.post("/v1/webhook_endpoints/{webhook_endpoint}")
def update(world: World, call: Call) -> Json:
    """Change where and what; the API version stays."""
    body, params = _find(world, call), call.params
    _check_events(params)
    if "url" in params:
        check_url(params["url"], "url")
    body |= {name: params[name] for name in ("url", "enabled_events", "description") if name in params}
    if "disabled" in params:
        body["status"] = "disabled" if params["disabled"] else "enabled"
    body["metadata"] = merged(body["metadata"], params.get("metadata", {}))
    return expanded(world, body, params)


@ROUTES.delete("/v1/webhook_endpoints/{webhook_endpoint}")
def delete(world: World, call: Call) -> Json:
    """Remove an endpoint; retries to it stop."""
    body = _find(world, call)
    del world.endpoints[body["id"]]
    del world.endpoint_secrets[body["id"]]
    return objects.deleted("webhook_endpoint", body["id"])


@ROUTES.get("/v1/webhook_endpoints")
def list_endpoints(world: World, call: Call) -> Json:
    """All endpoints."""
    return expanded(world, page(world.endpoints.values(), call.params, "/v1/webhook_endpoints"), call.params)


def _find(world: World, call: Call) -> Json:
    endpoint_id = call.args["webhook_endpoint"]
    body = world.endpoints.get(endpoint_id)
    if body is None:
        raise missing("webhook endpoint", endpoint_id, "webhook_endpoint", 404)
    return body


def _check_events(params: Json) -> None:
    if params.get("enabled_events", ["*"]) == []:
        raise invalid("You must pass at least one event.", "enabled_events")
