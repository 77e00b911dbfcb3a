"""Checkout Sessions over the API: create, read, list, update, expire."""

from scripts.stripe_emulator.account import Account, Checkout
from scripts.stripe_emulator.api.coupons import redeemable
from scripts.stripe_emulator.api.expansion import expanded
from scripts.stripe_emulator.api.pagination import created_within, page
from scripts.stripe_emulator.api.pricing import apply_coupon, check_total, line_items
from scripts.stripe_emulator.api.session_validation import check
from scripts.stripe_emulator.checkout.lifecycle import close
from scripts.stripe_emulator.errors import Json, StripeError, exclusive, invalid, missing, not_emulated
from scripts.stripe_emulator.http.routing import Call, Routes
from scripts.stripe_emulator.ids import token
from scripts.stripe_emulator.objects import checkout_session as session_objects
from scripts.stripe_emulator.objects.charge import debit_type
from scripts.stripe_emulator.validation import check_metadata, merged_metadata
from scripts.stripe_emulator.webhooks.events import emit

ROUTES = Routes()


@ROUTES.post("/v1/checkout/sessions")
def create(account: Account, call: Call) -> Json:
    """Open a session. Nothing is charged and no PaymentIntent exists until the buyer confirms."""
    params, now = call.params, account.now()
    check(params, now, local_urls_only=account.check_origins)
    customer = _customer(account, params)
    coupon = _coupon(account, params)
    lines = line_items(account, params)
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
        body["url"] = f"{account.url()}/c/pay/{body['id']}#{proof}"
    checkout = Checkout(
        body=body,
        items=lines,
        coupon=coupon["id"] if coupon else None,
        token=proof,
        intent_data=params.get("payment_intent_data", {}),
    )
    account.checkouts[body["id"]] = checkout
    try:
        shown = expanded(account, body, params)
    except StripeError:
        del account.checkouts[body["id"]]
        raise
    account.live[body["id"]] = checkout
    return shown


@ROUTES.get("/v1/checkout/sessions/{session}")
def retrieve(account: Account, call: Call) -> Json:
    """One session, of any age."""
    return expanded(account, _find(account, call).body, call.params)


@ROUTES.post("/v1/checkout/sessions/{session}")
def update(account: Account, call: Call) -> Json:
    """Change metadata: given keys are set, empty ones removed."""
    body = _find(account, call).body
    if set(call.params) - {"metadata", "expand"}:
        raise not_emulated("updating anything but `metadata` of a Checkout Session")
    metadata = call.params.get("metadata", {})
    check_metadata(metadata, "metadata")
    body["metadata"] = merged_metadata(body["metadata"], metadata)
    return expanded(account, body, call.params)


@ROUTES.post("/v1/checkout/sessions/{session}/expire")
def expire(account: Account, call: Call) -> Json:
    """Close an open session for good. A complete or expired one is refused."""
    checkout = _find(account, call)
    status = checkout.body["status"]
    if status != "open":
        text = (
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{status}`."
        )
        raise invalid(text)
    close(account, checkout, lambda kind, subject: emit(account, kind, subject, call, checkout.event_overrides))
    return expanded(account, checkout.body, call.params)


@ROUTES.get("/v1/checkout/sessions")
def list_sessions(account: Account, call: Call) -> Json:
    """Sessions by creation time, customer, payment intent, status or e-mail; never by metadata."""
    params = call.params
    found = [checkout.body for checkout in account.checkouts.values() if _wanted(checkout.body, params)]
    return expanded(account, page(found, params, "/v1/checkout/sessions"), params)


@ROUTES.get("/v1/checkout/sessions/{session}/line_items")
def list_line_items(account: Account, call: Call) -> Json:
    """What is being bought."""
    checkout = _find(account, call)
    url = f"/v1/checkout/sessions/{checkout.body['id']}/line_items"
    return expanded(account, page(checkout.items[::-1], call.params, url), call.params)


def _find(account: Account, call: Call) -> Checkout:
    session_id = call.args["session"]
    checkout = account.checkouts.get(session_id)
    if checkout is None:
        raise missing("checkout.session", session_id, "session", 404)
    return checkout


def _customer(account: Account, params: Json) -> Json | None:
    if "customer" not in params:
        return None
    customer = account.customers.get(params["customer"])
    if customer is None or customer.get("deleted"):
        raise missing("customer", params["customer"], "customer")
    return customer


def _coupon(account: Account, params: Json) -> Json | None:
    for discount in params.get("discounts", []):
        if "promotion_code" in discount:
            raise missing("promotion code", discount["promotion_code"], "discounts[0][promotion_code]")
        if "coupon" in discount:
            return redeemable(account, discount["coupon"], "discounts[0][coupon]")
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
