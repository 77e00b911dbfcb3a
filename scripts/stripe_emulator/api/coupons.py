"""Coupons over the API."""

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.currencies import check_currency
from scripts.stripe_emulator.errors import Json, exclusive, invalid, missing, not_emulated, required
from scripts.stripe_emulator.http.routing import Call, Routes
from scripts.stripe_emulator.objects.coupon import coupon as coupon_object
from scripts.stripe_emulator.objects.deleted import deleted
from scripts.stripe_emulator.validation import check_metadata

ROUTES = Routes()
_NAME = 40
_ALL = 100


@ROUTES.post("/v1/coupons")
def create(account: Account, call: Call) -> Json:
    """A coupon: a percentage, or an amount of one currency."""
    params = call.params
    _check(params, account.now())
    if params.get("id") in account.coupons:
        raise invalid("Coupon already exists.", "id", "resource_already_exists")
    body = coupon_object(params, account.now())
    account.coupons[body["id"]] = body
    return expanded(account, body, params)


@ROUTES.get("/v1/coupons/{coupon}")
def retrieve(account: Account, call: Call) -> Json:
    """One coupon, saying whether it can still be used."""
    return expanded(account, _find(account, call.args["coupon"], "coupon", 404), call.params)


@ROUTES.post("/v1/coupons/{coupon}")
def update(account: Account, call: Call) -> Json:
    """Change a coupon's name or metadata; what it is worth never changes."""
    body = _find(account, call.args["coupon"], "coupon", 404)
    if "currency_options" in call.params:
        raise not_emulated("`currency_options`", "currency_options")
    metadata = call.params.get("metadata", {})
    check_metadata(metadata, "metadata")
    body["metadata"] = {k: v for k, v in (body["metadata"] | metadata).items() if v} if metadata != "" else {}
    body["name"] = call.params.get("name", body["name"])
    return expanded(account, body, call.params)


@ROUTES.delete("/v1/coupons/{coupon}")
def delete(account: Account, call: Call) -> Json:
    """Remove a coupon; sessions that have it keep their discount."""
    _find(account, call.args["coupon"], "coupon", 404)
    del account.coupons[call.args["coupon"]]
    return deleted("coupon", call.args["coupon"])


@ROUTES.get("/v1/coupons")
def list_coupons(account: Account, call: Call) -> Json:
    """Coupons by creation time."""
    found = [_current(account, body) for body in account.coupons.values()]
    wanted = [body for body in found if created_within(body, call.params.get("created"))]
    return expanded(account, page(wanted, call.params, "/v1/coupons"), call.params)


def redeemable(account: Account, coupon_id: str, param: str) -> Json:
    """The coupon of that id. Raises StripeError when there is none, or it is expired or used up."""
    coupon = _find(account, coupon_id, param, 400)
    if not coupon["valid"]:
        raise invalid(f"Coupon expired: {coupon_id}", param, "coupon_expired")
    return coupon


def _find(account: Account, coupon_id: str, param: str, status: int) -> Json:
    coupon = account.coupons.get(coupon_id)
    if coupon is None:
        raise missing("coupon", coupon_id, param, status)
    return _current(account, coupon)


def _current(account: Account, coupon: Json) -> Json:
    used_up = coupon["max_redemptions"] is not None and coupon["times_redeemed"] >= coupon["max_redemptions"]
    over = coupon["redeem_by"] is not None and coupon["redeem_by"] <= account.now()
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
    if "currency" in params:
        check_currency(params["currency"])
