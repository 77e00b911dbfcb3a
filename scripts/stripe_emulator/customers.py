"""Customers over the API."""

from scripts.stripe_emulator import objects
from scripts.stripe_emulator.errors import Json, missing
from scripts.stripe_emulator.events import emit
from scripts.stripe_emulator.expand import expanded
from scripts.stripe_emulator.listing import created_within, page
from scripts.stripe_emulator.router import Call, routes
from scripts.stripe_emulator.session_rules import check_email, check_metadata
from scripts.stripe_emulator.sessions import merged
from scripts.stripe_emulator.world import World

ROUTES = routes()
_PLAIN = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt")


@ROUTES.post("/v1/customers")
def create(world: World, call: Call) -> Json:
    """A customer. Stripe allows any number with one e-mail address."""
    _check(call.params)
    body = objects.customer(call.params, world.now())
    world.customers[body["id"]] = body
    emit(world, "customer.created", body, call)
    return expanded(world, body, call.params)


@ROUTES.get("/v1/customers/{customer}")
def retrieve(world: World, call: Call) -> Json:
    """One customer."""
    return expanded(world, _find(world, call), call.params)


@ROUTES.post("/v1/customers/{customer}")
def update(world: World, call: Call) -> Json:
    """Change what is given."""
    _check(call.params)
    body = _find(world, call)
    body |= {name: call.params[name] or None for name in _PLAIN if name in call.params}
    body["metadata"] = merged(body["metadata"], call.params.get("metadata", {}))
    emit(world, "customer.updated", body, call)
    return expanded(world, body, call.params)


@ROUTES.get("/v1/customers")
def list_customers(world: World, call: Call) -> Json:
    """Customers by e-mail address (case matters) or creation time."""
    params = call.params
    found = [
        body
        for body in world.customers.values()
        if params.get("email", body["email"]) == body["email"]
        and created_within(body, params.get("created"))
        and "test_clock" not in params
    ]
    return expanded(world, page(found, params, "/v1/customers"), params)


def _find(world: World, call: Call) -> Json:
    body = world.customers.get(call.args["customer"])
    if body is None:
        raise missing("customer", call.args["customer"], "customer", 404)
    return body


def _check(params: Json) -> None:
    check_metadata(params.get("metadata"), "metadata")
    if params.get("email"):
        check_email(params["email"], "email")
