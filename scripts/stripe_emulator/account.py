"""Everything the emulated Stripe account holds, in memory, behind one lock."""

import heapq
import threading
from collections.abc import Callable
from itertools import count

from attrs import define, field, frozen

from scripts.stripe_emulator.clock import EmulatorClock
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.payment_methods import Card, Debit

Table = dict[str, Json]


@define
class Checkout:
    """A Checkout Session: what the API shows (`body`), and what only Stripe knows."""

    body: Json
    items: list[Json]
    coupon: str | None
    # What the browser shows to prove that it may pay: the client secret, or the fragment of a hosted page's URL.
    token: str
    intent_data: Json
    # A card that waits for its 3-D Secure challenge.
    challenged: Card | None = None
    buyer: "Buyer | None" = None
    # A bank debit that has not settled, and when it does by itself (None: only by the control API).
    debit: Debit | None = None
    settles_at: int | None = None
    # Fields that a test wants to be wrong in this session's events (account, api_version).
    event_overrides: Json = field(factory=dict)


@define(frozen=True)
class Buyer:
    """Who pays, as typed into the form."""

    email: str
    name: str | None = None


@frozen(order=True)
class Scheduled:
    """Something that happens by itself at a time of the emulator's clock."""

    due: float
    number: int
    action: Callable[[], None] = field(eq=False)


@define
class Account:
    """The account's objects by id, in order of creation. Hold `lock` while touching any of them."""

    clock: EmulatorClock
    # Called with every new event; delivers it to the webhook endpoints.
    publish: Callable[[Json], None]
    url: Callable[[], str]
    check_origins: bool = False
    # Seconds until banks do what they do later (debits, pending and failing refunds); None: only by the control API.
    settle_after: float | None = None
    lock: threading.RLock = field(factory=threading.RLock)
    checkouts: dict[str, Checkout] = field(factory=dict)
    # The ones that time can still change: open, or with a debit that settles by itself.
    live: dict[str, Checkout] = field(factory=dict)
    intents: Table = field(factory=dict)
    charges: Table = field(factory=dict)
    # How each charge was paid, and the path of its receipt page.
    paid_with: dict[str, Card | Debit] = field(factory=dict)
    receipts: dict[str, str] = field(factory=dict)
    refunds: Table = field(factory=dict)
    disputes: Table = field(factory=dict)
    balance_transactions: Table = field(factory=dict)
    customers: Table = field(factory=dict)
    products: Table = field(factory=dict)
    prices: Table = field(factory=dict)
    coupons: Table = field(factory=dict)
    endpoints: Table = field(factory=dict)
    endpoint_secrets: dict[str, str] = field(factory=dict)
    events: Table = field(factory=dict)
    same_fact_twice: bool = False
    _scheduled: list[Scheduled] = field(factory=list)
    _numbers: "count[int]" = field(factory=count)

    def now(self) -> int:
        """Seconds since the epoch on the emulator's clock."""
        return self.clock.now()

    def schedule(self, seconds: float, action: Callable[[], None]) -> None:
        """Let something happen that many seconds from now."""
        heapq.heappush(self._scheduled, Scheduled(self.now() + seconds, next(self._numbers), action))

    def run_due(self) -> None:
        """Do what is due by now, in order. Called with the lock held."""
        while self._scheduled and self._scheduled[0].due <= self.now():
            heapq.heappop(self._scheduled).action()
