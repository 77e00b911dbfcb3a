"""The orders of this stage: opened, looked up, captured, and left uncaptured."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from adapters.paypal import orders, values
from adapters.paypal.api import PayPalApi, PayPalRefusedError, path_of
from adapters.paypal.limits import ORDER_LIFE, REQUEST_ID_LENGTH
from adapters.paypal.orders import Fields, Owner
from adapters.paypal.values import JsonObject
from domain.errors import MalformedEvent, ProviderUnavailable
from domain.payments.events import CheckoutCancelled, CheckoutExpired, EventKind, PaymentEvent, PaymentFailed
from domain.payments.session import PaymentSession
from domain.ports.clock import Clock
from domain.ports.payment_gateway import Checkout

ORDERS = "/v2/checkout/orders"

_TRY_AGAIN = {
    "INSTRUMENT_DECLINED",
    "ORDER_NOT_APPROVED",
    "PAYER_ACTION_REQUIRED",
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
}
"""Nothing was captured, and the student may approve the same order again."""

_NEVER = {
    "COMPLIANCE_VIOLATION",
    "DUPLICATE_INVOICE_ID",
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
    "ORDER_EXPIRED",
    "PAYEE_BLOCKED_TRANSACTION",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYER_ACCOUNT_RESTRICTED",
    "PAYER_CANNOT_PAY",
    "TRANSACTION_BLOCKED_BY_PAYEE",
    "TRANSACTION_REFUSED",
}
"""Nothing was captured, and nothing ever will be from this order."""

_PAYABLE = {EventKind.OPENED, EventKind.APPROVED}


@frozen(kw_only=True)
class Checkouts:
    """Orders as checkouts. ``page`` is the address of PayPal's page for the buyer, to which the order's id is added.

    Every method raises what ``PayPalApi.post`` raises, and ``MalformedEvent`` for an order that cannot be read.
    """

    api: PayPalApi
    clock: Clock
    stage: str
    livemode: bool
    page: str

    def open(self, session: PaymentSession) -> Checkout:
        """Create the order, or find the one that an earlier request of this session created."""
        key = session.payment_session_id[:REQUEST_ID_LENGTH]
        created = self.api.post(ORDERS, orders.order_body(session, self.stage), key)
        # PayPal may answer a repetition with what it answered before: what counts is how the order stands now.
        return self._shown(self.order(values.identifier(created, "id")), session)

    def retrieve(self, session: PaymentSession) -> Checkout:
        """The order as it stands now. One that is unknown when its life is over was never captured."""
        try:
            return self._shown(self.order(_id(session)), session)
        except PayPalRefusedError as refused:
            if not refused.is_unknown or not self._outlived(session):
                raise
            return self._gone(session, CheckoutExpired(**self._fields_of_unknown(session)))

    def leave(self, session: PaymentSession) -> Checkout:
        """Report how the order stands, as closed if nothing was captured: nobody but us can take its money."""
        try:
            found = self.retrieve(session)
        except ProviderUnavailable:
            if session.cancel_requested_at is None or session.capture_attempts > 0:
                raise
            # That the student cancelled is stored, and no capture was ever begun: none can begin any more.
            return self._gone(session, CheckoutCancelled(**self._fields_of_unknown(session)))
        if found.event.kind not in _PAYABLE and found.event.kind is not EventKind.EXPIRED:
            return found
        fields = self._fields_of_unknown(session)
        return self._gone(session, CheckoutCancelled(**fields), found)

    def capture(self, session: PaymentSession) -> Checkout:
        """Capture the order, once for this attempt of the session."""
        if not session.is_capturing:
            raise ValueError("A capture is stored before it is asked for.")
        key = f"capture:{session.payment_session_id}:{session.capture_attempts}"[:REQUEST_ID_LENGTH]
        try:
            self.api.post(f"{ORDERS}{path_of(_id(session))}/capture", {}, key)
        except PayPalRefusedError as refused:
            return self._not_captured(session, refused)
        return self._shown(self.order(_id(session)), session)

    def order(self, order_id: str) -> JsonObject:
        """The order as it stands now."""
        order = self.api.get(f"{ORDERS}{path_of(order_id)}")
        if values.identifier(order, "id") != order_id:
            raise MalformedEvent
        return order

    def event_of(self, order: JsonObject, owner: Owner, event_id: str, event_type: str) -> PaymentEvent:
        """What this order says in an event. Our own clock does not end it: the session does that."""
        fields = orders.fields_of(
            order,
            owner,
            provider=self.api.provider,
            livemode=self.livemode,
            event_id=event_id,
            event_type=event_type,
        )
        return orders.event_of(order, fields, is_over=False)

    def _not_captured(self, session: PaymentSession, refused: PayPalRefusedError) -> Checkout:
        if refused.issue == "ORDER_ALREADY_CAPTURED":
            return self._shown(self.order(_id(session)), session)
        fields = self._fields_of_unknown(session)
        if refused.issue in _NEVER or (refused.is_unknown and self._outlived(session)):
            return self._gone(session, PaymentFailed(**fields))
        if refused.issue in _TRY_AGAIN:
            found = self._shown(self.order(_id(session)), session)
            return Checkout(
                provider_session_id=found.provider_session_id,
                event=orders.declined(fields, refused.issue),
                amount=found.amount,
                expires_at=found.expires_at,
                redirect_url=found.redirect_url,
            )
        raise refused

    def _shown(self, order: JsonObject, session: PaymentSession) -> Checkout:
        fields = orders.fields_of(order, self._owner(session), provider=self.api.provider, livemode=self.livemode)
        event = orders.event_of(order, fields, is_over=self._now() >= session.expires_at)
        order_id = values.identifier(order, "id")
        return Checkout(
            provider_session_id=order_id,
            event=event,
            amount=orders.amount_of(order),
            expires_at=session.expires_at,
            redirect_url=f"{self.page}{order_id}" if event.kind in _PAYABLE else None,
        )

    def _gone(self, session: PaymentSession, event: PaymentEvent, found: Checkout | None = None) -> Checkout:
        return Checkout(
            provider_session_id=_id(session),
            event=event,
            amount=found.amount if found else session.total,
            expires_at=session.expires_at,
        )

    def _fields_of_unknown(self, session: PaymentSession) -> Fields:
        return Fields(
            provider=self.api.provider,
            event_id=f"lookup:{session.provider_session_id}:{session.capture_attempts}",
            event_type="lookup",
            user_id=session.user_id,
            course_id=session.course_id,
            payment_session_id=session.payment_session_id,
            provider_session_id=_id(session),
            reference=session.payment_session_id,
            livemode=self.livemode,
        )

    def _owner(self, session: PaymentSession) -> Owner:
        return Owner(
            stage=self.stage,
            user_id=session.user_id,
            payment_session_id=session.payment_session_id,
            course_id=session.course_id,
        )

    def _outlived(self, session: PaymentSession) -> bool:
        """Whether PayPal may have forgotten an order that was not captured. Another environment never knew it."""
        return session.livemode == self.livemode and self._now() >= session.created_at + ORDER_LIFE

    def _now(self) -> datetime:
        return self.clock.now()


def _id(session: PaymentSession) -> str:
    if session.provider_session_id is None:
        raise ValueError("The payment session has no order id.")
    return session.provider_session_id
