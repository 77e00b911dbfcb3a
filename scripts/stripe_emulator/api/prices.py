"""Prices over the API."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.api.pricing import check_price
from scripts.stripe_emulator.errors import Json, exclusive, invalid, missing, not_emulated, required
from scripts.stripe_emulator.http.routing import Call, Routes
from scripts.stripe_emulator.objects.catalog import price as price_object
from scripts.stripe_emulator.objects.catalog import product as product_object
from scripts.stripe_emulator.validation import check_metadata, merged_metadata

ROUTES = Routes()
_UNSUPPORTED = ("currency_options", "custom_unit_amount", "tiers", "tiers_mode", "transform_quantity", "recurring")


@ROUTES.post("/v1/prices")
def create(account: Account, call: Call) -> Json:
    """A one-time price of a product, old or new. Its amount never changes: a new amount is a new price."""
    params = call.params
    for name in _UNSUPPORTED:
        if name in params:
            raise not_emulated(f"`{name}`", name)
    check_metadata(params.get("metadata"), "metadata")
    check_price(params, "")
    product_id = _product_of(account, params)
    _take_lookup_key(account, params)
    body = price_object(params, product_id, account.now())
    account.prices[body["id"]] = body
    return expanded(account, body, params)


@ROUTES.get("/v1/prices/{price}")
def retrieve(account: Account, call: Call) -> Json:
    """One price."""
    return expanded(account, _find(account, call), call.params)


@ROUTES.post("/v1/prices/{price}")
def update(account: Account, call: Call) -> Json:
    """Change whether it can be sold, its names and metadata; never its amount."""
    body, params = _find(account, call), call.params
    if "currency_options" in params:
        raise not_emulated("`currency_options`", "currency_options")
    check_metadata(params.get("metadata"), "metadata")
    _take_lookup_key(account, params, body["id"])
    body |= {name: params[name] for name in ("active", "lookup_key", "nickname", "tax_behavior") if name in params}
    body["metadata"] = merged_metadata(body["metadata"], params.get("metadata", {}))
    return expanded(account, body, params)


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


def _find(account: Account, call: Call) -> Json:
    body = account.prices.get(call.args["price"])
    if body is None:
        raise missing("price", call.args["price"], "price", 404)
    return body


def _take_lookup_key(account: Account, params: Json, own_id: str | None = None) -> None:
    """A lookup key belongs to one price; `transfer_lookup_key` takes it from the one that has it."""
    key = params.get("lookup_key")
    for other in account.prices.values():
        if key is not None and other["lookup_key"] == key and other["id"] != own_id:
            if not params.get("transfer_lookup_key"):
                raise invalid(f"A price (`{other['id']}`) already uses that lookup key.", "lookup_key")
            other["lookup_key"] = None


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
    product = product_object(params["product_data"], account.now())
    account.products[product["id"]] = product
    made: str = product["id"]
    return made
