"""The provider's gateway as the use cases see it. It asks in the Stripe adapter's steps, each of which may fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import evolve

from adapters.memory.payment_gateway import LIMITS
from domain.errors import (
    AmountTooSmall,
    DomainError,
    InvalidSignature,
    ProviderRejected,
    ProviderUnavailable,
    RefundRejected,
    SecretsUnavailable,
)
from domain.payments.events import IgnoredEvent, PaymentEvent, ReversalReported
from domain.payments.reversals import PaymentState, Reversal
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import (
    Checkout,
    Movement,
    NotPossible,
    PaymentGateway,
    ProviderAccount,
    RebuildableCheckout,
    Search,
    SessionReference,
)
from domain.students import Student
from tests.simulation import bank, checkout_events
from tests.simulation import provider as stripe
from tests.simulation.provider import Provider, Refused, SimulatedCheckout
from tests.simulation.world import Killed, Late, World, require
from tests.support.wiring import SETTINGS

A = TypeVar("A")
SIGNED = "signed"
_SKEW = timedelta(minutes=5)


class SimulatedGateway(PaymentGateway):
    """Speaks to the model of Stripe."""

    limits = LIMITS

    def __init__(self, name: str, world: World, provider: Provider, on_money: Callable[[PaymentSession], None]) -> None:
        self.name = name
        self.captures = name in provider.capturing
        self.world = world
        self.provider = provider
        self.on_money = on_money
        """Called whenever a capture took money."""

    def account(self) -> ProviderAccount:
        """Our account."""
        if fault := self.world.enter("account", SecretsUnavailable):
            raise fault
        account = self.provider.account
        return ProviderAccount(publishable_key=f"pk_{account}", livemode=checkout_events.LIVEMODE, account_id=account)

    def require_ready(self) -> None:
        """Begin nothing while the provider is silent."""
        self.world.switch("require ready")
        if self.name in self.provider.silent:
            raise ProviderUnavailable
        if self.world.fault_rate and self.world.chance(0.02):
            self.world.faults["breaker open"] += 1
            raise ProviderUnavailable

    def open_checkout(self, session: PaymentSession, buyer: Student) -> Checkout:
        """The checkout of this payment session."""
        try:
            return self._opened(session, buyer)
        except Refused as refused:
            if refused.reason not in (stripe.KEY_REUSED, stripe.SAVED_FAILURE):
                raise _plain(refused) from None
        found = self._found(session)
        if found is None:
            raise ProviderRejected
        return found

    def look_up(self, session: PaymentSession) -> Checkout:
        """The checkout as Stripe has it now."""
        return self._retrieved(session, _id(session))

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Expire it; if it is not open any more, how it ended. Where money is captured, nothing needs to be done."""
        if self.captures:
            return self._left_uncaptured(session)
        try:
            checkout = self._ask("expire", lambda: self.provider.expire(_id(session)), session)
        except Refused:
            return self._retrieved(session, _id(session))
        return _shown(checkout, session, closed_by_us=True)

    def capture(self, session: PaymentSession) -> Checkout:
        """Capture what was approved; a provider that captures by itself is only looked at."""
        if not self.captures:
            return self.look_up(session)
        require(session.is_capturing, "a capture that was not stored first", session)
        try:
            checkout, outcome = self._ask("capture", lambda: self._captured(session), session)
        except Refused:
            raise ProviderRejected from None
        shown = _shown(checkout, session)
        if outcome != "declined":
            return shown
        return evolve(shown, event=checkout_events.declined_capture(checkout, session))

    def _captured(self, session: PaymentSession) -> tuple[SimulatedCheckout, str]:
        key = f"{session.payment_session_id}:{session.capture_attempts}"
        is_new = key not in self.provider.captured
        checkout, outcome = self.provider.capture(_id(session), key)
        if is_new and outcome in ("ok", "pending"):
            self.on_money(session)
        return checkout, outcome

    def _left_uncaptured(self, session: PaymentSession) -> Checkout:
        try:
            checkout = self._ask("retrieve", lambda: self.provider.retrieve(_id(session)), session)
        except Refused:
            raise ProviderRejected from None
        uncaptured = checkout.stage in (stripe.OPEN, stripe.APPROVED)
        return _shown(checkout, session, closed_by_us=uncaptured)

    def find_checkout(self, session: PaymentSession) -> Checkout | NotPossible | None:
        """The checkout among those opened at the time."""
        if self.captures:
            return Search.NOT_POSSIBLE
        return self._found(session)

    def _found(self, session: PaymentSession) -> Checkout | None:
        latest = session.expires_at - stripe.SHORTEST + _SKEW
        found = self._ask("list", lambda: self.provider.opened_between(session.created_at - _SKEW, latest), session)
        for checkout in found:
            if checkout.reference == session.payment_session_id:
                return self._retrieved(session, checkout.checkout_id)
        return None

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """Events that our webhook has not taken."""

        def listed() -> tuple[PaymentEvent, ...]:
            events = [event for event in self.provider.events if event.account == self.provider.account]
            mine = [event for event in events if event.message.provider == self.name]
            waiting = [event for event in mine if not event.delivered and event.at >= since]
            return tuple(event.message for event in waiting if isinstance(event.message, PaymentEvent))[:at_most]

        return self._ask("list events", listed, None)

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What completed checkouts opened since then say."""

        def listed() -> tuple[PaymentEvent, ...]:
            over = (stripe.PAID, stripe.PENDING, stripe.FAILED)
            done = [
                checkout
                for checkout in self.provider.checkouts
                if checkout.stage in over and checkout.created_at >= since and self._is_mine(checkout)
            ]
            return tuple(
                said for checkout in done[:at_most] if (said := checkout_events.recorded_event(checkout)) is not None
            )

        return self._ask("list completed", listed, None)

    def payment_state(self, session: PaymentSession) -> PaymentState:
        """The payment as the provider has it now."""
        named = self.provider.names_refunds
        return self._ask(
            "payment state", lambda: self._payment(session.provider_payment_id).state(names_refunds=named), session
        )

    def refund(self, session: PaymentSession, refund: Reversal) -> None:
        """Make the refund, once for its key."""
        payment_id, account = session.provider_payment_id or "", self.provider.account
        key = f"{session.payment_session_id}:{refund.reversal_id}"
        try:
            self._ask(
                "refund",
                lambda: self.provider.bank.refund_once(payment_id, account, key, refund.amount, refund.reversal_id),
                session,
            )
        except bank.RefundRefused as refused:
            if refused.reason == bank.SAVED_FAILURE:
                raise ProviderUnavailable from None
            if refused.reason == bank.MISSING:
                raise ProviderRejected from None
            raise RefundRejected(refused.reason) from None

    def recent_reversals(self, *, since: datetime, until: datetime) -> None:
        """It has no such list: whatever is lost must be found without."""
        return

    def movements(self, *, since: datetime, until: datetime) -> Iterator[Movement]:
        """The provider's list of movements."""

        def listed() -> list[Movement]:
            bank = self.provider.bank
            there = [one for account, one in bank.movements if account == self.provider.account]
            mine = [one for one in there if bank.payments[one.provider_payment_id].provider == self.name]
            return [one for one in mine if since <= one.occurred_at < until]

        return iter(self._ask("list movements", listed, None))

    def find_session_of(self, report: ReversalReported) -> SessionReference | None:
        """What the payment's metadata name."""
        return self._ask("find session", lambda: self._payment(report.provider_payment_id).reference, None)

    def rebuildable_checkouts(self, *, since: datetime, until: datetime) -> Iterator[RebuildableCheckout]:
        """Completed checkouts opened in this time."""

        def listed() -> list[RebuildableCheckout]:
            mine = [one for one in self.provider.checkouts if self._is_mine(one)]
            over = [one for one in mine if one.stage == stripe.PAID and since <= one.created_at < until]
            return [found for one in over if (found := _rebuildable(one)) is not None]

        yield from self._ask("list rebuildable", listed, None)

    def delete_customer(self, customer_id: str) -> None:
        """Nobody can be charged as this customer any more."""
        self._ask("delete customer", lambda: self.provider.lost_customers.add(customer_id), None)

    def _payment(self, payment_id: str | None) -> bank.SimulatedPayment:
        payment = self.provider.bank.payments.get(payment_id or "")
        if payment is None or (payment.account, payment.provider) != (self.provider.account, self.name):
            raise ProviderRejected
        return payment

    def _is_mine(self, checkout: SimulatedCheckout) -> bool:
        return (checkout.account, checkout.session.provider) == (self.provider.account, self.name)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | ReversalReported | IgnoredEvent:
        """What a message says, if it is signed. The body is the number of the event."""
        if fault := self.world.enter("read event", SecretsUnavailable, body):
            raise fault
        if headers.get("signature") != SIGNED:
            raise InvalidSignature
        event = self.provider.events[int(body) - 1]
        if (event.account, event.message.provider) != (self.provider.account, self.name):
            raise InvalidSignature
        return event.message

    def _opened(self, session: PaymentSession, buyer: Student) -> Checkout:
        if session.quote.discount:
            self._ask("make coupon", lambda: self.provider.make_coupon(session), session)
        try:
            return self._created(session, buyer, session.customer_id, session.payment_session_id)
        except Refused as refused:
            if refused.reason != stripe.MISSING or refused.param != "customer":
                raise
        return self._created(session, buyer, None, f"{session.payment_session_id}:anew")

    def _created(self, session: PaymentSession, buyer: Student, customer_id: str | None, key: str) -> Checkout:
        checkout, replayed = self._ask(
            "create", lambda: self.provider.create(session, buyer, customer_id, key), session
        )
        return self._retrieved(session, checkout.checkout_id) if replayed else _shown(checkout, session)

    def _retrieved(self, session: PaymentSession, checkout_id: str) -> Checkout:
        try:
            checkout = self._ask("retrieve", lambda: self.provider.retrieve(checkout_id), session)
        except Refused:
            raise ProviderRejected from None
        return _shown(checkout, session)

    def _ask(self, what: str, question: Callable[[], A], session: PaymentSession | None) -> A:
        fault = self.world.enter(what, ProviderUnavailable, session, late=True)
        require(session is None or session.provider == self.name, "another provider was asked", what, session)
        if self.name in self.provider.silent:
            raise fault.then if isinstance(fault, Late) else fault or ProviderUnavailable()
        if fault is None:
            return question()
        if isinstance(fault, Late):
            self.world.postpone(lambda: _unheard(question))
            raise fault.then
        _unheard(question)
        raise fault


