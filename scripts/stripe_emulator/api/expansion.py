"""The `expand` parameter: ids replaced by the objects they name, along dotted paths."""

from collections.abc import Callable
from typing import Any

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.pagination import page
from scripts.stripe_emulator.balance.refunds import of_charge
from scripts.stripe_emulator.errors import Json, invalid
from scripts.stripe_emulator.objects.checkout_session import discount

_TABLES: dict[str, Callable[[Account], dict[str, Json]]] = {
    "balance_transaction": lambda account: account.balance_transactions,
    "charge": lambda account: account.charges,
    "coupon": lambda account: account.coupons,
    "customer": lambda account: account.customers,
    "default_price": lambda account: account.prices,
    "failure_balance_transaction": lambda account: account.balance_transactions,
    "latest_charge": lambda account: account.charges,
    "payment_intent": lambda account: account.intents,
    "product": lambda account: account.products,
}
_PLAIN = frozenset({"data", "price", "source", "discounts", "discount", "breakdown", "total_details"})
_DEEPEST = 4
_PAGE = 10


def refunds_of_charge(account: Account, charge_id: str, params: Json) -> Json:
    """One page of a charge's refunds."""
    return page(of_charge(account, charge_id), params, f"/v1/charges/{charge_id}/refunds")


def expanded(account: Account, body: Json, params: Json) -> Json:
    """A copy of `body` with what `params["expand"]` asks for. Raises StripeError for what cannot be expanded."""
    for path in params.get("expand", []):
        steps = path.split(".")
        if len(steps) - (steps[0] == "data") > _DEEPEST:
            raise invalid(f"You cannot expand more than {_DEEPEST} levels of a property ({path}).", "expand")
        body = _expand(account, body, steps, path)
    return body


def _expand(account: Account, value: Any, steps: list[str], path: str) -> Any:
    if not steps or value is None:
        return value
    if isinstance(value, list):
        return [_expand(account, item, steps, path) for item in value]
    name, rest = steps[0], steps[1:]
    found = _child(account, value, name, path)
    return value | {name: _expand(account, found, rest, path)}


def _child(account: Account, value: Any, name: str, path: str) -> Any:
    if not isinstance(value, dict):
        raise _refused(path)
    checkout = account.checkouts.get(value.get("id", "")) if value.get("object") == "checkout.session" else None
    if checkout and name == "line_items":
        url = f"/v1/checkout/sessions/{value['id']}/line_items"
        return {"object": "list", "data": checkout.items[:_PAGE], "has_more": len(checkout.items) > _PAGE, "url": url}
    if checkout and name == "total_details":
        return value[name] | {"breakdown": _breakdown(account, value, checkout.coupon)}
    if value.get("object") == "charge" and name == "refunds":
        return refunds_of_charge(account, value["id"], {})
    if value.get("object") == "balance_transaction" and name == "source":
        return _source(account, value["source"])
    if name not in value or not (name in _TABLES or name in _PLAIN):
        raise _refused(path)
    inner = value[name]
    return _TABLES[name](account).get(inner, inner) if isinstance(inner, str) and name in _TABLES else inner


def _source(account: Account, object_id: str) -> Any:
    """What a balance transaction is about: a charge, a refund or a dispute."""
    tables = (account.charges, account.refunds, account.disputes)
    return next((table[object_id] for table in tables if object_id in table), object_id)


def _breakdown(account: Account, session: Json, coupon_id: str | None) -> Json:
    coupon = account.coupons.get(coupon_id or "", {"id": coupon_id})
    amount = session["total_details"]["amount_discount"]
    found = [{"amount": amount, "discount": discount(session, coupon)}] if coupon_id else []
    return {"discounts": found, "taxes": []}


def _refused(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", "expand")
