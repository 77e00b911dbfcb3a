"""Checkout Sessions over the API: create, read, list, update, expire."""

from scripts.stripe_emulator import session_objects
from scripts.stripe_emulator.coupons import redeemable
from scripts.stripe_emulator.errors import Json, StripeError, exclusive, invalid, missing
from scripts.stripe_emulator.events import emit
from scripts.stripe_emulator.expand import expanded
from scripts.stripe_emulator.ids import token
from scripts.stripe_emulator.lifecycle import close
from scripts.stripe_emulator.listing import created_within, page
from scripts.stripe_emulator.payment_objects import debit_type
from scripts.stripe_emulator.pricing import apply_coupon, check_total, line_items
from scripts.stripe_emulator.router import Call, routes
from scripts.stripe_emulator.session_rules import check, check_metadata
from scripts.stripe_emulator.world import Checkout, World

ROUTES = routes()
_METADATA = 50


@ROUTES.post("/v1/checkout/sessions")
def create(world: World, call: Call) -> Json:
    """Open a session. Nothing is charged and no PaymentIntent exists until the buyer confirms."""
    params, now = call.params, world.now()
    check(params, now, local_urls_only=world.check_origins)
    customer = _customer(world, params)
    coupon = _coupon(world, params)
    lines = line_items(world, params)
    amounts = apply_coupon(lines, coupon)
    check_total(amounts)
    body = session_objects.checkout_session(params, amounts, now)
    body["payment_method_types"] = _method_types(params, amounts.currency)
    email = customer["email"] if customer else params.get("customer_email")
    body["customer_details"] = session_objects.customer_details(email) if email else None
    if coupon:
        body["discounts"] = [{"coupon": coupon["id"], "promotion_code": None}]
    proof = body["client_secret"] or f"{body['id']}_secret_fid{token(64)}"
    if body["ui_mode"] == "hosted_page":
        body["url"] = f"{world.url()}/c/pay/{body['id']}#{proof}"
    checkout = Checkout(
        body=body,
        items=lines,
        coupon=coupon["id"] if coupon else None,
        token=proof,
        intent_data=params.get("payment_intent_data", {}),
    )
    world.checkouts[body["id"]] = checkout
    try:
        shown = expanded(world, body, params)
    except StripeError:
        del world.checkouts[body["id"]]
        raise
    world.live[body["id"]] = checkout
    return shown


@ROUTES.get("/v1/checkout/sessions/{session}")
def retrieve(world: World, call: Call) -> Json:
    """One session, of any age."""
    return expanded(world, _find(world, call).body, call.params)


@ROUTES.post("/v1/checkout/sessions/{session}")
def update(world: World, call: Call) -> Json:
    """Change metadata: given keys are set, empty ones removed."""
    body = _find(world, call).body
    if set(call.params) - {"metadata", "expand"}:
        raise invalid("The Stripe emulator updates `metadata` only.")
    metadata = call.params.get("metadata", {})
    check_metadata(metadata, "metadata")
    body["metadata"] = merged(body["metadata"], metadata)
    return expanded(world, body, call.params)


@ROUTES.post("/v1/checkout/sessions/{session}/expire")
def expire(world: World, call: Call) -> Json:
    """Close an open session for good. A complete or expired one is refused."""
    checkout = _find(world, call)
    status = checkout.body["status"]
    if status != "open":
        text = (
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{status}`."
        )
        raise invalid(text)
    close(world, checkout, lambda kind, subject: emit(world, kind, subject, call, checkout.event_overrides))
    return expanded(world, checkout.body, call.params)


@ROUTES.get("/v1/checkout/sessions")
def list_sessions(world: World, call: Call) -> Json:
    """Sessions by creation time, customer, payment intent, status or e-mail; never by metadata."""
    params = call.params
    found = [checkout.body for checkout in world.checkouts.values() if _wanted(checkout.body, params)]
    return expanded(world, page(found, params, "/v1/checkout/sessions"), params)


@ROUTES.get("/v1/checkout/sessions/{session}/line_items")
def list_line_items(world: World, call: Call) -> Json:
    """What is being bought."""
    checkout = _find(world, call)
    url = f"/v1/checkout/sessions/{checkout.body['id']}/line_items"
    return expanded(world, page(checkout.items[::-1], call.params, url), call.params)


def merged(old: Json, new: Json | str) -> Json:
    """Metadata after an update: an empty value removes its key, an empty string all of them."""
    if isinstance(new, str):
        return {}
    together = {key: value for key, value in (old | new).items() if value != ""}
    if len(together) > _METADATA:
        raise invalid(f"You can have at most {_METADATA} keys in metadata", "metadata")
    return together


def _find(world: World, call: Call) -> Checkout:
    session_id = call.args["session"]
    checkout = world.checkouts.get(session_id)
    if checkout is None:
        raise missing("checkout.session", session_id, "session", 404)
    return checkout


def _customer(world: World, params: Json) -> Json | None:
    if "customer" not in params:
        return None
    customer = world.customers.get(params["customer"])
    if customer is None or customer.get("deleted"):
        raise missing("customer", params["customer"], "customer")
    return customer


def _coupon(world: World, params: Json) -> Json | None:
    for discount in params.get("discounts", []):
        if "promotion_code" in discount:
            raise missing("promotion code", discount["promotion_code"], "discounts[0][promotion_code]")
        if "coupon" in discount:
            return redeemable(world, discount["coupon"], "discounts[0][coupon]")
    return None


def _method_types(params: Json, currency: str) -> list[str]:
    """The methods that are eligible, after the request's filters. Raises StripeError when none is left."""
    debit = debit_type(currency)
    eligible = ["card", "link", *([debit] if debit else [])]
    allowed = params.get("allowed_payment_method_types", eligible)
    excluded = params.get("excluded_payment_method_types", [])
    left = [kind for kind in eligible if kind in allowed and kind not in excluded]
    if not left:
        raise invalid("No valid payment method types for this Checkout Session.")
    return left


def _wanted(body: Json, params: Json) -> bool:
    if "customer" in params and "payment_intent" in params:
        raise exclusive("customer", "payment_intent")
    email = params.get("customer_details", {}).get("email")
    return (
        created_within(body, params.get("created"))
        and all(params.get(name, body[name]) == body[name] for name in ("customer", "payment_intent", "status"))
        and not params.keys() & {"payment_link", "subscription", "customer_account"}
        and (email is None or (body["customer_details"] or {}).get("email") == email)
    )