def _unheard(question: Callable[[], object]) -> None:
    """Carry out a request whose answer nobody hears."""
    try:
        question()
    except (Refused, bank.RefundRefused, DomainError, Killed):
        return


def _rebuildable(checkout: SimulatedCheckout) -> RebuildableCheckout | None:
    event, sale = checkout_events.recorded_event(checkout), checkout.session
    if event is None:
        return None
    return RebuildableCheckout(
        event=event,
        version=2,
        stage=SETTINGS.stage,
        course_name=sale.course_name,
        list_amount=sale.quote.list_price.amount,
        discount=sale.quote.discount,
        currency=sale.quote.list_price.currency,
        coupon=sale.coupon,
        source=sale.source,
        ui_mode=sale.ui_mode,
        provider_price_id=sale.provider_price_id,
        email=f"{sale.user_id}@school.example",
        created_at=sale.created_at,
        expires_at=sale.expires_at,
        paid_at=checkout.paid_at,
    )


def _plain(refused: Refused) -> DomainError:
    return AmountTooSmall() if refused.reason == stripe.TOO_SMALL else ProviderRejected()


def _id(session: PaymentSession) -> str:
    if session.provider_session_id is None:
        raise ValueError("The payment session knows no checkout.")
    return session.provider_session_id


def _shown(checkout: SimulatedCheckout, session: PaymentSession, *, closed_by_us: bool = False) -> Checkout:
    is_open = checkout.stage in (stripe.OPEN, stripe.APPROVED) and not closed_by_us
    hosted = checkout.session.ui_mode == "hosted"
    return Checkout(
        provider_session_id=checkout.checkout_id,
        event=checkout_events.lookup_event(checkout, session, closed_by_us=closed_by_us),
        amount=checkout.amount,
        expires_at=checkout.session.expires_at,
        client_secret=f"{checkout.checkout_id}_secret" if is_open and not hosted else None,
        redirect_url=f"https://pay.example/{checkout.checkout_id}" if is_open and hosted else None,
    )
