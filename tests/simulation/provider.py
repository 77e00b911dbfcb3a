"""Stripe, as far as the school can see: checkouts, idempotency keys, coupons, customers, events, a clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from random import Random

from attrs import define, field, frozen

from domain.errors import ProviderUnavailable
from domain.money import Money
from domain.payments.events import IgnoredEvent, PaymentEvent, ReversalReported
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import SessionReference
from domain.students import Student
from tests.simulation import checkout_events
from tests.simulation.bank import Bank, SimulatedPayment
from tests.simulation.world import World, require

KEYS_LIVE = timedelta(hours=24)
SHORTEST, LONGEST = timedelta(minutes=30), timedelta(hours=24)
MINIMUM = 50
NAMES_REFUNDS = 0.8
"""The share of histories at a provider that can say which refunds are ours."""

FIRST_ACCOUNT, OTHER_ACCOUNT = "acct_1", "acct_2"

OPEN, PENDING, PAID, FAILED, EXPIRED = "open", "pending", "paid", "failed", "expired"
APPROVED = "approved"
"""Where a provider captures: the student agreed, and no money has moved."""

FUNDINGS = ("ok", "ok", "ok", "pending", "declined")


class Refused(Exception):
    """Stripe refuses a request for good."""

    def __init__(self, reason: str, param: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.param = param


KEY_REUSED, SAVED_FAILURE, MISSING, TOO_SMALL = "idempotency_error", "saved_failure", "resource_missing", "too_small"
OTHER_KEYS = "keys_of_another_account"


@define(eq=False)
class SimulatedCheckout:
    """A Checkout Session. ``seen``: its secret left for a browser, so that somebody can pay it.

    ``tampered``: somebody changed it by hand; ``reopened``: somebody made it be paid after it had closed;
    ``copied``: somebody made it after another, for the same payment session.
    """

    number: int
    session: PaymentSession
    created_at: datetime
    amount: Money | None
    livemode: bool
    customer_id: str | None
    metadata: tuple[str, str, str] | None
    """The user, the course and the payment session as the metadata name them; None where they are gone."""
    renamed: tuple[str, str, str] | None = field(default=None, init=False)
    """The same as the checkout itself names them, where somebody changed it there and not at the payment."""
    reference: str | None
    account: str = FIRST_ACCOUNT
    stage: str = OPEN
    payment_id: str | None = None
    paid_at: datetime | None = None
    seen: bool = False
    tampered: bool = False
    reopened: bool = False
    copied: bool = False
    funding: str = "ok"

    def __str__(self) -> str:
        """In few words, for a trace."""
        marks = [name for name in ("seen", "tampered", "reopened", "copied") if getattr(self, name)]
        return f"{self.checkout_id} of {self.session.payment_session_id} {self.stage} {self.amount} {' '.join(marks)}"

    @property
    def own_metadata(self) -> tuple[str, str, str] | None:
        """What the checkout itself names; its payment names ``metadata``."""
        return self.renamed or self.metadata

    @property
    def checkout_id(self) -> str:
        """Stripe's id of it."""
        return f"cs_{self.number}"

    def paid_for(self, session: PaymentSession) -> bool:
        """Whether a session was paid here: by the payment's own id, or the checkout's where nothing was to pay."""
        if session.provider_payment_id is not None or self.payment_id is not None:
            return session.provider_payment_id == self.payment_id
        return session.provider_session_id == self.checkout_id


@frozen
class _Saved:
    params: tuple[object, ...]
    at: datetime
    checkout: SimulatedCheckout | None


@define(eq=False)
class Event:
    """An event on Stripe's record."""

    number: int
    message: PaymentEvent | ReversalReported | IgnoredEvent
    at: datetime
    account: str = FIRST_ACCOUNT
    delivered: bool = False


