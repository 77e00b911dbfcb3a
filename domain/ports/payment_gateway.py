"""Payment providers: what is asked of any of them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Literal, Protocol

from attrs import field, frozen

from domain.coupons import HeldCoupon
from domain.errors import ProviderNotFound, ProviderNotOffered, SalesClosed
from domain.ledger import EntryKind
from domain.money import Money
from domain.payments.events import IgnoredEvent, PaymentEvent, ReversalReported
from domain.payments.reversals import PaymentState, Reversal, ReversalReference
from domain.payments.session import PaymentSession
from domain.pricing import ProviderLimits
from domain.students import Student


@frozen(kw_only=True)
class Checkout:
    """A checkout at the provider as it stands now.

    ``event`` is what it says about our payment session (``CheckoutOpened`` while it is open and unpaid), ``amount``
    what it charges, None when that is in a currency or size we never sell in. ``client_secret`` lets the browser show
    an embedded checkout, ``redirect_url`` leads to a hosted one; each is None where the provider gives none, as it does
    once the checkout is closed. A provider may have no embedded checkout, and give a ``redirect_url`` for one.
    """

    provider_session_id: str
    event: PaymentEvent
    amount: Money | None
    expires_at: datetime
    client_secret: str | None = field(default=None, repr=False)
    redirect_url: str | None = None
    customer_is_gone: bool = False


@frozen(kw_only=True)
class ProviderAccount:
    """What may be known in public of our account: the key for the browser, and whether its money is real.

    ``account_id`` distinguishes accounts and modes; it is derived from the key. ``script_url`` is the address of the
    provider's script for the browser, None if a checkout needs none.
    """

    publishable_key: str
    livemode: bool
    account_id: str | None = None
    script_url: str | None = None

    def opened(self, session: PaymentSession) -> bool:
        """Whether the session's checkout belongs to this account and mode, as far as the session says."""
        return session.livemode == self.livemode and session.account in (None, self.account_id)


class Search(Enum):
    """The answer of a provider that cannot search for a checkout whose id was never learned."""

    NOT_POSSIBLE = "not_possible"


NotPossible = Literal[Search.NOT_POSSIBLE]


@frozen(kw_only=True)
class SessionReference:
    """A payment session of ours, as the provider repeats it."""

    user_id: str
    payment_session_id: str


@frozen(kw_only=True)
class Movement:
    """Money that moved at the provider: a payment received, a refund, a refund that failed, or a dispute's money.

    ``amount`` is signed, in minor units of ``currency``, the currency of the payment. ``provider_reversal_id`` names
    the refund or dispute, None for the payment itself. ``session`` is what the payment's metadata name, None for money
    that is not ours. ``fee`` and ``net`` are in minor units of ``settlement_currency``.
    """

    movement_id: str
    kind: EntryKind
    provider_payment_id: str
    provider_reversal_id: str | None = None
    session: SessionReference | None = None
    amount: int
    currency: str
    fee: int
    net: int
    settlement_currency: str
    occurred_at: datetime
    available_on: date


@frozen(kw_only=True)
class RebuildableCheckout:
    """A completed checkout of ours as the provider has it, with everything that is needed to store its session again.

    ``event`` says whose it is, what was paid and by which payment. ``version`` is that of the metadata: 1 had the ids
    only, so ``stage``, ``course_name``, ``coupon``, ``source``, ``ui_mode`` and ``provider_price_id`` are None there.
    ``list_amount`` and ``discount`` are in minor units of ``currency``, the provider's own code: in version 2 what was
    agreed on when the checkout was opened, in version 1 what the provider charged. Each is None if it cannot be read.
    ``created_at`` and ``expires_at`` are the session's, ``paid_at`` is when the payment was made, None if nothing was
    paid. ``email`` is what the payer typed.
    """

    event: PaymentEvent
    version: int
    stage: str | None = None
    course_name: str | None = None
    list_amount: int | None
    discount: int | None
    currency: str
    coupon: HeldCoupon | None = None
    source: str | None = None
    ui_mode: str | None = None
    provider_price_id: str | None = None
    email: str | None = field(default=None, repr=False)
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None = None


