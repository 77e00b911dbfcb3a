"""Products and prices over the API."""

from scripts.stripe_emulator import objects
from scripts.stripe_emulator.errors import Json, exclusive, invalid, missing, not_emulated, required
from scripts.stripe_emulator.expand import expanded
from scripts.stripe_emulator.listing import created_within, page
from scripts.stripe_emulator.pricing import check_unit_amount
from scripts.stripe_emulator.router import Call, routes
from scripts.stripe_emulator.session_rules import check_metadata
from scripts.stripe_emulator.world import World

ROUTES = routes()
_UNPLAYED = ("currency_options", "custom_unit_amount", "tiers", "tiers_mode", "transform_quantity", "recurring")


@ROUTES.post("/v1/products")
def create_product(world: World, call: Call) -> Json:
    """A product, with a price at once if default_price_data is given."""
    params = call.params
    check_metadata(params.get("metadata"), "metadata")
    if params.get("id") in world.products:
        raise invalid("Product already exists.", "id", "resource_already_exists")
    body = objects.product(params, world.now())
    world.products[body["id"]] = body
    if "default_price_data" in params:
        check_unit_amount(params["default_price_data"], "default_price_data")
        price = objects.price(params["default_price_data"], body["id"], world.now())
        world.prices[price["id"]] = price
        body["default_price"] = price["id"]
    return expanded(world, body, params)


@ROUTES.get("/v1/products/{id}")
def retrieve_product(world: World, call: Call) -> Json:
    """One product."""
    body = world.products.get(call.args["id"])
    if body is None:
        raise missing("product", call.args["id"], "id", 404)
    return expanded(world, body, call.params)


@ROUTES.post("/v1/prices")
def create_price(world: World, call: Call) -> Json:
    """A one-time price of a product, old or new."""
    params = call.params
    for name in _UNPLAYED:
        if name in params:
            raise not_emulated(f"`{name}`", name)
    check_metadata(params.get("metadata"), "metadata")
    check_unit_amount(params, "")
    price = objects.price(params, _product_of(world, params), world.now())
    world.prices[price["id"]] = price
    return expanded(world, price, params)


@ROUTES.get("/v1/prices/{price}")
def retrieve_price(world: World, call: Call) -> Json:
    """One price."""
    body = world.prices.get(call.args["price"])
    if body is None:
        raise missing("price", call.args["price"], "price", 404)
    return expanded(world, body, call.params)


@ROUTES.get("/v1/prices")
def list_prices(world: World, call: Call) -> Json:
    """Prices by product, currency, activity, lookup key or creation time."""
    params = call.params
    keys = params.get("lookup_keys")
    found = [
        body
        for body in world.prices.values()
        if created_within(body, params.get("created"))
        and all(params.get(name, body[name]) == body[name] for name in ("active", "currency", "product", "type"))
        and (keys is None or body["lookup_key"] in keys)
        and "recurring" not in params
    ]
    return expanded(world, page(found, params, "/v1/prices"), params)


def _product_of(world: World, params: Json) -> str:
    if "product" in params and "product_data" in params:
        raise exclusive("product", "product_data")
    if "product" in params:
        product_id: str = params["product"]
        if product_id not in world.products:
            raise missing("product", product_id, "product")
        return product_id
    if "product_data" not in params:
        raise required("product")
    product = objects.product(params["product_data"], world.now())
    world.products[product["id"]] = product
    made: str = product["id"]
    return made
