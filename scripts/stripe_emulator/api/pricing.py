"""What a session comes to: its lines, and a coupon's discount."""

from decimal import ROUND_HALF_UP, Decimal

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.currencies import LARGEST, check_currency, in_words, smallest_charge, with_sign
from scripts.stripe_emulator.errors import Json, invalid, missing, not_emulated, required
from scripts.stripe_emulator.objects import catalog as objects
from scripts.stripe_emulator.objects import checkout_session as session_objects
from scripts.stripe_emulator.objects.checkout_session import Amounts


def line_items(account: Account, params: Json) -> list[Json]:
    """The priced lines of a create request, all of one currency. Raises StripeError."""
    if not params.get("line_items"):
        raise required("line_items")
    lines = [_line(account, item, f"line_items[{n}]") for n, item in enumerate(params["line_items"])]
    currency = str(params.get("currency", lines[0]["currency"])).lower()
    for number, line in enumerate(lines):
        if line["currency"] != currency:
            text = (
                f"The price specified only supports `{line['currency']}`. This doesn't match the expected currency: "
                f"`{currency}`."
            )
            raise invalid(text, f"line_items[{number}][price]")
    return lines


def apply_coupon(lines: list[Json], coupon: Json | None) -> Amounts:
    """The session's amounts; each line gets its share of the discount."""
    currency = lines[0]["currency"]
    subtotal = sum(line["amount_subtotal"] for line in lines)
    if coupon is None:
        return Amounts(currency=currency, subtotal=subtotal, discount=0)
    if coupon["currency"] not in (None, currency):
        text = f"The coupon {coupon['id']} is in {coupon['currency']}, which differs from the session's {currency}."
        raise invalid(text, "discounts[0][coupon]")
    only = coupon.get("applies_to", {}).get("products")
    eligible = [line for line in lines if not only or line["price"]["product"] in only]
    base = sum(line["amount_subtotal"] for line in eligible)
    off = _percent(base, coupon["percent_off"]) if coupon["percent_off"] else min(base, coupon["amount_off"])
    _spread(eligible, base, off)
    return Amounts(currency=currency, subtotal=subtotal, discount=off)


def check_total(amounts: Amounts) -> None:
    """A total is zero, or something Stripe can charge. Raises StripeError."""
    least = smallest_charge(amounts.currency)
    if 0 < amounts.total < least:
        shown = with_sign(least, amounts.currency).removesuffix(f" {amounts.currency}")
        text = f"The Checkout Session's total amount due must add up to at least {shown} {amounts.currency}"
        raise invalid(text, code="amount_too_small")
    if amounts.total > LARGEST:
        shown = in_words(LARGEST, amounts.currency)
        text = f"The Checkout Session's total amount due must be no more than {shown}"
        raise invalid(text, code="amount_too_large")


def check_price(data: Json, param: str) -> None:
    """A price has one amount, which is not negative, in a currency that Stripe knows. Raises StripeError."""
    if "unit_amount" in data and "unit_amount_decimal" in data:
        raise invalid("You may only specify one of these parameters: unit_amount, unit_amount_decimal.")
    if "unit_amount" not in data and "unit_amount_decimal" not in data:
        raise required(f"{param}[unit_amount]" if param else "unit_amount")
    if Decimal(str(data.get("unit_amount", data.get("unit_amount_decimal")))) < 0:
        name = f"{param}[unit_amount]" if param else "unit_amount"
        raise invalid("Invalid non-negative integer", name, "parameter_invalid_integer")
    check_currency(data["currency"], f"{param}[currency]" if param else "currency")


def _line(account: Account, item: Json, param: str) -> Json:
    if ("price" in item) == ("price_data" in item):
        if "price" in item:
            raise invalid("You may only specify one of these parameters: price, price_data.", param)
        raise invalid("You must specify either `price` or `price_data` when creating a Checkout Session.", param)
    if item.get("adjustable_quantity", {}).get("enabled"):
        raise not_emulated("adjustable quantities", f"{param}[adjustable_quantity]")
    quantity = item.get("quantity")
    if quantity is None:
        raise invalid(f"Quantity is required. Add `quantity` to `{param}`", param)
    if quantity < 1:
        text = "This value must be greater than or equal to 1."
        raise invalid(text, f"{param}[quantity]", "parameter_invalid_integer")
    price = (
        _known_price(account, item["price"], param) if "price" in item else _inline(account, item["price_data"], param)
    )
    amount = _round(Decimal(price["unit_amount_decimal"]) * quantity)
    name = account.products[price["product"]]["name"]
    return session_objects.line_item(price, name, quantity, amount, item.get("metadata", {}))


def _known_price(account: Account, price_id: str, param: str) -> Json:
    price = account.prices.get(price_id)
    if price is None:
        raise missing("price", price_id, f"{param}[price]")
    if not price["active"]:
        text = "The price specified is inactive. This field only accepts active prices."
        raise invalid(text, f"{param}[price]")
    return price


def _inline(account: Account, data: Json, param: str) -> Json:
    """A price made for this session only, and perhaps a product with it."""
    param += "[price_data]"
    if "recurring" in data:
        text = "You specified `payment` mode but passed a recurring price. Use only one-time prices."
        raise invalid(text, param)
    check_price(data, param)
    if ("product" in data) == ("product_data" in data):
        raise invalid("You must specify exactly one of `product` or `product_data`.", param)
    if "product" in data:
        if data["product"] not in account.products:
            raise missing("product", data["product"], f"{param}[product]")
        product_id = data["product"]
    else:
        product = objects.product(data["product_data"], account.now())
        account.products[product["id"]] = product
        product_id = product["id"]
    price = objects.price(data | {"active": False}, product_id, account.now())
    account.prices[price["id"]] = price
    return price


def _percent(base: int, percent: float) -> int:
    return _round(base * Decimal(str(percent)) / 100)


def _round(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def _spread(lines: list[Json], base: int, off: int) -> None:
    """Share the discount out in proportion; the running remainder makes the shares add up exactly."""
    done = shared = 0
    for line in lines:
        done += line["amount_subtotal"]
        share = off * done // base - shared if base else 0
        shared += share
        line["amount_discount"] = share
        line["amount_total"] = line["amount_subtotal"] - share
