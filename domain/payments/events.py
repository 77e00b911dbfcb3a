"""What a payment provider may report, in the school's own words.

News are facts and monotone: a payment that was made stays made. Each names the payment session it is about. They come
from a webhook, from the queue, or from asking the provider; the rules do not care which.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from attrs import field, frozen

from domain.identifiers import an_id
from domain.money import Money


class EventKind(StrEnum):
    """What a piece of news says about its payment session."""

    OPENED = "opened"
    PAID = "paid"
    PENDING = "pending"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@frozen(kw_only=True)
class PaymentEvent:
    """A fact about one payment session.

    ``event_id`` and ``event_type`` are the provider's own; ``reference`` is the payment session id as the provider
    repeats it outside its metadata, None where it does not. ``provider_session_id`` is None where the provider reports
    a payment alone.
    """

    kind: ClassVar[EventKind]

    provider: str
    event_id: str
    event_type: str
    user_id: str = field(validator=an_id)
    course_id: str
    payment_session_id: str = field(validator=an_id)
    provider_session_id: str | None = None
    reference: str | None = None
    livemode: bool


@frozen(kw_only=True)
class CheckoutOpened(PaymentEvent):
    """The checkout is open and unpaid."""

    kind = EventKind.OPENED


@frozen(kw_only=True)
class CheckoutPaid(PaymentEvent):
    """Money was received: ``amount`` in the currency of the sale, None when it is in a currency or size we never sell
    in.
    """

    kind = EventKind.PAID
    amount: Money | None
    provider_payment_id: str | None = None
    customer_id: str | None = None


@frozen(kw_only=True)
class CheckoutFree(PaymentEvent):
    """The checkout completed and there was nothing to pay."""

    kind = EventKind.PAID
    customer_id: str | None = None


@frozen(kw_only=True)
class PaymentPending(PaymentEvent):
    """The student finished, the money is on its way by a slow method."""

    kind = EventKind.PENDING


@frozen(kw_only=True)
class PaymentFailed(PaymentEvent):
    """The slow payment did not arrive, for good."""

    kind = EventKind.FAILED


@frozen(kw_only=True)
class CheckoutExpired(PaymentEvent):
    """The provider closed the checkout unpaid; nobody can pay it any more."""

    kind = EventKind.EXPIRED


@frozen(kw_only=True)
class CheckoutCancelled(PaymentEvent):
    """The provider closed the checkout because we asked; nobody can pay it any more."""

    kind = EventKind.CANCELLED


class IgnoreReason(StrEnum):
    """Why an event is acknowledged without a change."""

    UNSUBSCRIBED = "unsubscribed"
    FOREIGN = "foreign"
    OTHER_MODE = "other_mode"
    OTHER_ACCOUNT = "other_account"
    ATTEMPT_FAILED = "attempt_failed"
    PAYMENT_CANCELLED = "payment_cancelled"


@frozen(kw_only=True)
class IgnoredEvent:
    """A genuine event that changes nothing here: it is acknowledged and counted under its ``reason``."""

    provider: str
    event_id: str
    event_type: str
    reason: IgnoreReason


EVENT_TYPES: dict[str, type[PaymentEvent]] = {
    kind.__name__: kind
    for kind in (
        CheckoutOpened,
        CheckoutPaid,
        CheckoutFree,
        PaymentPending,
        PaymentFailed,
        CheckoutExpired,
        CheckoutCancelled,
    )
}
"""Every kind of news by its name, for whoever has to write one down and read it again."""
