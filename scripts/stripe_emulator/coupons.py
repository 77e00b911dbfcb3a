"""Coupons over the API."""

from scripts.stripe_emulator import objects
from scripts.stripe_emulator.errors import Json, exclusive, invalid, missing, not_emulated, required
from scripts.stripe_emulator.expand import expanded
from scripts.stripe_emulator.listing import created_within, page
from scripts.stripe_emulator.router import Call, routes
from scripts.stripe_emulator.session_rules import check_metadata
from scripts.stripe_emulator.world import World

ROUTES = routes()
_NAME = 40
_ALL = 100


@ROUTES.post("/v1/coupons")
def create(world: World, call: Call) -> Json:
    """A coupon: a percentage, or an amount of one currency."""
    params = call.params
    _check(params, world.now())
    if params.get("id") in world.coupons:
        raise invalid("Coupon already exists.", "id", "resource_already_exists")
    body = objects.coupon(params, world.now())
    world.coupons[body["id"]] = body
    return expanded(world, body, params)


@ROUTES.get("/v1/coupons/{coupon}")
def retrieve(world: World, call: Call) -> Json:
    """One coupon, saying whether it can still be used."""
    return expanded(world, _find(world, call.args["coupon"], "coupon", 404), call.params)


@ROUTES.post("/v1/coupons/{coupon}")
def update(world: World, call: Call) -> Json:
    """Change a coupon's name or metadata; what it is worth never changes."""
    body = _find(world, call.args["coupon"], "coupon", 404)
    if "currency_options" in call.params:
        raise not_emulated("`currency_options`", "currency_options")
    metadata = call.params.get("metadata", {})
    check_metadata(metadata, "metadata")
    body["metadata"] = {k: v for k, v in (body["metadata"] | metadata).items() if v} if metadata != "" else {}
    body["name"] = call.params.get("name", body["name"])
    return expanded(world, body, call.params)


@ROUTES.delete("/v1/coupons/{coupon}")
def delete(world: World, call: Call) -> Json:
    """Remove a coupon; sessions that have it keep their discount."""
    _find(world, call.args["coupon"], "coupon", 404)
    del world.coupons[call.args["coupon"]]
    return objects.deleted("coupon", call.args["coupon"])


@ROUTES.get("/v1/coupons")
def list_coupons(world: World, call: Call) -> Json:
    """Coupons by creation time."""
    found = [_current(world, body) for body in world.coupons.values()]
    wanted = [body for body in found if created_within(body, call.params.get("created"))]
    return expanded(world, page(wanted, call.params, "/v1/coupons"), call.params)


def redeemable(world: World, coupon_id: str, param: str) -> Json:
    """The coupon of that id. Raises StripeError when there is none, or it is expired or used up."""
    coupon = _find(world, coupon_id, param, 400)
    if not coupon["valid"]:
        raise invalid(f"Coupon expired: {coupon_id}", param, "coupon_expired")
    return coupon


def _find(world: World, coupon_id: str, param: str, status: int) -> Json:
    coupon = world.coupons.get(coupon_id)
    if coupon is None:
        raise missing("coupon", coupon_id, param, status)
    return _current(world, coupon)


def _current(world: World, coupon: Json) -> Json:
    used_up = coupon["max_redemptions"] is not None and coupon["times_redeemed"] >= coupon["max_redemptions"]
    over = coupon["redeem_by"] is not None and coupon["redeem_by"] <= world.now()
    coupon["valid"] = not (used_up or over)
    return coupon


def _check(params: Json, now: int) -> None:
    if "currency_options" in params:
        raise not_emulated("`currency_options`", "currency_options")
    if params.get("duration", "once") == "repeating" and "duration_in_months" not in params:
        raise required("duration_in_months")
    _check_worth(params)
    if len(params.get("name", "")) > _NAME:
        raise invalid(f"Invalid string: {params['name'][:8]}...; must be at most {_NAME} characters", "name")
    if params.get("max_redemptions", 1) < 1:
        text = "This value must be greater than or equal to 1."
        raise invalid(text, "max_redemptions", "parameter_invalid_integer")
    if params.get("redeem_by", now + 1) <= now:
        raise invalid("redeem_by must be in the future.", "redeem_by")
    check_metadata(params.get("metadata"), "metadata")


def _check_worth(params: Json) -> None:
    if "percent_off" in params and "amount_off" in params:
        raise exclusive("percent_off", "amount_off")
    if "percent_off" not in params and "amount_off" not in params:
        raise required("percent_off")
    if not 0 < params.get("percent_off", 1) <= _ALL:
        raise invalid("Invalid percent_off; must be greater than 0 and at most 100.", "percent_off")
    if params.get("amount_off", 1) < 1:
        raise invalid("Invalid positive integer", "amount_off", "parameter_invalid_integer")
    if "amount_off" in params and "currency" not in params:
        raise required("currency")
