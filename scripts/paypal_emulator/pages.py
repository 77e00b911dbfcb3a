"""The page on which a buyer approves an order: PayPal's buttons, without PayPal."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from scripts.paypal_emulator.orders import Order

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>PayPal emulator</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem; color: #17202a }}
h1 {{ font-size: 1.3rem }} .price {{ font-size: 1.6rem; font-weight: 600 }}
button {{ display: block; width: 100%; font: inherit; padding: .8rem; margin: .6rem 0;
  border-radius: 2rem; cursor: pointer; border: 1px solid #17202a; background: #fff }}
button.pay {{ background: #ffc439; border-color: #ffc439; font-weight: 600 }}
</style></head>
<body><main>
<h1>PayPal emulator</h1>
<p>{description}</p>
<p class="price">{value} {currency}</p>
{notice}
<form method="post" action="/checkoutnow?token={order_id}">
{buttons}
</form>
</main></body></html>
"""
_BUTTONS = (
    ("ok", "Pay now", "pay"),
    ("declined", "Pay with a card that is declined", ""),
    ("pending", "Pay with an account that takes days", ""),
    ("tab", "Approve, and close the tab", ""),
    ("cancel", "Cancel and return to the school", ""),
)


def page(order: Order, notice: str = "") -> bytes:
    """The page of this order."""
    is_open = order.status != "COMPLETED"
    buttons = "".join(
        f'<button class="{style}" name="funding" value="{funding}">{label}</button>'
        for funding, label, style in _BUTTONS
        if is_open
    )
    amount = order.unit["amount"]
    return _PAGE.format(
        description=escape(order.unit.get("description", "")),
        value=escape(amount["value"]),
        currency=escape(amount["currency_code"]),
        notice=f'<p role="status">{escape(notice)}</p>' if notice else "",
        order_id=escape(order.order_id),
        buttons=buttons,
    ).encode()


def back_to(order: Order, *, cancelled: bool) -> str:
    """Where the buyer is sent back to, with the order's id."""
    address = order.experience.get("cancel_url" if cancelled else "return_url", "")
    parts = urlsplit(address)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("token", order.order_id)]
    if not cancelled:
        query.append(("PayerID", "EMULATEDPAYER"))
    return urlunsplit(parts._replace(query=urlencode(query)))
