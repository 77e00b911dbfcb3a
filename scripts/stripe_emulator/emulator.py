"""The emulator as one object: to embed in tests and in the local stack."""

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from scripts.stripe_emulator import lifecycle, objects, webhooks
from scripts.stripe_emulator.api import Api
from scripts.stripe_emulator.backstage import Backstage
from scripts.stripe_emulator.checkout_page import CheckoutPage
from scripts.stripe_emulator.clock import EmulatorClock
from scripts.stripe_emulator.control import Control
from scripts.stripe_emulator.errors import Json, unknown_url
from scripts.stripe_emulator.faults import Faults
from scripts.stripe_emulator.http import Hangup, Request, Response, json_response
from scripts.stripe_emulator.idempotency import IdempotencyKeys
from scripts.stripe_emulator.server import Server
from scripts.stripe_emulator.world import World

_TICK_SECONDS = 0.25


class StripeEmulator:
    """The part of Stripe that the product uses, over HTTP on 127.0.0.1. All state is in memory.

    `settle_after`: seconds after which a bank debit settles by itself (None: only when told to).
    `return_origin_check`: refuse sessions that would send the buyer to another machine.
    `clock` is also what webhooks are signed with; advancing moves the emulator's time only.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        secret_key: str = "sk_test_local",
        publishable_key: str = "pk_test_local",
        webhook_url: str | None = None,
        webhook_secret: str = "whsec_local",
        clock: Callable[[], float] = time.time,
        return_origin_check: bool = False,
        settle_after: float | None = None,
        webhook_backoff: Sequence[float] = webhooks.BACKOFF,
        webhook_timeout: float = 10.0,
        business_name: str = "LearnerMax",
    ) -> None:
        self.faults = Faults()
        self.webhooks = webhooks.Webhooks(
            faults=self.faults,
            signed_at=clock,
            backoff=tuple(webhook_backoff),
            timeout=webhook_timeout,
        )
        self.webhooks.point(webhook_url, webhook_secret)
        self.world = World(
            clock=EmulatorClock(clock),
            publish=self.webhooks.publish,
            url=lambda: self.url,
            check_origins=return_origin_check,
            settle_after=settle_after,
        )
        self.webhooks.world = self.world
        self.api = Api(self.world, self.faults, secret_key, IdempotencyKeys(self.world.clock))
        self.backstage = Backstage(self.world, self.faults, self.webhooks, self.api)
        self._server = Server(port, self._respond)
        self._control = Control(self.backstage, self.url)
        self._page = CheckoutPage(self.world, publishable_key, business_name)
        self._stopped = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="stripe-clock", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens, such as http://127.0.0.1:12111."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Self:
        """Serve until stopped. The port was taken when the object was made."""
        self.webhooks.start()
        self._ticker.start()
        self._server.start()
        return self

    def stop(self) -> None:
        """End every connection and thread. Deliveries that still wait are lost."""
        self._stopped.set()
        self.faults.release()
        self._server.close()
        self.webhooks.stop()
        if self._ticker.is_alive():
            self._ticker.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def catalog(
        self,
        *,
        product_id: str,
        price_id: str,
        name: str,
        unit_amount: int,
        currency: str = "usd",
        description: str | None = None,
    ) -> None:
        """Put a product and its one-time price there, with these ids; again: they are replaced."""
        with self.world.lock:
            now = self.world.now()
            self.world.products[product_id] = objects.product(
                {"id": product_id, "name": name, "description": description},
                now,
            )
            price = {"id": price_id, "unit_amount": unit_amount, "currency": currency}
            self.world.prices[price_id] = objects.price(price, product_id, now)

    def advance(self, seconds: float) -> None:
        """Move the emulator's clock ahead; what is due by then has happened on return."""
        self.backstage.advance(seconds)

    def settle_webhooks(self, timeout: float = 10.0) -> bool:
        """Wait until no delivery is pending; False when some still are after `timeout` seconds."""
        return self.webhooks.settle(timeout)

    def pay(self, session_id: str, card: str | None = None, challenge: str | None = None, **buyer: Any) -> Json:
        """Pay as the buyer would; see Backstage.pay."""
        return self.backstage.pay(session_id, card, challenge, **buyer)

    def set_webhook(self, url: str | None, secret: str | None = None, keep_old_seconds: float = 0) -> None:
        """Where events go from now on, and what they are signed with."""
        self.webhooks.point(url, secret, keep_old_seconds)

    def _respond(self, request: Request) -> Response | Hangup:
        if request.path.startswith("/v1/"):
            return self.api.handle(request)
        if request.path.startswith("/emulator/"):
            return self._control.handle(request)
        found = self._page.handle(request)
        return found or json_response(404, unknown_url(request.method, request.path).body)

    def _tick(self) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            lifecycle.tick(self.world)
