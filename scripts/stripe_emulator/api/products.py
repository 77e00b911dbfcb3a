"""Products over the API."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.api.pricing import check_price
from scripts.stripe_emulator.errors import Json, invalid, missing, not_emulated
from scripts.stripe_emulator.http.routing import Call, Routes
from scripts.stripe_emulator.objects.catalog import price as price_object
from scripts.stripe_emulator.objects.catalog import product as product_object
from scripts.stripe_emulator.validation import check_metadata, merged_metadata

ROUTES = Routes()
_UNSET = ("description", "images", "marketing_features", "package_dimensions", "tax_code", "unit_label", "url")
_PLAIN = ("active", "name", "shippable", "statement_descriptor", *_UNSET)


@ROUTES.post("/v1/products")
def create(account: Account, call: Call) -> Json:
    """A product, with a price at once if default_price_data is given."""
    params = call.params
    check_metadata(params.get("metadata"), "metadata")
    if params.get("id") in account.products:
        raise invalid("Product already exists.", "id", "resource_already_exists")
    if "default_price_data" in params:
        check_price(params["default_price_data"], "default_price_data")
    body = product_object(params, account.now())
    account.products[body["id"]] = body
    if "default_price_data" in params:
        price = price_object(params["default_price_data"], body["id"], account.now())
        account.prices[price["id"]] = price
        body["default_price"] = price["id"]
    return expanded(account, body, params)


@ROUTES.get("/v1/products/{id}")
def retrieve(account: Account, call: Call) -> Json:
    """One product."""
    return expanded(account, _find(account, call), call.params)


@ROUTES.post("/v1/products/{id}")
def update(account: Account, call: Call) -> Json:
    """Change what is given, such as the default price."""
    body, params = _find(account, call), call.params
    if "tax_details" in params:
        raise not_emulated("`tax_details`", "tax_details")
    check_metadata(params.get("metadata"), "metadata")
    if "default_price" in params:
        price = account.prices.get(params["default_price"])
        if price is None or price["product"] != body["id"]:
            raise missing("price", params["default_price"], "default_price")
        body["default_price"] = price["id"]
    empty: Json = {name: [] if name in ("images", "marketing_features") else None for name in _UNSET}
    body |= {name: empty[name] if params[name] == "" else params[name] for name in _PLAIN if name in params}
    body["metadata"] = merged_metadata(body["metadata"], params.get("metadata", {}))
    body["updated"] = account.now()
    return expanded(account, body, params)


@ROUTES.get("/v1/products")
def list_products(account: Account, call: Call) -> Json:
    """Products by id, activity, type, URL or creation time."""
    params = call.params
    ids = params.get("ids")
    found = [
        body
        for body in account.products.values()
        if created_within(body, params.get("created"))
        and (ids is None or body["id"] in ids)
        and all(params.get(name, body[name]) == body[name] for name in ("active", "shippable", "type", "url"))
    ]
    return expanded(account, page(found, params, "/v1/products"), params)


def _find(account: Account, call: Call) -> Json:
    body = account.products.get(call.args["id"])
    if body is None:
        raise missing("product", call.args["id"], "id", 404)
    return body
