"""What we write on an order, and read again: whose it is, and what a lost session would need.

PayPal repeats the ``custom_id`` of an order on its capture and in its list of transactions, the ``reference_id`` on the
order only. A payer sees neither. Both are words separated by ``|``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from attrs import frozen

from adapters.paypal.limits import CUSTOM_ID_LENGTH, REFERENCE_ID_LENGTH
from adapters.timestamps import from_text, iso
from domain.coupons import HeldCoupon
from domain.errors import ProviderRejected
from domain.identifiers import is_id
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import SessionReference

VERSION = 2
_WHOLE = re.compile(r"[0-9]{1,12}")
_COUPON = re.compile(r"([A-Z0-9_-]{3,40}):([0-9]{1,2}):([01]):([01])")
_WORDS = 11


@frozen(kw_only=True)
class Custom:
    """Whose payment it is: the words of a ``custom_id``. ``stage`` is None where it names none."""

    session: SessionReference
    stage: str | None

    def is_of(self, stage: str) -> bool:
        """Whether it is this stage's, as far as it says."""
        return self.stage in (None, stage)


@frozen(kw_only=True)
class Agreed:
    """What was agreed on with the student: the words of a ``reference_id``.

    Amounts are in minor units of the order's currency. All but stage and course are None where it does not name them,
    or not in a form that can be read.
    """

    stage: str
    course_id: str
    version: int = 1
    list_amount: int | None = None
    discount: int | None = None
    coupon: HeldCoupon | None = None
    ui_mode: str | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    source: str | None = None
    provider_price_id: str | None = None


def custom_id(session: PaymentSession, stage: str) -> str:
    """The ``custom_id`` of the session's order.

    Raises:
        ProviderRejected: the ids are too long for PayPal. A shortened one would name nobody.
    """
    written = f"{session.user_id}|{session.payment_session_id}|{stage}"
    if len(written) > CUSTOM_ID_LENGTH:
        raise ProviderRejected
    return written


def reference_id(session: PaymentSession, stage: str) -> str:
    """The ``reference_id`` of the session's order; where it gets too long, without the last words.

    It depends on the stored session alone, as every repetition of a request must be the same.
    """
    held = session.coupon
    words = [
        stage,
        session.course_id,
        str(VERSION),
        str(session.quote.list_price.amount),
        str(session.quote.discount),
        f"{held.code}:{held.shard}:{held.counted:d}:{held.sharded:d}" if held else "",
        session.ui_mode,
        iso(session.created_at),
        str(int(session.expires_at.timestamp())),
        session.source,
        session.provider_price_id or "",
    ]
    while len("|".join(words)) > REFERENCE_ID_LENGTH:
        words.pop()
    return "|".join(words)


def parse_custom_id(text: str) -> Custom | None:
    """Whose payment it is; None if the text names no session of ours."""
    user_id, _, rest = text.partition("|")
    session_id, _, stage = rest.partition("|")
    if not (is_id(user_id) and is_id(session_id)):
        return None
    return Custom(session=SessionReference(user_id=user_id, payment_session_id=session_id), stage=stage or None)


def parse_reference_id(text: str) -> Agreed | None:
    """What was agreed on; None if the text names no course."""
    stage, course_id, version, *words = (*text.split("|"), *[""] * _WORDS)[:_WORDS]
    if not course_id:
        return None
    if version != str(VERSION):
        return Agreed(stage=stage, course_id=course_id)
    list_amount, discount, coupon, ui_mode, created, expires, source, price_id = words
    return Agreed(
        stage=stage,
        course_id=course_id,
        version=VERSION,
        list_amount=_integer(list_amount),
        discount=_integer(discount),
        coupon=_coupon(coupon),
        ui_mode=ui_mode or None,
        created_at=_timestamp(created),
        expires_at=datetime.fromtimestamp(seconds, UTC) if (seconds := _integer(expires)) is not None else None,
        source=source or None,
        provider_price_id=price_id or None,
    )


def _integer(word: str) -> int | None:
    return int(word) if _WHOLE.fullmatch(word) else None


def _timestamp(word: str) -> datetime | None:
    try:
        return from_text(word)
    except (ValueError, OverflowError):
        return None


def _coupon(word: str) -> HeldCoupon | None:
    parts = _COUPON.fullmatch(word)
    if parts is None:
        return None
    code, shard, counted, sharded = parts.groups()
    return HeldCoupon(code=code, shard=int(shard), counted=counted == "1", sharded=sharded == "1")
