"""The parameters of our requests to Stripe.

Every value is derived from what is stored and from the buyer's e-mail address, so that a repeated request has
the same parameters: under the same idempotency key, Stripe refuses any others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from adapters.stripe import metadata
from adapters.stripe.limits import LIMITS
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession
from domain.students import Student

if TYPE_CHECKING:
    from stripe.params import CouponCreateParams, PaymentIntentRetrieveParams, RefundCreateParams
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsLineItem,
        SessionRetrieveParams,
    )

_UI_MODES: dict[str, Literal["embedded_page", "hosted_page"]] = {"embedded": "embedded_page", "hosted": "hosted_page"}

_SKEW = 300  # seconds that Stripe's clock may differ from ours
PAGE = 100
"""The most objects that Stripe gives in one page."""

_CHECKOUT_ID = "{CHECKOUT_SESSION_ID}"


def checkout_params(
    session: PaymentSession, buyer: Student, *, customer_id: str | None, stage: str
) -> SessionCreateParams:
    """The Checkout Session of a payment session, for an existing customer or, if ``customer_id`` is None, a new one."""
    known = metadata.of_session(session, stage)
    params: SessionCreateParams = {
        "mode": "payment",
        "ui_mode": _UI_MODES[session.ui_mode],
        "line_items": [_line_item(session)],
        "client_reference_id": session.payment_session_id,
        "metadata": known,
        # Stripe does not copy a session's metadata to its PaymentIntent, whose events carry no other id of ours.
        "payment_intent_data": {"metadata": known},
        "expires_at": int(session.expires_at.timestamp()),
        # Presenting the price in the buyer's local currency would change the agreed amount.
        "adaptive_pricing": {"enabled": False},
    }
    _add_urls(params, session)
    _add_buyer(params, buyer, customer_id)
    if session.quote.discount:
        params["discounts"] = [{"coupon": session.payment_session_id}]
    return params


def coupon_params(session: PaymentSession) -> CouponCreateParams:
    """A Stripe coupon for this session's discount, to be used once. The school's coupons are counted here only."""
    params: CouponCreateParams = {
        "id": session.payment_session_id,
        "amount_off": session.quote.discount,
        "currency": session.quote.list_price.currency,
        "duration": "once",
        "max_redemptions": 1,
    }
    if session.coupon:
        params["name"] = session.coupon.code
    return params


def search_params(session: PaymentSession) -> dict[str, Any]:
    """The Checkout Sessions created when this one can have been; Stripe cannot search by our id."""
    latest = int((session.expires_at - LIMITS.shortest_checkout).timestamp())
    return {"created": {"gte": int(session.created_at.timestamp()) - _SKEW, "lte": latest + _SKEW}}


def retrieve_params() -> SessionRetrieveParams:
    """Expands the PaymentIntent, which alone distinguishes a pending delayed payment from a failed one."""
    return {"expand": ["payment_intent"]}


def payment_params() -> PaymentIntentRetrieveParams:
    """Expands the charge, which says how much of it was refunded."""
    return {"expand": ["latest_charge"]}


def refund_params(payment_id: str, refund: Reversal, stage: str) -> RefundCreateParams:
    """A refund of part of a payment, or all of it."""
    return {
        "payment_intent": payment_id,
        "amount": refund.amount,
        "metadata": metadata.of_refund(refund, stage),
    }


def _line_item(session: PaymentSession) -> SessionCreateParamsLineItem:
    if session.provider_price_id:
        return {"price": session.provider_price_id, "quantity": 1}
    price = session.quote.list_price
    return {
        "price_data": {
            "currency": price.currency,
            "unit_amount": price.amount,
            "product_data": {"name": session.course_name},
        },
        "quantity": 1,
    }


def _add_urls(params: SessionCreateParams, session: PaymentSession) -> None:
    if session.ui_mode == "embedded":
        params["return_url"] = _with_checkout_id(session.return_url)
        params["redirect_on_completion"] = "always"
        return
    params["success_url"] = _with_checkout_id(session.return_url)
    if session.cancel_url:
        params["cancel_url"] = session.cancel_url


def _with_checkout_id(url: str) -> str:
    """The return URL with the placeholder that Stripe replaces with the id of the Checkout Session."""
    if _CHECKOUT_ID in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}session_id={_CHECKOUT_ID}"


def _add_buyer(params: SessionCreateParams, buyer: Student, customer_id: str | None) -> None:
    # Stripe accepts either a customer or an e-mail address, and ``customer_creation`` only without a customer.
    if customer_id:
        params["customer"] = customer_id
        return
    params["customer_creation"] = "always"
    if buyer.email:
        params["customer_email"] = buyer.email
