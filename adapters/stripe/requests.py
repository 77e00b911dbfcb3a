"""What our requests to Stripe say.

Every value derives from the stored payment session and the buyer's address, so that a repeated request is the same
request: with the same idempotency key, Stripe refuses anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from adapters.stripe.translation import metadata_of
from domain.payments.session import PaymentSession
from domain.students import Student

if TYPE_CHECKING:
    from stripe.params import CouponCreateParams
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsLineItem,
        SessionListParams,
        SessionRetrieveParams,
    )

_UI_MODES: dict[str, Literal["embedded_page", "hosted_page"]] = {"embedded": "embedded_page", "hosted": "hosted_page"}

SHORTEST_LIFETIME = 30 * 60
"""Seconds that a checkout stays open at least: Stripe opens none that would close sooner."""

_SKEW = 60  # seconds that Stripe's clock may differ from ours
_PAGE = 100
_CHECKOUT_ID = "{CHECKOUT_SESSION_ID}"


def checkout_params(session: PaymentSession, buyer: Student, *, customer_id: str | None) -> SessionCreateParams:
    """The checkout of a payment session, for a customer that Stripe knows or, with None, for a new one."""
    params: SessionCreateParams = {
        "mode": "payment",
        "ui_mode": _UI_MODES[session.ui_mode],
        "line_items": [_line_item(session)],
        "client_reference_id": session.payment_session_id,
        "metadata": metadata_of(session),
        # The metadata of a session does not reach its payment, and payment events carry no other trace of us.
        "payment_intent_data": {"metadata": metadata_of(session)},
        "expires_at": int(session.expires_at.timestamp()),
        # A currency of the student's own choice would be another price than the one agreed.
        "adaptive_pricing": {"enabled": False},
    }
    _add_urls(params, session)
    _add_buyer(params, buyer, customer_id)
    if session.quote.discount:
        params["discounts"] = [{"coupon": session.payment_session_id}]
    return params


def coupon_params(session: PaymentSession) -> CouponCreateParams:
    """A coupon that is worth exactly the session's discount, once. Our coupons stay ours: Stripe counts nothing."""
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


def search_params(session: PaymentSession, after: str | None) -> SessionListParams:
    """One page of the checkouts opened when this session's can have been opened; Stripe has no search by our id."""
    latest = int(session.expires_at.timestamp()) - SHORTEST_LIFETIME
    params: SessionListParams = {
        "created": {"gte": int(session.created_at.timestamp()) - _SKEW, "lte": latest + _SKEW},
        "limit": _PAGE,
    }
    if after:
        params["starting_after"] = after
    return params


def whole_checkout() -> SessionRetrieveParams:
    """A checkout with its payment: only that tells a slow payment from a failed one."""
    return {"expand": ["payment_intent"]}


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
        params["return_url"] = _naming_the_checkout(session.return_url)
        params["redirect_on_completion"] = "always"
        return
    params["success_url"] = _naming_the_checkout(session.return_url)
    if session.cancel_url:
        params["cancel_url"] = session.cancel_url


def _naming_the_checkout(url: str) -> str:
    """The page to come back to, told which checkout the student comes from: Stripe fills the name in."""
    if _CHECKOUT_ID in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}session_id={_CHECKOUT_ID}"


def _add_buyer(params: SessionCreateParams, buyer: Student, customer_id: str | None) -> None:
    # Stripe takes either a customer or an address, and offers to make a customer only of an address.
    if customer_id:
        params["customer"] = customer_id
        return
    params["customer_creation"] = "always"
    if buyer.email:
        params["customer_email"] = buyer.email
