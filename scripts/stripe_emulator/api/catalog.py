"""Products and prices over the API."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.api.pricing import check_unit_amount
from scripts.stripe_emulator.currencies import check_currency
from scripts.stripe_emulator.errors import Json, exclusive, invalid, missing, not_emulated, required
from scripts.stripe_emulator.http.routing import Call, Routes
from scripts.stripe_emulator.objects import catalog as objects
from scripts.stripe_emulator.validation import check_metadata

ROUTES = Routes()
_UNSUPPORTED = ("currency_options", "custom_unit_amount", "tiers", "tiers_mode", "transform_quantity", "recurring")


@ROUTES.post("/v1/products")
def create_product(account: Account, call: Call) -> Json:
    """A product, with a price at once if default_price_data is given."""
    params = call.params
    check_metadata(params.get("metadata"), "metadata")
    if params.get("id") in account.products:
        raise invalid("Product already exists.", "id", "resource_already_exists")
    body = objects.product(params, account.now())
    account.products[body["id"]] = body
    if "default_price_data" in params:
        check_unit_amount(params["default_price_data"], "default_price_data")
        check_currency(params["default_price_data"]["currency"], "default_price_data[currency]")
        price = objects.price(params["default_price_data"], body["id"], account.now())
        account.prices[price["id"]] = price
        body["default_price"] = price["id"]
    return expanded(account, body, params)


@ROUTES.get("/v1/products/{id}")
def retrieve_product(account: Account, call: Call) -> Json:
    """One product."""
    body = account.products.get(call.args["id"])
    if body is None:
        raise missing("product", call.args["id"], "id", 404)
    return expanded(account, body, call.params)


@ROUTES.post("/v1/prices")
def create_price(account: Account, call: Call) -> Json:
    """A one-time price of a product, old or new."""
    params = call.params
    for name in _UNSUPPORTED:
        if name in params:
            raise not_emulated(f"`{name}`", name)
    check_metadata(params.get("metadata"), "metadata")
    check_unit_amount(params, "")
    check_currency(params["currency"])
    price = objects.price(params, _product_of(account, params), account.now())
    account.prices[price["id"]] = price
    return expanded(account, price, params)


@ROUTES.get("/v1/prices/{price}")
def retrieve_price(account: Account, call: Call) -> Json:
    """One price."""
    body = account.prices.get(call.args["price"])
    if body is None:
        raise missing("price", call.args["price"], "price", 404)
    return expanded(account, body, call.params)


@ROUTES.get("/v1/prices")
def list_prices(account: Account, call: Call) -> Json:
    """Prices by product, currency, activity, lookup key or creation time."""
    params = call.params
    keys = params.get("lookup_keys")
    found = [
        body
        for body in account.prices.values()
        if created_within(body, params.get("created"))
        and all(params.get(name, body[name]) == body[name] for name in ("active", "currency", "product", "type"))
        and (keys is None or body["lookup_key"] in keys)
        and "recurring" not in params
    ]
    return expanded(account, page(found, params, "/v1/prices"), params)


def _product_of(account: Account, params: Json) -> str:
    if "product" in params and "product_data" in params:
        raise exclusive("product", "product_data")
    if "product" in params:
        product_id: str = params["product"]
        if product_id not in account.products:
            raise missing("product", product_id, "product")
        return product_id
    if "product_data" not in params:
        raise required("product")
    product = objects.product(params["product_data"], account.now())
    account.products[product["id"]] = product
    made: str = product["id"]
    return made
