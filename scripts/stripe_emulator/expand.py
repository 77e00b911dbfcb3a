"""The `expand` parameter: ids replaced by the objects they name, along dotted paths."""

from collections.abc import Callable
from typing import Any

from scripts.stripe_emulator.errors import Json, invalid
from scripts.stripe_emulator.session_objects import discount
from scripts.stripe_emulator.world import World

_TABLES: dict[str, Callable[[World], dict[str, Json]]] = {
    "charge": lambda world: world.charges,
    "coupon": lambda world: world.coupons,
    "customer": lambda world: world.customers,
    "default_price": lambda world: world.prices,
    "latest_charge": lambda world: world.charges,
    "payment_intent": lambda world: world.intents,
    "product": lambda world: world.products,
}
_PLAIN = frozenset({"data", "price", "source", "discounts", "discount", "breakdown", "total_details"})
_DEEPEST = 4
_PAGE = 10


def expanded(world: World, body: Json, params: Json) -> Json:
    """A copy of `body` with what `params["expand"]` asks for. Raises StripeError for what cannot be expanded."""
    for path in params.get("expand", []):
        steps = path.split(".")
        if len(steps) - (steps[0] == "data") > _DEEPEST:
            raise invalid(f"You cannot expand more than {_DEEPEST} levels of a property ({path}).", "expand")
        body = _expand(world, body, steps, path)
    return body


def _expand(world: World, value: Any, steps: list[str], path: str) -> Any:
    if not steps or value is None:
        return value
    if isinstance(value, list):
        return [_expand(world, item, steps, path) for item in value]
    name, rest = steps[0], steps[1:]
    found = _child(world, value, name, path)
    return value | {name: _expand(world, found, rest, path)}


def _child(world: World, value: Any, name: str, path: str) -> Any:
    if not isinstance(value, dict):
        raise _refused(path)
    checkout = world.checkouts.get(value.get("id", "")) if value.get("object") == "checkout.session" else None
    if checkout and name == "line_items":
        url = f"/v1/checkout/sessions/{value['id']}/line_items"
        return {"object": "list", "data": checkout.items[:_PAGE], "has_more": len(checkout.items) > _PAGE, "url": url}
    if checkout and name == "total_details":
        return value[name] | {"breakdown": _breakdown(world, value, checkout.coupon)}
    if name not in value or not (name in _TABLES or name in _PLAIN):
        raise _refused(path)
    inner = value[name]
    return _TABLES[name](world).get(inner, inner) if isinstance(inner, str) and name in _TABLES else inner


def _breakdown(world: World, session: Json, coupon_id: str | None) -> Json:
    coupon = world.coupons.get(coupon_id or "", {"id": coupon_id})
    amount = session["total_details"]["amount_discount"]
    found = [{"amount": amount, "discount": discount(session, coupon)}] if coupon_id else []
    return {"discounts": found, "taxes": []}


def _refused(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", "expand")
