"""Stripe, as far as the school can tell: checkouts, idempotency keys, coupons, customers, events, a clock."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from attrs import define, frozen

from domain.errors import ProviderUnavailable
from domain.money import Money
from domain.payments.events import IgnoredEvent, PaymentEvent
from domain.payments.session import PaymentSession
from domain.students import Student
from tests.simulation import telling
from tests.simulation.world import World, require

KEYS_LIVE = timedelta(hours=24)
SHORTEST, LONGEST = timedelta(minutes=30), timedelta(hours=24)
MINIMUM = 50

OPEN, PENDING, PAID, FAILED, EXPIRED = "open", "pending", "paid", "failed", "expired"


class Refused(Exception):
    """Stripe refuses a request for good."""

    def __init__(self, reason: str, param: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.param = param


KEY_REUSED, SAVED_FAILURE, MISSING, TOO_SMALL = "idempotency_error", "saved_failure", "resource_missing", "too_small"


@define(eq=False)
class Till:
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
    reference: str | None
    stage: str = OPEN
    payment_id: str | None = None
    paid_at: datetime | None = None
    seen: bool = False
    tampered: bool = False
    reopened: bool = False
    copied: bool = False

    def __str__(self) -> str:
        """In few words, for a trace."""
        marks = [name for name in ("seen", "tampered", "reopened", "copied") if getattr(self, name)]
        return f"{self.till_id} of {self.session.payment_session_id} {self.stage} {self.amount} {' '.join(marks)}"

    @property
    def till_id(self) -> str:
        """Stripe's id of it."""
        return f"cs_{self.number}"

    def paid_for(self, session: PaymentSession) -> bool:
        """Whether a session was paid here: by the payment's own id, or the checkout's where nothing was to pay."""
        if session.provider_payment_id is not None:
            return session.provider_payment_id == self.payment_id
        return session.provider_session_id == self.till_id


@frozen
class _Saved:
    params: tuple[object, ...]
    at: datetime
    till: Till | None


@define(eq=False)
class Event:
    """An event on Stripe's record."""

    number: int
    message: PaymentEvent | IgnoredEvent
    at: datetime
    delivered: bool = False


class Provider:
    """What Stripe keeps, and what it does when asked. Every method is one request, carried out at once."""

    def __init__(self, world: World, *, loss: float, saved_failures: float) -> None:
        self.world = world
        self.loss = loss
        self.saved_failures = saved_failures
        self.tills: list[Till] = []
        self.prices: dict[str, tuple[int, str, bool]] = {}
        self.coupons: set[str] = set()
        self.lost_customers: set[str] = set()
        self.keys: dict[str, _Saved] = {}
        self.events: list[Event] = []
        self.to_deliver: list[Event] = []
        self.did: Counter[str] = Counter()

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

    def create(self, session: PaymentSession, buyer: Student, customer_id: str | None, key: str) -> tuple[Till, bool]:
        """The checkout, and whether it is the answer that this key remembers."""
        self._forget_old_keys()
        params = _params(session, buyer, customer_id)
        if saved := self.keys.get(key):
            if saved.params != params:
                raise Refused(KEY_REUSED)
            if saved.till is None:
                raise Refused(SAVED_FAILURE)
            return saved.till, True
        amount = self._checked(session, customer_id)
        if self._fails_for_good():
            if self.world.chance(0.5):
                self._open(session, amount, customer_id)
            self.keys[key] = _Saved(params, self.world.now, None)
            raise ProviderUnavailable
        till = self._open(session, amount, customer_id)
        self.keys[key] = _Saved(params, self.world.now, till)
        return till, False

    def retrieve(self, till_id: str) -> Till:
        """The checkout as it stands."""
        number = int(till_id.removeprefix("cs_"))
        if not 0 < number <= len(self.tills):
            raise Refused(MISSING)
        return self.current(self.tills[number - 1])

    def expire(self, till_id: str) -> Till:
        """Close an open checkout."""
        till = self.retrieve(till_id)
        if till.stage != OPEN:
            raise Refused("not_open")
        self._close(till)
        return till

    def opened_between(self, earliest: datetime, latest: datetime) -> list[Till]:
        """Checkouts opened in that time, newest first."""
        return [self.current(till) for till in reversed(self.tills) if earliest <= till.created_at <= latest]

    # -- what students, banks, support and time do --------------------------------------------------------------------

    def current(self, till: Till) -> Till:
        """The checkout, closed if its time is over."""
        if till.stage == OPEN and self.world.now >= till.session.expires_at:
            self._close(till)
        return till

    def show(self, till_id: str, price: Money) -> None:
        """The checkout's secret leaves for a browser."""
        till = self.retrieve(till_id)
        require(till.amount == price or till.tampered, "a browser shows another price", till_id, till.amount, price)
        till.seen = True

    def copy(self, till: Till) -> None:
        """Somebody makes a second checkout for the same payment session, and sends it to the student."""
        self._keep(till.session, till.amount, till.customer_id).seen = True
        self.tills[-1].copied = True

    def tick(self) -> None:
        """Close what is past its time."""
        for till in self.tills:
            self.current(till)

    def pay(self, till: Till) -> None:
        """Money arrives, or nothing is to pay."""
        asynchronous = till.stage == PENDING
        till.stage, till.paid_at = PAID, self.world.now
        till.customer_id = till.customer_id or f"cus_{till.number}"
        self.did["paid"] += 1
        done = "checkout.session.async_payment_succeeded" if asynchronous else "checkout.session.completed"
        if till.amount is None or not till.amount.is_zero:
            till.payment_id = f"pi_{till.number}"
        self.emit(till, done)
        if till.payment_id is not None:
            self.emit(till, "payment_intent.succeeded")

    def promise(self, till: Till) -> None:
        """The student finishes with a slow method."""
        till.stage = PENDING
        till.payment_id = f"pi_{till.number}"
        self.did["slow payment"] += 1
        self.emit(till, "checkout.session.completed")

    def bounce(self, till: Till) -> None:
        """The slow payment fails."""
        till.stage = FAILED
        self.did["slow payment failed"] += 1
        self.emit(till, "payment_intent.payment_failed")
        self.emit(till, "checkout.session.async_payment_failed")

    def emit(self, till: Till, event_type: str) -> None:
        """Put an event on record, and send it: never, once, or twice under two ids."""
        copies = 2 if self.world.chance(0.1) else 1
        for _ in range(copies):
            number = len(self.events) + 1
            event = Event(number, telling.event(till, f"evt_{number}", event_type), self.world.now)
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

    def _open(self, session: PaymentSession, amount: Money, customer_id: str | None) -> Till:
        name = session.payment_session_id
        there = [till for till in self.tills if till.session.payment_session_id == name and not till.copied]
        require(not there, "a second checkout for one payment session", session)
        return self._keep(session, amount, customer_id)

    def _keep(self, session: PaymentSession, amount: Money | None, customer_id: str | None) -> Till:
        till = Till(
            number=len(self.tills) + 1,
            session=session,
            created_at=self.world.now,
            amount=amount,
            livemode=session.livemode,
            customer_id=customer_id,
            metadata=(session.user_id, session.course_id, session.payment_session_id),
            reference=session.payment_session_id,
        )
        self.tills.append(till)
        return till

    def _close(self, till: Till) -> None:
        till.stage = EXPIRED
        self.emit(till, "checkout.session.expired")

    def _forget_old_keys(self) -> None:
        if self.world.now - KEYS_LIVE > self.world.began:
            self.keys = {key: saved for key, saved in self.keys.items() if self.world.now - saved.at < KEYS_LIVE}


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
