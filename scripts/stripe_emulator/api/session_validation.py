"""The rules between the parameters of a new Checkout Session, each of which is well formed by itself."""

import re

from scripts.stripe_emulator.errors import Json, StripeError, exclusive, invalid, not_emulated, required
from scripts.stripe_emulator.validation import check_email, check_metadata, check_url

_SHORTEST, _LONGEST = 30 * 60, 24 * 3600
_SUFFIX = 22
# Parameters that change the amount or the form in ways that the emulator does not support.
_UNSUPPORTED = frozenset(
    {
        "after_expiration",
        "branding_settings",
        "consent_collection",
        "custom_fields",
        "customer_account",
        "name_collection",
        "optional_items",
        "payment_method_configuration",
        "payment_method_data",
        "permissions",
        "saved_payment_method_options",
        "setup_intent_data",
        "shipping_address_collection",
        "shipping_options",
        "subscription_data",
    }
)
_SWITCHES = (
    "automatic_tax",
    "invoice_creation",
    "managed_payments",
    "phone_number_collection",
    "tax_id_collection",
)


def check(params: Json, now: int, *, local_urls_only: bool) -> None:
    """Raises StripeError for the first rule that the request breaks."""
    _check_supported(params)
    _check_mode(params)
    _check_exclusions(params)
    _check_urls(params, local_urls_only=local_urls_only)
    _check_expiry(params, now)
    _check_buyer(params)
    check_metadata(params.get("metadata"), "metadata")
    for number, item in enumerate(params.get("line_items", [])):
        check_metadata(item.get("metadata"), f"line_items[{number}][metadata]")
    _check_intent_data(params.get("payment_intent_data", {}))


def _check_supported(params: Json) -> None:
    for name in sorted(_UNSUPPORTED & params.keys()):
        raise not_emulated(f"`{name}`", name)
    for name in _SWITCHES:
        if params.get(name, {}).get("enabled"):
            raise not_emulated(f"`{name}`", f"{name}[enabled]")


def _check_mode(params: Json) -> None:
    if "mode" not in params:
        raise required("mode")
    if params["mode"] != "payment":
        raise not_emulated(f"mode `{params['mode']}`", "mode")
    if _ui_mode(params) not in ("embedded_page", "hosted_page"):
        raise not_emulated(f"ui_mode `{_ui_mode(params)}`", "ui_mode")
    if params.get("payment_method_collection") == "always":
        text = "`payment_method_collection` can only be set to `always` in `subscription` mode."
        raise invalid(text, "payment_method_collection")


def _check_exclusions(params: Json) -> None:
    # Even `allow_promotion_codes=false` excludes discounts.
    pairs = (
        ("allow_promotion_codes", "discounts"),
        ("customer", "customer_email"),
        ("customer", "customer_creation"),
        ("allowed_payment_method_types", "excluded_payment_method_types"),
    )
    for one, other in pairs:
        if one in params and other in params:
            raise exclusive(one, other)
    for discount in params.get("discounts", []):
        if "coupon" in discount and "promotion_code" in discount:
            raise exclusive("coupon", "promotion_code")


def _check_urls(params: Json, *, local_urls_only: bool) -> None:
    rules = _embedded_urls if _ui_mode(params) == "embedded_page" else _hosted_urls
    rules(params)
    for name in ("return_url", "success_url", "cancel_url"):
        if name in params:
            check_url(params[name], name, local_only=local_urls_only)


def _embedded_urls(params: Json) -> None:
    for name in ("success_url", "cancel_url"):
        if name in params:
            raise invalid(f"`{name}` is not allowed when `ui_mode` is `embedded_page`. Use `return_url`.", name)
    stays = params.get("redirect_on_completion") == "never"
    if stays and "return_url" in params:
        raise invalid("`return_url` is not allowed when `redirect_on_completion` is `never`.", "return_url")
    if not stays and "return_url" not in params:
        raise required("return_url")


def _hosted_urls(params: Json) -> None:
    for name in ("return_url", "redirect_on_completion"):
        if name in params:
            raise invalid(f"`{name}` is only allowed when `ui_mode` is `embedded_page` or `elements`.", name)
    if "success_url" not in params:
        raise required("success_url")


def _check_expiry(params: Json, now: int) -> None:
    if "expires_at" not in params:
        return
    left = params["expires_at"] - now
    if left < _SHORTEST:
        raise _expiry("The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.")
    if left > _LONGEST:
        raise _expiry("The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.")


def _expiry(text: str) -> StripeError:
    return invalid(text, "expires_at")


def _check_buyer(params: Json) -> None:
    if "customer_email" in params:
        check_email(params["customer_email"], "customer_email")
    if "customer_update" in params and "customer" not in params:
        raise invalid("`customer_update` can only be used with `customer`.", "customer_update")


def _check_intent_data(data: Json) -> None:
    check_metadata(data.get("metadata"), "payment_intent_data[metadata]")
    for name in ("application_fee_amount", "on_behalf_of", "transfer_data", "shipping"):
        if name in data:
            raise not_emulated(f"`payment_intent_data[{name}]`", f"payment_intent_data[{name}]")
    if data.get("capture_method") == "manual":
        raise not_emulated("manual capture", "payment_intent_data[capture_method]")
    if "statement_descriptor" in data:
        text = (
            "The `statement_descriptor` parameter is not supported for PaymentIntents with a payment method type of "
            "`card`. Use the `statement_descriptor_suffix` parameter to customize the statement descriptor."
        )
        raise invalid(text, "payment_intent_data[statement_descriptor]")
    suffix = data.get("statement_descriptor_suffix", "A")
    if len(suffix) > _SUFFIX or re.search(r"[<>\\\"'*]", suffix) or not re.search(r"[A-Za-z]", suffix):
        text = "The statement descriptor suffix must have a letter, at most 22 characters, and none of < > \\ \" ' *."
        raise invalid(text, "payment_intent_data[statement_descriptor_suffix]")


def _ui_mode(params: Json) -> str:
    mode: str = params.get("ui_mode", "hosted_page")
    return mode
