"""What the buyer's browser loads: stripe.js, the checkout form, and the calls that the form makes."""

import hmac
import json
import re
from collections.abc import Callable
from pathlib import Path

from attrs import define, field
from werkzeug.wrappers import Request, Response

from scripts.stripe_emulator.account import Account, Checkout
from scripts.stripe_emulator.checkout import lifecycle, payments
from scripts.stripe_emulator.checkout.form_input import buyer_of, payment_method_of
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.http.json_response import json_response
from scripts.stripe_emulator.objects.charge import debit_type

_PAGES = Path(__file__).with_name("pages")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_FILES = {
    "/endive/stripe.js": "stripe.js",
    "/endive/checkout": "checkout.html",
    "/endive/checkout.css": "checkout.css",
    "/endive/checkout.js": "checkout.js",
    "/endive/format.js": "format.js",
}
_HOSTED = re.compile(r"/c/pay/cs_test_\w+")
_PLACEHOLDER = "{CHECKOUT_SESSION_ID}"
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'"

Action = Callable[[Checkout, Json], Json]


@define
class CheckoutPage:
    """Serves the form, embedded in another page or on its own, and takes what is typed into it."""

    account: Account
    publishable_key: str
    business_name: str
    _files: dict[str, bytes] = field(factory=dict)

    def handle(self, request: Request) -> Response | None:
        """The answer, or None when the path is not the browser's."""
        if request.method in ("GET", "HEAD"):
            hosted = bool(_HOSTED.fullmatch(request.path))
            name = "checkout.html" if hosted else _FILES.get(request.path)
            return self._file(name, framed=not hosted) if name else None
        actions: dict[str, Action] = {
            "/endive/checkout/session": self._show,
            "/endive/checkout/confirm": self._confirm,
            "/endive/checkout/challenge": self._challenge,
        }
        action = actions.get(request.path) if request.method == "POST" else None
        return self._call(request, action) if action else None

    def _file(self, name: str, *, framed: bool) -> Response:
        if name not in self._files:
            self._files[name] = (_PAGES / name).read_bytes()
        kind = _TYPES[Path(name).suffix]
        headers = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        if name.endswith(".html"):
            ancestors = "*" if framed else "'none'"
            headers |= {
                "Content-Security-Policy": f"{_POLICY}; frame-ancestors {ancestors}",
                "Referrer-Policy": "no-referrer",
            }
        return Response(self._files[name], headers=headers)

    def _call(self, request: Request, action: Action) -> Response:
        try:
            body = json.loads(request.get_data())
            secret, key = str(body["client_secret"]), body.get("key")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return json_response(400, {"error": "The form sent something unreadable."})
        with self.account.lock:
            lifecycle.tick(self.account)
            checkout = self.account.checkouts.get(secret.partition("_secret_")[0])
            if checkout is None or not hmac.compare_digest(secret.encode(), checkout.token.encode()):
                return json_response(404, {"error": "This checkout session does not exist."})
            embedded = checkout.body["ui_mode"] == "embedded_page"
            if embedded and key != self.publishable_key:
                return json_response(
                    401, {"error": "Invalid API Key provided: the publishable key is not this account's."}
                )
            return json_response(200, action(checkout, body))

    def _show(self, checkout: Checkout, _: Json) -> Json:
        body = checkout.body
        return {
            **_state(checkout),
            "business": self.business_name,
            "items": [
                {name: item[name] for name in ("description", "quantity", "amount_subtotal")} for item in checkout.items
            ],
            "subtotal": body["amount_subtotal"],
            "discount": self._discount(checkout),
            "total": body["amount_total"],
            "currency": body["currency"],
            "email": (body["customer_details"] or {}).get("email"),
            "debit": debit_type(body["currency"]) in body["payment_method_types"],
            "ui_mode": body["ui_mode"],
            "cancel_url": body["cancel_url"],
            "submit_type": body["submit_type"],
            "challenge": checkout.challenged is not None,
        }

    def _confirm(self, checkout: Checkout, given: Json) -> Json:
        buyer = buyer_of(given, checkout.body)
        method = payment_method_of(given, self.account.now()) if checkout.body["amount_total"] else None
        if isinstance(buyer, payments.Result):
            return buyer.as_json(checkout)
        return payments.pay(self.account, checkout, method, buyer).as_json(checkout) | _state(checkout)

    def _challenge(self, checkout: Checkout, given: Json) -> Json:
        answer: payments.ChallengeAnswer = "complete" if given.get("result") == "complete" else "fail"
        return payments.answer_challenge(self.account, checkout, answer).as_json(checkout) | _state(checkout)

    def _discount(self, checkout: Checkout) -> Json | None:
        if checkout.coupon is None:
            return None
        coupon = self.account.coupons.get(checkout.coupon, {"name": None})
        return {
            "name": coupon["name"] or checkout.coupon,
            "amount": checkout.body["total_details"]["amount_discount"],
        }


def _state(checkout: Checkout) -> Json:
    """Where the session stands, and where a finished one leads."""
    body = checkout.body
    done = body["status"] == "complete"
    target = body["success_url"] if body["ui_mode"] == "hosted_page" else body["return_url"]
    stays = body["ui_mode"] == "embedded_page" and body["redirect_on_completion"] != "always"
    return {
        "status": body["status"],
        "payment_status": body["payment_status"],
        "redirect_url": target.replace(_PLACEHOLDER, body["id"]) if done and not stays else None,
    }
