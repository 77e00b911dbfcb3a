"""Payment providers: what the school asks of any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from domain.errors import ProviderNotFound
from domain.money import Money
from domain.payments.events import IgnoredEvent, PaymentEvent
from domain.payments.session import PaymentSession
from domain.pricing import ProviderLimits
from domain.students import Student


@frozen(kw_only=True)
class Checkout:
    """A checkout at the provider as it stands now.

    ``event`` is what it says about our payment session (``CheckoutOpened`` while it is open and unpaid), ``amount``
    what it charges, None when that is in a currency or size we never sell in. ``client_secret`` lets the browser show
    an embedded checkout, ``redirect_url`` leads to a hosted one; each is None
    where the provider gives none, as it does once the checkout is closed.
    """

    provider_session_id: str
    event: PaymentEvent
    amount: Money | None
    expires_at: datetime
    client_secret: str | None = field(default=None, repr=False)
    redirect_url: str | None = None


@frozen(kw_only=True)
class ProviderAccount:
    """What may be known in public of our account: the key for the browser, and whether its money is real."""

    publishable_key: str
    livemode: bool


class PaymentGateway(Protocol):
    """One payment provider.

    Raises:
        ProviderUnavailable: any method that asks the provider, when no answer came; the outcome may be unknown. Repeat
        it.
        ProviderRejected: likewise, when the provider refuses for good.
        SecretsUnavailable: any method, when our keys cannot be read.
    """

    name: str
    limits: ProviderLimits

    def account(self) -> ProviderAccount:
        """Our account, known without asking the provider."""
        ...

    def require_ready(self) -> None:
        """Refuse when the provider has not answered lately, before anything is reserved in vain. Asks nobody.

        Raises:
            ProviderUnavailable: begin nothing new for a few seconds. What was begun may still be carried on.
        """
        ...

    def open_checkout(self, session: PaymentSession, buyer: Student) -> Checkout:
        """Open the checkout of this payment session, or find it again.

        Safe to repeat with the same session, even at the same time: the session's id makes all repetitions one
        checkout.
        """
        ...

    def look_up(self, session: PaymentSession) -> Checkout:
        """The checkout as it stands now. The session must know its ``provider_session_id``. Safe to repeat."""
        ...

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Make sure nobody pays any more, and say how it ended: its news are ``CheckoutCancelled`` if we closed it.

        If the student was faster, the news say so. The session must know its ``provider_session_id``. Safe to repeat.
        """
        ...

    def find_checkout(self, session: PaymentSession) -> Checkout | None:
        """Search for a checkout that was opened for this session though its id was never learned. Slow.

        Safe to repeat.
        """
        ...

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """News that our webhook has not taken, oldest first. Safe to repeat."""
        ...

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What checkouts opened since then and completed say now. Safe to repeat."""
        ...

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | IgnoredEvent:
        """What a message to our webhook says, once its signature over exactly these bytes is proven. ``headers`` in
        lower case.

        Asks the provider nothing. Safe to repeat.

        Raises:
            InvalidSignature: not signed by the provider, too old, or from the future.
            MalformedEvent: signed, and not readable as an event.
        """
        ...


class Gateways:
    """The payment providers that are plugged in, by name; each is built when first asked for."""

    def __init__(self, factories: Mapping[str, Callable[[], PaymentGateway]]) -> None:
        self._factories = dict(factories)
        self._built: dict[str, PaymentGateway] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the providers."""
        return tuple(self._factories)

    def named(self, name: str) -> PaymentGateway:
        """The provider of this name.

        Raises:
            ProviderNotFound: none is plugged in by this name.
        """
        if name not in self._factories:
            raise ProviderNotFound
        if name not in self._built:
            self._built[name] = self._factories[name]()
        return self._built[name]