class Provider:
    """What the providers keep, and what they do when asked. Every method is one request, carried out at once."""

    def __init__(
        self,
        world: World,
        *,
        loss: float,
        saved_failures: float,
        names: tuple[str, ...] = (checkout_events.PROVIDER,),
        capturing: Collection[str] = (),
    ) -> None:
        self.names = names
        """The providers that share this record: each sees and does only what is its own."""

        self.capturing = frozenset(capturing)
        """Those where no money moves before a capture, as at PayPal; then nothing is closed at our word either."""

        self.silent: set[str] = set()
        """Those that do not answer for the time being, while the others do."""

        self.names_refunds = Random(f"{world.seed} names refunds").random() < NAMES_REFUNDS
        """Whether it can say which refunds we asked for."""

        self.captured: dict[str, str] = {}
        self.refused: set[str] = set()
        """The payment sessions for which a checkout was refused once: the same request may be taken later."""

        """What each key of a capture led to."""

        self.world = world
        self.loss = loss
        self.saved_failures = saved_failures
        self.checkouts: list[SimulatedCheckout] = []
        self.prices: dict[str, tuple[int, str, bool]] = {}
        self.coupons: set[str] = set()
        self.lost_customers: set[str] = set()
        self.keys: dict[str, _Saved] = {}
        self.events: list[Event] = []
        self.to_deliver: list[Event] = []
        self.did: Counter[str] = Counter()
        self.account = FIRST_ACCOUNT
        self.bank = Bank(world, self.report, self._fails_for_good, names_refunds=self.names_refunds)

    # -- what the gateway asks ---------------------------------------------------------------------------------------

    def make_coupon(self, session: PaymentSession) -> None:
        """The coupon of this session's discount; one that exists is as good, whatever its key remembers."""
        key = f"{session.payment_session_id}:coupon"
        if session.payment_session_id in self.coupons:
            return
        self._forget_old_keys()
        if key in self.keys:
            raise Refused(MISSING, "coupon")
        if self._fails_for_good():
            if self.world.chance(0.5):
                self.coupons.add(session.payment_session_id)
            self.keys[key] = _Saved((), self.world.now, None)
            raise ProviderUnavailable
        self.coupons.add(session.payment_session_id)

    def create(
        self, session: PaymentSession, buyer: Student, customer_id: str | None, key: str
    ) -> tuple[SimulatedCheckout, bool]:
        """The checkout, and whether it is the answer that this key remembers.

        Our adapter does not ask with the keys of another account than the session's.
        """
        if session.account != self.account:
            self.refused.add(session.payment_session_id)
            raise Refused(OTHER_KEYS)
        self._forget_old_keys()
        params = _params(session, buyer, customer_id)
        if saved := self.keys.get(key):
            if saved.params != params:
                raise Refused(KEY_REUSED)
            if saved.checkout is None:
                raise Refused(SAVED_FAILURE)
            return saved.checkout, True
        try:
            amount = self._checked(session, customer_id)
        except Refused:
            self.refused.add(session.payment_session_id)
            raise
        if self._fails_for_good():
            if self.world.chance(0.5):
                self._open(session, amount, customer_id)
            self.keys[key] = _Saved(params, self.world.now, None)
            raise ProviderUnavailable
        checkout = self._open(session, amount, customer_id)
        self.keys[key] = _Saved(params, self.world.now, checkout)
        return checkout, False

    def retrieve(self, checkout_id: str) -> SimulatedCheckout:
        """The checkout as it stands."""
        number = int(checkout_id.removeprefix("cs_"))
        if not 0 < number <= len(self.checkouts) or self.checkouts[number - 1].account != self.account:
            raise Refused(MISSING)
        return self.current(self.checkouts[number - 1])

    def expire(self, checkout_id: str) -> SimulatedCheckout:
        """Close an open checkout."""
        checkout = self.retrieve(checkout_id)
        if checkout.stage != OPEN:
            raise Refused("not_open")
        self._close(checkout)
        return checkout

    def capture(self, checkout_id: str, key: str) -> tuple[SimulatedCheckout, str]:
        """Take the money of an approved checkout, once per key; the checkout, and "declined" if nothing was taken."""
        checkout = self.retrieve(checkout_id)
        if key not in self.captured:
            if checkout.stage in (OPEN, EXPIRED):
                self.captured[key] = "declined"
            elif checkout.stage == APPROVED:
                self.captured[key] = checkout.funding
                if checkout.funding == "ok":
                    self.pay(checkout)
                elif checkout.funding == "pending":
                    self.promise(checkout)
                else:
                    checkout.stage = OPEN
            else:
                self.captured[key] = "done"
        self.did["captured"] += 1
        return checkout, self.captured[key]

    def opened_between(self, earliest: datetime, latest: datetime) -> list[SimulatedCheckout]:
        """Checkouts opened in that time, newest first."""
        return [
            self.current(checkout)
            for checkout in reversed(self.checkouts)
            if earliest <= checkout.created_at <= latest and checkout.account == self.account
        ]

    # -- what students, banks, support and time do --------------------------------------------------------------------

    def current(self, checkout: SimulatedCheckout) -> SimulatedCheckout:
        """The checkout, closed if its time is over."""
        if checkout.stage == OPEN and self.world.now >= checkout.session.expires_at:
            self._close(checkout)
        return checkout

    def show(self, checkout_id: str, price: Money) -> None:
        """The checkout's secret leaves for a browser."""
        checkout = self.current(self.checkouts[int(checkout_id.removeprefix("cs_")) - 1])
        require(
            checkout.amount == price or checkout.tampered,
            "a browser shows another price",
            checkout_id,
            checkout.amount,
            price,
        )
        checkout.seen = True

    def copy(self, checkout: SimulatedCheckout, *, free: bool) -> None:
        """Somebody makes a second checkout for the same payment session, perhaps for nothing, and sends it."""
        amount = Money(0, "usd") if free else checkout.amount
        self._keep(checkout.session, amount, checkout.customer_id).seen = True
        self.checkouts[-1].copied = True

    def tick(self) -> None:
        """Close what is past its time."""
        for checkout in self.checkouts:
            self.current(checkout)

    def pay(self, checkout: SimulatedCheckout) -> None:
        """Money arrives, or nothing is to pay."""
        asynchronous = checkout.stage == PENDING
        checkout.stage, checkout.paid_at = PAID, self.world.now
        checkout.customer_id = checkout.customer_id or f"cus_{checkout.number}"
        self.did["paid"] += 1
        done = "checkout.session.async_payment_succeeded" if asynchronous else "checkout.session.completed"
        if checkout.amount is None or not checkout.amount.is_zero:
            checkout.payment_id = f"pi_{checkout.number}"
            self.bank.receive(_payment(checkout))
        self.emit(checkout, done)
        if checkout.payment_id is not None:
            self.emit(checkout, "payment_intent.succeeded")

    def approve(self, checkout: SimulatedCheckout, funding: str) -> None:
        """The student agrees to pay."""
        checkout.stage, checkout.funding = APPROVED, funding
        self.did["approved"] += 1
        self.emit(checkout, "checkout.approved")

    def promise(self, checkout: SimulatedCheckout) -> None:
        """The student finishes with a slow method."""
        checkout.stage = PENDING
        checkout.payment_id = f"pi_{checkout.number}"
        self.did["slow payment"] += 1
        self.emit(checkout, "checkout.session.completed")

    def bounce(self, checkout: SimulatedCheckout) -> None:
        """The slow payment fails."""
        checkout.stage = FAILED
        self.did["slow payment failed"] += 1
        self.emit(checkout, "payment_intent.payment_failed")
        self.emit(checkout, "checkout.session.async_payment_failed")

    def emit(self, checkout: SimulatedCheckout, event_type: str) -> None:
        """Put an event on record, and send it: never, once, or twice under two ids."""
        self._send(lambda event_id: checkout_events.webhook_event(checkout, event_id, event_type))

    def report(self, payment: SimulatedPayment, reversal_id: str, event_type: str) -> None:
        """Put a report about a refund or dispute on record, and send it likewise."""
        named = self.world.chance(0.5)
        self._send(
            lambda event_id: checkout_events.reversal_event(payment, reversal_id, event_id, event_type, named=named)
        )

    def _send(self, message: Callable[[str], PaymentEvent | ReversalReported | IgnoredEvent]) -> None:
        copies = 2 if self.world.chance(0.1) else 1
        for _ in range(copies):
            number = len(self.events) + 1
            event = Event(number, message(f"evt_{number}"), self.world.now, self.account)
            self.events.append(event)
            if self.world.chance(self.loss):
                self.world.faults["webhook lost"] += 1
            else:
                self.to_deliver.append(event)

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _fails_for_good(self) -> bool:
        """Whether this request fails in a way that its key remembers."""
        fails = self.world.fault_rate > 0 and self.world.chance(self.saved_failures)
        self.world.faults["saved failure"] += fails
        return fails

    def _checked(self, session: PaymentSession, customer_id: str | None) -> Money:
        if not SHORTEST <= session.expires_at - self.world.now <= LONGEST:
            raise Refused("expires_at")
        if customer_id in self.lost_customers:
            raise Refused(MISSING, "customer")
        amount, currency = session.quote.list_price.amount, session.quote.list_price.currency
        if session.provider_price_id:
            amount, currency, active = self.prices[session.provider_price_id]
            if not active:
                raise Refused("price_inactive")
        if session.quote.discount and session.payment_session_id not in self.coupons:
            raise Refused(MISSING, "discounts")
        total = max(amount - session.quote.discount, 0)
        if 0 < total < MINIMUM:
            raise Refused(TOO_SMALL)
        return Money(total, currency)

    def _open(self, session: PaymentSession, amount: Money, customer_id: str | None) -> SimulatedCheckout:
        name = session.payment_session_id
        there = [
            checkout
            for checkout in self.checkouts
            if checkout.session.payment_session_id == name and not checkout.copied
        ]
        require(not there, "a second checkout for one payment session", session)
        return self._keep(session, amount, customer_id)

    def _keep(self, session: PaymentSession, amount: Money | None, customer_id: str | None) -> SimulatedCheckout:
        checkout = SimulatedCheckout(
            number=len(self.checkouts) + 1,
            session=session,
            created_at=self.world.now,
            amount=amount,
            livemode=session.livemode,
            customer_id=customer_id,
            metadata=(session.user_id, session.course_id, session.payment_session_id),
            reference=session.payment_session_id,
            account=self.account,
        )
        self.checkouts.append(checkout)
        return checkout

    def _close(self, checkout: SimulatedCheckout) -> None:
        checkout.stage = EXPIRED
        self.emit(checkout, "checkout.session.expired")

    def _forget_old_keys(self) -> None:
        if self.world.now - KEYS_LIVE > self.world.began:
            self.keys = {key: saved for key, saved in self.keys.items() if self.world.now - saved.at < KEYS_LIVE}


def _payment(checkout: SimulatedCheckout) -> SimulatedPayment:
    amount, currency = (checkout.amount.amount, checkout.amount.currency) if checkout.amount else checkout_events.UNSOLD
    ours = checkout.metadata if not checkout.copied else None  # made by hand, its payment knows nothing of ours
    return SimulatedPayment(
        payment_id=checkout.payment_id or "",
        received=amount,
        currency=currency,
        livemode=checkout.livemode,
        reference=SessionReference(user_id=ours[0], payment_session_id=ours[2]) if ours else None,
        account=checkout.account,
        provider=checkout.session.provider,
    )


def _params(session: PaymentSession, buyer: Student, customer_id: str | None) -> tuple[object, ...]:
    return (
        session.user_id,
        session.course_id,
        session.quote,
        session.ui_mode,
        session.return_url,
        session.cancel_url,
        session.provider_price_id,
        session.expires_at,
        customer_id or buyer.email,
    )
