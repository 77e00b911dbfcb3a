"""The metadata that the gateway writes on what it creates at Stripe: whose it is, and what a lost record would need.

Version 2 has everything that the stored payment session has and Stripe's own fields do not. Version 1, which has no
``v``, had the three ids only. Stripe allows 50 keys of 40 characters with values of 500 characters.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TypedDict

from adapters.stripe import values
from adapters.stripe.values import JsonObject
from adapters.timestamps import from_text, iso
from domain.coupons import HeldCoupon
from domain.identifiers import is_id
from domain.payments.reversals import Reversal
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import SessionReference

VERSION = "2"
_LONGEST_VALUE = 500
_WHOLE = re.compile(r"[0-9]{1,12}")
_COUPON = re.compile(r"([A-Z0-9_-]{3,40}):([0-9]{1,2}):([01]):([01])")


class SessionIds(TypedDict):
    """The ids of a payment session."""

    user_id: str
    course_id: str
    payment_session_id: str


def of_session(session: PaymentSession, stage: str) -> dict[str, str]:
    """The metadata for a Stripe object that belongs to this payment session. What has no value has no key.

    It depends on the stored session alone, as every repetition of a request must be the same.
    """
    known = {
        "v": VERSION,
        "stage": stage,
        "paymentSessionId": session.payment_session_id,
        "userId": session.user_id,
        "courseId": session.course_id,
        "courseName": session.course_name[:_LONGEST_VALUE],
        "listAmount": str(session.quote.list_price.amount),
        "discountAmount": str(session.quote.discount),
        "coupon": _coupon_text(session.coupon) if session.coupon else "",
        "source": session.source[:_LONGEST_VALUE],
        "uiMode": session.ui_mode,
        "createdAt": iso(session.created_at),
        "priceId": session.provider_price_id or "",
    }
    return {name: value for name, value in known.items() if value}


def of_refund(refund: Reversal, stage: str) -> dict[str, str]:
    """The metadata for a refund that we ask for: Stripe copies nothing to it from the payment."""
    known = {
        "refundId": refund.reversal_id,
        "paymentSessionId": refund.payment_session_id,
        "userId": refund.user_id,
        "stage": stage,
    }
    return {name: value for name, value in known.items() if value}


def ids_in(resource: JsonObject) -> SessionIds | None:
    """The ids in an object's metadata; None if the object was not created by this gateway."""
    metadata = values.nested(resource, "metadata")
    session, user, course = (metadata.get(key) for key in ("paymentSessionId", "userId", "courseId"))
    if not (isinstance(session, str) and isinstance(user, str) and isinstance(course, str)):
        return None
    if not all(map(is_id, (session, user, course))):
        return None
    return SessionIds(user_id=user, course_id=course, payment_session_id=session)


def reference_in(resource: JsonObject) -> SessionReference | None:
    """The payment session that an object's metadata name, None if they name none."""
    metadata = values.nested(resource, "metadata")
    session, user = metadata.get("paymentSessionId"), metadata.get("userId")
    if not (isinstance(session, str) and isinstance(user, str) and is_id(session) and is_id(user)):
        return None
    return SessionReference(user_id=user, payment_session_id=session)


def refund_id_in(refund: JsonObject, session: PaymentSession) -> str | None:
    """Our id of a refund of this session's payment; None for a refund made elsewhere."""
    metadata = values.nested(refund, "metadata")
    refund_id, named = metadata.get("refundId"), metadata.get("paymentSessionId", session.payment_session_id)
    if not isinstance(refund_id, str) or not is_id(refund_id) or named != session.payment_session_id:
        return None
    return refund_id


def is_of_other_stage(resource: JsonObject, stage: str) -> bool:
    """Whether the metadata name another stage than ours; version 1 named none and is ours."""
    named = values.nested(resource, "metadata").get("stage")
    return isinstance(named, str) and bool(named) and bool(stage) and named != stage


def version_in(resource: JsonObject) -> int:
    """The version of the metadata."""
    return 2 if values.nested(resource, "metadata").get("v") == VERSION else 1


def text_in(resource: JsonObject, name: str) -> str | None:
    """A text in the metadata, None if it is not there."""
    value = values.nested(resource, "metadata").get(name)
    return value if isinstance(value, str) and value else None


def amount_in(resource: JsonObject, name: str) -> int | None:
    """An amount in minor units in the metadata, None if there is none that can be read."""
    value = text_in(resource, name)
    return int(value) if value and _WHOLE.fullmatch(value) else None


def timestamp_in(resource: JsonObject, name: str) -> datetime | None:
    """A timestamp in the metadata, None if there is none that can be read."""
    value = text_in(resource, name)
    try:
        return from_text(value) if value else None
    except (ValueError, OverflowError):
        return None


def coupon_in(resource: JsonObject) -> HeldCoupon | None:
    """The coupon use that the session held, None if it held none or it cannot be read."""
    parts = _COUPON.fullmatch(text_in(resource, "coupon") or "")
    if parts is None:
        return None
    code, shard, counted, sharded = parts.groups()
    return HeldCoupon(code=code, shard=int(shard), counted=counted == "1", sharded=sharded == "1")


def _coupon_text(held: HeldCoupon) -> str:
    return f"{held.code}:{held.shard}:{held.counted:d}:{held.sharded:d}"
