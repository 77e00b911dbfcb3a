"""Everything the emulated Stripe account holds, in memory, behind one lock."""

import threading
from collections.abc import Callable

from attrs import define, field

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
    # A bank debit that has not settled, and when it does by itself (None: only when told to).
    debit: Debit | None = None
    settles_at: int | None = None
    # Fields that a test wants to be wrong in this session's events (account, api_version).
    event_overrides: Json = field(factory=dict)


@define(frozen=True)
class Buyer:
    """Who pays, as typed into the form."""

    email: str
    name: str | None = None


@define
class Account:
    """The account's objects by id, in order of creation. Hold `lock` while touching any of them."""

    clock: EmulatorClock
    # Told of every event; delivers it to the webhook endpoints.
    publish: Callable[[Json], None]
    url: Callable[[], str]
    check_origins: bool = False
    settle_after: float | None = None
    lock: threading.RLock = field(factory=threading.RLock)
    checkouts: dict[str, Checkout] = field(factory=dict)
    # The ones that time can still change: open, or with a debit that settles by itself.
    live: dict[str, Checkout] = field(factory=dict)
    intents: Table = field(factory=dict)
    charges: Table = field(factory=dict)
    refunds: Table = field(factory=dict)
    customers: Table = field(factory=dict)
    products: Table = field(factory=dict)
    prices: Table = field(factory=dict)
    coupons: Table = field(factory=dict)
    endpoints: Table = field(factory=dict)
    endpoint_secrets: dict[str, str] = field(factory=dict)
    events: Table = field(factory=dict)
    same_fact_twice: bool = False

    def now(self) -> int:
        """Seconds since the epoch on the emulator's clock."""
        return self.clock.now()
