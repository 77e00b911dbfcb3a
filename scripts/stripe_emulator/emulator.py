"""The emulator as one object, to embed in tests and in local stacks."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from werkzeug.wrappers import Request, Response

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.api.dispatch import Api
from scripts.stripe_emulator.api.idempotency import IdempotencyKeys
from scripts.stripe_emulator.api_version import API_VERSION
from scripts.stripe_emulator.checkout import lifecycle
from scripts.stripe_emulator.checkout.page import CheckoutPage
from scripts.stripe_emulator.checkout.receipts import Receipts
from scripts.stripe_emulator.clock import EmulatorClock
from scripts.stripe_emulator.control.control import Control
from scripts.stripe_emulator.control.dashboard import Dashboard
from scripts.stripe_emulator.control.http import ControlApi
from scripts.stripe_emulator.currencies import check_currency
from scripts.stripe_emulator.errors import Json, unknown_url
from scripts.stripe_emulator.faults import Faults
from scripts.stripe_emulator.http.json_response import json_response
from scripts.stripe_emulator.http.server import Server
from scripts.stripe_emulator.objects.catalog import price, product
from scripts.stripe_emulator.objects.webhook_endpoint import webhook_endpoint
from scripts.stripe_emulator.webhooks.delivery import BACKOFF, Webhooks

_TICK_SECONDS = 0.25


class StripeEmulator:
    """Stripe's API, its Checkout form and its webhooks, over HTTP on 127.0.0.1. All state is in memory.

    `port`: 0 takes any free one. `webhook_url`: where all events go, signed with `webhook_secret`; on this machine.
    `clock`: seconds since the epoch; webhooks are signed with it, and `advance` moves the emulator's time beyond it.
    `return_origin_check`: refuse sessions that would send the buyer to another machine.
    `settle_after`: seconds until banks do what they do later (debits, pending and failing refunds); None: only when the
    control API says so.
    `webhook_backoff`: seconds before each further attempt of a delivery. `webhook_timeout`: seconds for an answer.
    `business_name`: the merchant's name on the payment form.

    `control` has everything that scripts can do over HTTP under /emulator, `dashboard` the part of it about refunds and
    disputes. `faults`: what goes wrong. `account`: the objects that exist. `api`: the log of API calls. `webhooks`: the
    deliveries.
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
        webhook_backoff: Sequence[float] = BACKOFF,
        webhook_timeout: float = 10.0,
        business_name: str = "LearnerMax",
    ) -> None:
        self.faults = Faults()
        self.webhooks = Webhooks(
            faults=self.faults,
            signed_at=clock,
            backoff=tuple(webhook_backoff),
            timeout=webhook_timeout,
        )
        self.webhooks.send_to(webhook_url, webhook_secret)
        self.account = Account(
            clock=EmulatorClock(clock),
            publish=self.webhooks.publish,
            url=lambda: self.url,
            check_origins=return_origin_check,
            settle_after=settle_after,
        )
        self.webhooks.account = self.account
        self.api = Api(self.account, self.faults, secret_key, IdempotencyKeys(self.account.clock))
        self.dashboard = Dashboard(self.account)
        self.control = Control(self.account, self.faults, self.webhooks, self.api, self.dashboard)
        self._server = Server(port, self._respond)
        self._control_api = ControlApi(self.control, self.url)
        self._page = CheckoutPage(self.account, publishable_key, business_name)
        self._receipts = Receipts(self.account, business_name)
        self._stopped = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="stripe-clock", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens, such as http://127.0.0.1:12111."""
        return f"http://127.0.0.1:{self._server.port}"

    def start(self) -> Self:
        """Serve until stopped. The port was taken when the object was made."""
        self.webhooks.start()
        self._ticker.start()
        self._server.start()
        return self

    def stop(self) -> None:
        """End every connection and thread. Deliveries that still wait are lost. Harmless when repeated."""
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
        """Create a product and its one-time price with these ids, replacing earlier ones. Amount in minor units.

        Raises StripeError for a currency that Stripe does not know.
        """
        check_currency(currency)
        with self.account.lock:
            now = self.account.now()
            self.account.products[product_id] = product(
                {"id": product_id, "name": name, "description": description},
                now,
            )
            params = {"id": price_id, "unit_amount": unit_amount, "currency": currency}
            self.account.prices[price_id] = price(params, product_id, now)

    def endpoint(self, *, url: str, secret: str, events: Iterable[str], metadata: Mapping[str, str]) -> None:
        """Register a webhook endpoint for these events, as over the API, whose signing secret is known beforehand."""
        params = {"url": url, "enabled_events": sorted(events), "api_version": API_VERSION, "metadata": dict(metadata)}
        with self.account.lock:
            body = webhook_endpoint(params, self.account.now())
            self.account.endpoints[body["id"]] = body
            self.account.endpoint_secrets[body["id"]] = secret

    def advance(self, seconds: float) -> None:
        """Move the emulator's clock ahead; what is due by then has happened on return."""
        self.control.advance(seconds)

    def settle_webhooks(self, timeout: float = 10.0) -> bool:
        """Wait until no delivery is pending; False when some still are after `timeout` seconds."""
        return self.webhooks.settle(timeout)

    def pay(self, session_id: str, card: str | None = None, challenge: str | None = None, **buyer: Any) -> Json:
        """Pay as the buyer would; see Control.pay."""
        return self.control.pay(session_id, card, challenge, **buyer)

    def refund(self, payment: str, amount: int | None = None, reason: str | None = None) -> Json:
        """Refund in the dashboard; see Dashboard.refund. `payment`: id of a session, PaymentIntent or charge."""
        return self.dashboard.refund(payment, amount, reason)

    def succeed_refund(self, refund_id: str) -> Json:
        """Let a pending refund be done; see Dashboard.succeed_refund."""
        return self.dashboard.succeed_refund(refund_id)

    def fail_refund(self, refund_id: str, failure_reason: str | None = None) -> Json:
        """Let the bank send a refund back; see Dashboard.fail_refund."""
        return self.dashboard.fail_refund(refund_id, failure_reason)

    def cancel_refund(self, refund_id: str) -> Json:
        """Cancel a card refund in the dashboard; see Dashboard.cancel_refund."""
        return self.dashboard.cancel_refund(refund_id)

    def open_dispute(
        self, payment: str, amount: int | None = None, reason: str | None = None, *, inquiry: bool = False
    ) -> Json:
        """Let the cardholder dispute a payment; see Dashboard.open_dispute."""
        return self.dashboard.open_dispute(payment, amount, reason, inquiry=inquiry)

    def decide_dispute(self, dispute_id: str, outcome: str) -> Json:
        """Let the bank decide a dispute: `won`, `lost` or `warning_closed`; see Dashboard.decide_dispute."""
        return self.dashboard.decide_dispute(dispute_id, outcome)

    def escalate_inquiry(self, dispute_id: str) -> Json:
        """Let the bank turn an inquiry into a chargeback; see Dashboard.escalate_inquiry."""
        return self.dashboard.escalate_inquiry(dispute_id)

    def appeal_dispute(self, dispute_id: str) -> Json:
        """Let whoever lost a dispute appeal; see Dashboard.appeal_dispute."""
        return self.dashboard.appeal_dispute(dispute_id)

    def set_webhook(self, url: str | None, secret: str | None = None, keep_old_seconds: float = 0) -> None:
        """Where events go from now on, and what they are signed with."""
        self.webhooks.send_to(url, secret, keep_old_seconds)

    def _respond(self, request: Request) -> Response:
        if request.path.startswith(("/v1/", "/v2/")):
            return self.api.handle(request)
        if request.path.startswith("/emulator/"):
            return self._control_api.handle(request)
        found = self._page.handle(request) or self._receipts.handle(request)
        return found or json_response(404, unknown_url(request.method, request.path).body)

    def _tick(self) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            lifecycle.tick(self.account)