class PaymentGateway(Protocol):
    """One payment provider.

    Raises:
        ProviderUnavailable: any method that asks the provider, when no answer came. Repeat it: it may have been done.
        ProviderRejected: likewise, when the provider refuses for good.
        SecretsUnavailable: any method, when our keys cannot be read.
    """

    name: str
    limits: ProviderLimits
    has_form: bool = True
    """Whether a checkout can be shown in our page. Where not, every checkout leads to the provider's own page."""

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

        Raises:
            ProviderRejected: also when our keys are no longer those of the session's account. There the same request
                would be a new one, and its checkout one that the session's own account knows nothing of.
        """
        ...

    def look_up(self, session: PaymentSession) -> Checkout:
        """The checkout as it stands now. The session must know its ``provider_session_id``. Safe to repeat."""
        ...

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Close the checkout, so that nobody can pay it, and report how it ended.

        The event is ``CheckoutCancelled`` if this call closed it; if the student had paid first, it reports that. The
        session must know its ``provider_session_id``. Safe to repeat.

        A provider that moves no money before a capture has nothing to close: it reports ``CheckoutCancelled`` as long
        as nothing was captured, and that the session is never captured again is stored here.
        """
        ...

    def capture(self, session: PaymentSession) -> Checkout:
        """Take the money that the student approved, and report how that ended.

        The event is ``CheckoutPaid``, ``PaymentPending``, ``PaymentDeclined`` if the student may try again, or
        ``PaymentFailed`` if this checkout can never be paid. The session must know its ``provider_session_id``, and
        must be stored as capturing before. Safe to repeat with the same session, even at the same time: its id and its
        ``capture_attempts`` make all repetitions one capture. A provider that needs no capture just looks up.
        """
        ...

    def find_checkout(self, session: PaymentSession) -> Checkout | NotPossible | None:
        """Search for a checkout that was opened for this session though its id was never learned. Slow.

        ``Search.NOT_POSSIBLE`` where the provider cannot search. Safe to repeat.
        """
        ...

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """Events that our webhook has not accepted, oldest first. Safe to repeat."""
        ...

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What checkouts opened since then and completed say now. Safe to repeat."""
        ...

    def payment_state(self, session: PaymentSession) -> PaymentState:
        """The payment of this session, which knows its ``provider_payment_id``, as it is now: with all refunds and
        disputes. Safe to repeat.
        """
        ...

    def receipt_url(self, session: PaymentSession) -> str | None:  # noqa: ARG002 - of a provider without receipts
        """Where the provider shows its receipt of the session's payment just now, if it has one. Safe to repeat."""
        return None

    def refund(self, session: PaymentSession, refund: Reversal) -> None:
        """Ask for this refund of the session's payment. How it went shows in ``payment_state``.

        Safe to repeat with the same refund as long as the provider keeps its keys: the refund's id makes all
        repetitions one refund. Later ask ``payment_state`` first whether it was made.

        Raises:
            RefundRejected: the provider refuses it for good; its ``reason`` is the provider's code.
        """
        ...

    def movements(self, *, since: datetime, until: datetime) -> Iterator[Movement] | None:
        """The provider's own list of the money that moved in this time, oldest first; None if it has no such list.

        Money of others in the same account is in it, without a session of ours. Safe to repeat.
        """
        ...

    def recent_reversals(self, *, since: datetime, until: datetime) -> Iterator[ReversalReference] | None:
        """Every refund and dispute that began in this time, money moved or not; None if there is no such list."""
        ...

    def rebuildable_checkouts(self, *, since: datetime, until: datetime) -> Iterator[RebuildableCheckout]:
        """The checkouts of ours that were opened in this time and completed, oldest first, to store what was lost, as
        far as the provider lists them. Some that were opened before may be among them.

        Read lazily, so the errors may come while iterating. One that cannot be read is reported to telemetry and left
        out. Safe to repeat.
        """
        ...

    def find_session_of(self, report: ReversalReported) -> SessionReference | None:
        """Whose payment the report is about, as the provider's own records of the payment name it. Safe to repeat."""
        ...

    def payment_named_by(self, provider_id: str) -> str | None:  # noqa: ARG002 - of a provider that finds nothing else
        """The provider's id of the payment that this object of its own is about, such as a refund or a dispute; None
        if it knows no such object. Asks nothing where the id can be none of them. Safe to repeat.
        """
        return None

    def delete_customer(self, customer_id: str) -> None:  # noqa: ARG002 - of a provider without customers
        """Delete what the provider keeps about this customer besides their payments. One that is gone is deleted.

        Does nothing at a provider that keeps no customers. Safe to repeat.
        """
        return

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | ReversalReported | IgnoredEvent:
        """What a message to our webhook says, once its signature over exactly these bytes is proven. ``headers`` in
        lower case.

        Asks the provider nothing before that. Where its signature proves too little, it is asked how the checkout
        stands. Safe to repeat.

        Raises:
            InvalidSignature: not signed by the provider, too old, or from the future.
            MalformedEvent: signed, and not readable as an event.
        """
        ...


def search_checkout(gateway: PaymentGateway, session: PaymentSession) -> Checkout | NotPossible | None:
    """The checkout that was opened for this session though its id was never learned; None only if there is none.

    With the keys of another account no search finds it, which says nothing: ``Search.NOT_POSSIBLE``.
    """
    return gateway.find_checkout(session) if gateway.account().opened(session) else Search.NOT_POSSIBLE


class Gateways:
    """The payment providers that are plugged in, by name; each is built when first asked for.

    ``offered`` are those that new checkouts are opened at, the school's first choice first; all of them if not given.
    At the others only what was begun there is carried to its end.
    """

    def __init__(
        self, factories: Mapping[str, Callable[[], PaymentGateway]], offered: tuple[str, ...] | None = None
    ) -> None:
        self._factories = dict(factories)
        self._built: dict[str, PaymentGateway] = {}
        self.offered = tuple(self._factories) if offered is None else offered

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the providers."""
        return tuple(self._factories)

    def chosen(self, name: str | None = None, *, closed: Container[str] = frozenset()) -> PaymentGateway:
        """The provider that a student chose for a new checkout; the school's first if they chose none.

        ``closed`` are providers that the school does not sell through for the time being.

        Raises:
            ProviderNotOffered: the school does not sell through this one.
            SalesClosed: it sells through none at the moment.
        """
        offered = [each for each in self.offered if each not in closed]
        if not offered:
            raise SalesClosed
        chosen = offered[0] if name is None else name
        if chosen not in offered:
            raise ProviderNotOffered
        return self.named(chosen)

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
