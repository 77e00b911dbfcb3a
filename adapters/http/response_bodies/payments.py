"""Bodies about payments."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from adapters.http.field_types import (
    CANCELLING,
    CHARGED_BACK,
    CLOSED,
    REFUNDED,
    WAITING,
    Currency,
    ForeignId,
    Id,
    Keywords,
    MinorUnits,
    NonEmpty,
    OneOf,
    StoredCouponCode,
    TextLength,
    Timestamp,
    Url,
    Word,
)
from adapters.http.response_bodies.enrollments import EndedEnrollment, Enrollment, Person
from domain.enrollment_requests import UI_MODES
from domain.errors import AlreadyResolved, PaymentNotCancellable
from domain.ledger import EntryKind
from domain.payments.reversals import DisputeStatus, RefundStatus, ReversalKind
from domain.payments.reviews import ResolutionKind
from domain.payments.states import Status

_ENDED_OR_PAID = [status for status in Status if status not in (Status.CREATING, Status.OPEN, Status.REVERSED)]

PaymentStatus = Annotated[str, OneOf(("paid", "unpaid", "no_payment_required", "partially_refunded", "disputed"))]
CheckoutStatus = Annotated[str, OneOf(("open", "complete", "expired"))]
SessionStatus = Annotated[str, OneOf((WAITING, CANCELLING, *_ENDED_OR_PAID, REFUNDED, CHARGED_BACK, CLOSED))]
SignedMinorUnits = Annotated[int, Keywords()]
UiMode = Annotated[str, OneOf(UI_MODES)]


class PaymentSession(TypedDict):
    """One attempt to buy one course."""

    id: Id
    courseId: Id
    courseName: str
    userId: Id
    provider: Id
    status: SessionStatus
    paymentStatus: PaymentStatus
    amount: MinorUnits
    discountAmount: MinorUnits
    finalAmount: MinorUnits
    currency: Currency
    givenBack: MinorUnits | None
    couponCode: StoredCouponCode | None
    uiMode: UiMode
    providerSessionId: ForeignId | None
    providerPaymentId: ForeignId | None
    stripeSessionId: ForeignId | None
    stripePaymentIntentId: ForeignId | None
    createdAt: Timestamp
    updatedAt: Timestamp
    expiresAt: Timestamp


class PaymentInReview(PaymentSession):
    """A payment that needs a person's decision, or the record of what was decided."""

    reviewReason: Word | None
    reviewSince: Timestamp | None
    resolution: Annotated[str, OneOf(ResolutionKind)] | None
    resolvedBy: NonEmpty | None
    resolvedAt: Timestamp | None
    resolutionNote: Annotated[str, TextLength(0, 500)] | None


class Payment(PaymentInReview):
    """A payment as the office sees it: what really came in, and what went back, in minor units of its currency."""

    source: str
    referral: Id | None
    received: MinorUnits | None
    receivedCurrency: Word | None
    kept: SignedMinorUnits | None
    refunded: MinorUnits
    repaid: MinorUnits
    refundRequested: MinorUnits
    disputed: MinorUnits
    chargedBack: MinorUnits


class ListedPayment(Payment, Person):
    """A payment in a list of the office: with whose it is."""


class Refund(TypedDict):
    """A refund through the provider, a repayment outside of it, or a dispute.

    ``respondBy`` is until when the school can answer a dispute; absent where it cannot, or has.
    """

    refundId: Id
    kind: Annotated[str, OneOf(ReversalKind)]
    status: Annotated[str, OneOf((*RefundStatus, *DisputeStatus))]
    amount: MinorUnits
    currency: Word
    reason: Annotated[str, TextLength(0, 500)] | None
    providerReason: NonEmpty | None
    providerRefundId: ForeignId | None
    requestedBy: NonEmpty | None
    requestedAt: Timestamp | None
    respondBy: Timestamp | None


class DisputedPayment(TypedDict):
    """A payment, and a dispute about it that is undecided."""

    payment: ListedPayment
    dispute: Refund


class LedgerEntry(TypedDict):
    """One booking about a payment; ``amount`` is signed, in minor units."""

    entryId: NonEmpty
    kind: Annotated[str, OneOf(EntryKind)]
    amount: SignedMinorUnits
    currency: Word
    bookedOn: Annotated[str, Keywords(format="date")]
    recordedAt: Timestamp
    seat: Annotated[int, Keywords(minimum=-1, maximum=1)]
    outcome: str | None
    by: NonEmpty | None
    fee: SignedMinorUnits | None
    net: SignedMinorUnits | None
    settlementCurrency: Word | None


class ProviderReversal(TypedDict):
    """A refund or dispute as the provider has it now; ``counted`` is what it holds back, in minor units."""

    providerReversalId: ForeignId
    kind: Annotated[str, OneOf((ReversalKind.REFUND, ReversalKind.DISPUTE))]
    status: Annotated[str, OneOf((*RefundStatus, *DisputeStatus))]
    amount: MinorUnits
    counted: MinorUnits
    currency: Word
    reason: NonEmpty | None
    respondBy: Timestamp | None


class AtProvider(TypedDict):
    """What the provider says of a payment now. ``problem`` is an error code: why it gave no answer."""

    received: MinorUnits | None
    receivedCurrency: Word | None
    reversals: list[ProviderReversal]
    checkoutStatus: Word | None
    problem: Word | None


class PaymentHistory(TypedDict):
    """Everything about one payment, beside what its provider says now."""

    payment: Payment
    refunds: list[Refund]
    ledger: list[LedgerEntry]
    enrollment: Enrollment | None
    endedEnrollment: EndedEnrollment | None
    atProvider: AtProvider | None


class AlreadyDecided(TypedDict):
    """An error: somebody has decided about the payment before. ``payment`` says who, when and what."""

    error: NonEmpty
    code: Annotated[str, OneOf([AlreadyResolved.code])]
    requestId: NonEmpty
    payment: Payment


class PaymentWithRefunds(TypedDict):
    """A payment, and what of it went back."""

    payment: Payment
    refunds: list[Refund]


class RefundResult(TypedDict):
    """A refund and the payment that it belongs to."""

    refund: Refund
    payment: Payment


class EmbeddedCheckout(TypedDict):
    """A checkout to be shown in the front end's own page."""

    success: Literal[True]
    session: PaymentSession
    clientSecret: str


class HostedCheckout(TypedDict):
    """A checkout on the provider's own page."""

    success: Literal[True]
    session: PaymentSession
    redirectUrl: Url


class NothingToPay(TypedDict):
    """The student is in the course, by a coupon or from before."""

    success: Literal[True]
    status: Literal["active"]
    enrollment: Enrollment
    session: PaymentSession | None


class SessionCancelled(TypedDict):
    """The session is cancelled, or its cancellation is requested."""

    success: Literal[True]
    session: PaymentSession


class NotCancellable(TypedDict):
    """An error: the payment was faster than the cancellation. ``session`` is its true state."""

    error: NonEmpty
    code: Annotated[str, OneOf([PaymentNotCancellable.code])]
    requestId: NonEmpty
    session: PaymentSession


class SessionState(TypedDict):
    """A checkout in the words of Stripe's session; nothing about the person."""

    status: CheckoutStatus
    paymentStatus: PaymentStatus
    courseId: Id


class CheckoutState(SessionState):
    """A checkout of the caller's, and whether they are in the course."""

    enrolled: bool


class ReceiptLink(TypedDict):
    """Where a provider shows its receipt of a payment."""

    receiptUrl: Url


class Receipt(TypedDict):
    """A provider's event was received; ``queued`` where it is settled later."""

    received: Literal[True]
    queued: Literal[True] | None
