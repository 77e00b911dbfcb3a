"""Payment events: what a payment provider reports about a payment session.

Events are monotone: a payment that was made stays made. They come from a webhook, from the queue, or from asking the
provider; the rules are the same for all. A report about a refund or a dispute is a ``ReversalReported``: it carries ids
only, since its order among others proves nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, TypedDict

from attrs import field, frozen

from domain.errors import InvalidValue
from domain.identifiers import an_id
from domain.money import Money


class EventKind(StrEnum):
    """What an event says about its payment session."""

    OPENED = "opened"
    APPROVED = "approved"
    PAID = "paid"
    PENDING = "pending"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DECLINED = "declined"


@frozen(kw_only=True)
class PaymentEvent:
    """What the provider reports about one payment session.

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
class CheckoutApproved(PaymentEvent):
    """The student agreed to pay ``amount``. No money moves before we capture it; None if it is one we never sell at."""

    kind = EventKind.APPROVED
    amount: Money | None


@frozen(kw_only=True)
class PaymentDeclined(PaymentEvent):
    """An attempt to pay failed; the student may try again. ``decline_code`` is the provider's word for the reason."""

    kind = EventKind.DECLINED
    decline_code: str


@frozen(kw_only=True)
class CheckoutPaid(PaymentEvent):
    """Money was received: ``amount`` in the currency of the sale, None when it is in a currency or size we never sell
    in.

    What came in such a currency or size is ``received``, in minor units of ``received_currency``, the provider's own
    code. Both are None where ``amount`` says it, and in events stored before they existed.
    """

    kind = EventKind.PAID
    amount: Money | None
    provider_payment_id: str | None = None
    customer_id: str | None = None
    received: int | None = None
    received_currency: str | None = None

    @property
    def came_in(self) -> tuple[int | None, str | None]:
        """What came in, in minor units of its currency, and that currency; None where it is not known."""
        if self.amount is not None:
            return self.amount.amount, self.amount.currency
        return self.received, self.received_currency


class ReceivedMoney(TypedDict):
    """What ``CheckoutPaid`` says of the money."""

    amount: Money | None
    received: int | None
    received_currency: str | None


def received_money(units: int, currency: str) -> ReceivedMoney:
    """What ``CheckoutPaid`` says of ``units``, minor units of ``currency`` in the provider's own code.

    Money that we never sell in is reported as it came: an amount of None alone would let nobody see that it was booked.
    """
    try:
        return ReceivedMoney(amount=Money(units, currency), received=None, received_currency=None)
    except InvalidValue:
        known = units >= 0
        return ReceivedMoney(
            amount=None, received=units if known else None, received_currency=currency if known else None
        )


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


@frozen(kw_only=True)
class ReversalReported:
    """Something changed about the refunds or disputes of a payment. A hint to ask the provider, nothing more.

    ``user_id`` and ``payment_session_id`` are what the payment's metadata name, None where the report carries none.
    ``provider_reversal_id`` is the provider's id of the refund or dispute, where the report names one.
    """

    provider: str
    event_id: str
    event_type: str
    provider_payment_id: str
    provider_reversal_id: str | None = None
    user_id: str | None = None
    payment_session_id: str | None = None
    livemode: bool


ProviderEvent = PaymentEvent | ReversalReported
"""Whatever a provider reports that may change something."""


class IgnoreReason(StrEnum):
    """Why an event is acknowledged without a change."""

    UNSUBSCRIBED = "unsubscribed"
    FOREIGN = "foreign"
    OTHER_MODE = "other_mode"
    OTHER_ACCOUNT = "other_account"
    OTHER_STAGE = "other_stage"
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
        CheckoutApproved,
        CheckoutPaid,
        CheckoutFree,
        PaymentPending,
        PaymentFailed,
        CheckoutExpired,
        CheckoutCancelled,
        PaymentDeclined,
    )
}
"""Every class of event by its name, for whoever stores one and reads it again."""
