"""The provider's gateway as the use cases see it. It asks in the Stripe adapter's steps, each of which may fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from adapters.memory.payment_gateway import LIMITS
from domain.errors import (
    AmountTooSmall,
    DomainError,
    InvalidSignature,
    ProviderRejected,
    ProviderUnavailable,
    SecretsUnavailable,
)
from domain.payments.events import IgnoredEvent, PaymentEvent
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import Checkout, PaymentGateway, ProviderAccount
from domain.students import Student
from tests.simulation import checkout_events
from tests.simulation import provider as stripe
from tests.simulation.provider import Provider, Refused, SimulatedCheckout
from tests.simulation.world import Killed, Late, World

A = TypeVar("A")
SIGNED = "signed"
_ACCOUNT = ProviderAccount(publishable_key="pk_test", livemode=checkout_events.LIVEMODE)
_SKEW = timedelta(seconds=60)


class SimulatedGateway(PaymentGateway):
    """Speaks to the model of Stripe."""

    name = checkout_events.PROVIDER
    limits = LIMITS

    def __init__(self, world: World, provider: Provider) -> None:
        self.world = world
        self.provider = provider

    def account(self) -> ProviderAccount:
        """Our account."""
        if fault := self.world.enter("account", SecretsUnavailable):
            raise fault
        return _ACCOUNT

    def require_ready(self) -> None:
        """Begin nothing while the provider is silent."""
        self.world.switch("require ready")
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
        found = self.find_checkout(session)
        if found is None:
            raise ProviderRejected
        return found

    def look_up(self, session: PaymentSession) -> Checkout:
        """The checkout as Stripe has it now."""
        return self._retrieved(session, _id(session))

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Expire it; if it is not open any more, how it ended."""
        try:
            checkout = self._ask("expire", lambda: self.provider.expire(_id(session)), session)
        except Refused:
            return self._retrieved(session, _id(session))
        return _shown(checkout, session, closed_by_us=True)

    def find_checkout(self, session: PaymentSession) -> Checkout | None:
        """The checkout among those opened at the time."""
        latest = session.expires_at - stripe.SHORTEST + _SKEW
        found = self._ask("list", lambda: self.provider.opened_between(session.created_at - _SKEW, latest), session)
        for checkout in found:
            if checkout.reference == session.payment_session_id:
                return self._retrieved(session, checkout.checkout_id)
        return None

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """Events that our webhook has not taken."""

        def listed() -> tuple[PaymentEvent, ...]:
            waiting = [event for event in self.provider.events if not event.delivered and event.at >= since]
            return tuple(event.message for event in waiting if isinstance(event.message, PaymentEvent))[:at_most]

        return self._ask("list events", listed, None)

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What completed checkouts opened since then say."""

        def listed() -> tuple[PaymentEvent, ...]:
            over = (stripe.PAID, stripe.PENDING, stripe.FAILED)
            done = [
                checkout
                for checkout in self.provider.checkouts
                if checkout.stage in over and checkout.created_at >= since
            ]
            return tuple(
                said for checkout in done[:at_most] if (said := checkout_events.recorded_event(checkout)) is not None
            )

        return self._ask("list completed", listed, None)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | IgnoredEvent:
        """What a message says, if it is signed. The body is the number of the event."""
        if fault := self.world.enter("read event", SecretsUnavailable, body):
            raise fault
        if headers.get("signature") != SIGNED:
            raise InvalidSignature
        return self.provider.events[int(body) - 1].message

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
    except (Refused, DomainError, Killed):
        return


def _plain(refused: Refused) -> DomainError:
    return AmountTooSmall() if refused.reason == stripe.TOO_SMALL else ProviderRejected()


def _id(session: PaymentSession) -> str:
    if session.provider_session_id is None:
        raise ValueError("The payment session knows no checkout.")
    return session.provider_session_id


def _shown(checkout: SimulatedCheckout, session: PaymentSession, *, closed_by_us: bool = False) -> Checkout:
    is_open = checkout.stage == stripe.OPEN
    hosted = checkout.session.ui_mode == "hosted"
    return Checkout(
        provider_session_id=checkout.checkout_id,
        event=checkout_events.lookup_event(checkout, session, closed_by_us=closed_by_us),
        amount=checkout.amount,
        expires_at=checkout.session.expires_at,
        client_secret=f"{checkout.checkout_id}_secret" if is_open and not hosted else None,
        redirect_url=f"https://pay.example/{checkout.checkout_id}" if is_open and hosted else None,
    )
