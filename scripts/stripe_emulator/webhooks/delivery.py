"""Webhook delivery: a small pool of workers that post signed events and try again, a bounded number of times."""

import heapq
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import count

from attrs import Factory, define, field, frozen

from scripts.stripe_emulator.account import Account
from scripts.stripe_emulator.errors import Json
from scripts.stripe_emulator.faults import Faults
from scripts.stripe_emulator.ids import new_id
from scripts.stripe_emulator.webhooks.http_post import post
from scripts.stripe_emulator.webhooks.signing import signature_header

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
DEFAULT = "default"
_REMEMBERED = 5000
_OK, _OK_END = 200, 300


@define
class Delivery:
    """One event on its way to one endpoint."""

    event_id: str
    kind: str
    endpoint: str
    url: str
    # Whether the event's pending_webhooks waits for it: not for resent and doubled deliveries.
    counts: bool = True
    attempts: int = 0
    status: str = "pending"
    last_status: int | None = None
    id: str = Factory(lambda: new_id("wd_"))

    def as_json(self) -> Json:
        """As in the log: no body, no secret."""
        return {
            "id": self.id,
            "event": self.event_id,
            "type": self.kind,
            "endpoint": self.endpoint,
            "url": self.url,
            "attempts": self.attempts,
            "status": self.status,
            "last_status": self.last_status,
        }


@frozen
class Secret:
    """A signing secret, and until when it is used (None: for good)."""

    value: str
    until: float | None = None


@define
class Webhooks:
    """Sends events to the configured address and to the account's endpoints."""

    faults: Faults
    signed_at: Callable[[], float]
    backoff: tuple[float, ...] = BACKOFF
    timeout: float = 10.0
    workers: int = 4
    url: str | None = None
    secrets: list[Secret] = field(factory=list)
    account: Account = field(init=False)
    log: deque[Delivery] = field(factory=lambda: deque(maxlen=_REMEMBERED))
    _queue: list[tuple[float, int, list[Delivery]]] = field(factory=list)
    _held: list[Delivery] = field(factory=list)
    _busy: int = 0
    _stopped: bool = False
    _order: "count[int]" = field(factory=count)
    _changed: threading.Condition = field(factory=threading.Condition)
    _threads: list[threading.Thread] = field(factory=list)

    def start(self) -> None:
        """Start the workers."""
        for number in range(self.workers):
            thread = threading.Thread(target=self._work, name=f"stripe-webhooks-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Stop the workers; what is not delivered is lost. Waits for attempts under way."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(self.timeout)

    def send_to(self, url: str | None, secret: str | None, keep_old_seconds: float = 0) -> None:
        """Send to this address, signing with this secret; with the old ones too for a while, as when rolling."""
        with self._changed:
            self.url = url
            if secret is not None:
                until = self.signed_at() + keep_old_seconds
                old = [Secret(s.value, until) for s in self.secrets if s.until is None] if keep_old_seconds else []
                self.secrets = [Secret(secret), *old]

    def publish(self, event: Json) -> None:
        """Send a new event to every endpoint that wants it. Called with the account's lock held."""
        deliveries = self._addressed(event)
        event["pending_webhooks"] = len(deliveries)
        self._schedule([d for d in deliveries if not self._lost(d)])

    def resend(self, event: Json) -> int:
        """Send an event once more; how many endpoints it goes to."""
        deliveries = self._addressed(event)
        for delivery in deliveries:
            delivery.counts = False
            self.log.append(delivery)
        self._push(time.monotonic(), deliveries)
        return len(deliveries)

    def settle(self, timeout: float) -> bool:
        """Wait until nothing is on its way. False when something still is after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._queue or self._held or self._busy), timeout)

    def flush(self) -> None:
        """Send what was held back for reordering, last first."""
        with self._changed:
            held, self._held = self._held[::-1], []
        if held:
            self._push(time.monotonic(), held)

    def _addressed(self, event: Json) -> list[Delivery]:
        found = [Delivery(event["id"], event["type"], DEFAULT, self.url)] if self.url else []
        for endpoint in self.account.endpoints.values():
            wanted = endpoint["enabled_events"]
            if endpoint["status"] == "enabled" and ("*" in wanted or event["type"] in wanted):
                found.append(Delivery(event["id"], event["type"], endpoint["id"], endpoint["url"]))
        return found

    def _lost(self, delivery: Delivery) -> bool:
        self.log.append(delivery)
        if self.faults.webhooks.drops(delivery.kind):
            delivery.status = "dropped"
        return delivery.status == "dropped"

    def _schedule(self, deliveries: Iterable[Delivery]) -> None:
        wanted = self.faults.webhooks
        due = time.monotonic() + wanted.delay_seconds
        for delivery in deliveries:
            if wanted.reorder > 1:
                with self._changed:
                    self._held.append(delivery)
                    full = len(self._held) >= wanted.reorder
                if full:
                    self.flush()
            else:
                self._push(due, [delivery])
            for _ in range(wanted.duplicate):
                twin = Delivery(delivery.event_id, delivery.kind, delivery.endpoint, delivery.url, counts=False)
                self.log.append(twin)
                self._push(due, [twin])

    def _push(self, due: float, deliveries: list[Delivery]) -> None:
        with self._changed:
            heapq.heappush(self._queue, (due, next(self._order), deliveries))
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            batch = self._next()
            if batch is None:
                return
            try:
                for delivery in batch:
                    self._attempt(delivery)
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()

    def _next(self) -> list[Delivery] | None:
        """The next batch that is due; None when stopped."""
        with self._changed:
            while not self._stopped:
                wait = self._queue[0][0] - time.monotonic() if self._queue else None
                if wait is not None and wait <= 0:
                    self._busy += 1
                    return heapq.heappop(self._queue)[2]
                self._changed.wait(wait)
        return None

    def _attempt(self, delivery: Delivery) -> None:
        with self.account.lock:
            payload = json.dumps(self.account.events[delivery.event_id], indent=2).encode()
            secrets = self._secrets(delivery)
        if not secrets:
            delivery.status = "cancelled"
            return
        header = signature_header(payload, secrets, int(self.signed_at()))
        delivery.attempts += 1
        delivery.last_status = post(delivery.url, payload, header, self.timeout)
        if delivery.last_status is not None and _OK <= delivery.last_status < _OK_END:
            self._delivered(delivery)
        elif delivery.attempts > len(self.backoff):
            delivery.status = "failed"
        else:
            self._push(time.monotonic() + self.backoff[delivery.attempts - 1], [delivery])

    def _delivered(self, delivery: Delivery) -> None:
        delivery.status = "delivered"
        if delivery.counts:
            with self.account.lock:
                self.account.events[delivery.event_id]["pending_webhooks"] -= 1

    def _secrets(self, delivery: Delivery) -> list[str]:
        """The secrets to sign with; none when the endpoint is gone or disabled."""
        if delivery.endpoint == DEFAULT:
            now = self.signed_at()
            return [s.value for s in self.secrets if s.until is None or s.until > now] if self.url else []
        endpoint = self.account.endpoints.get(delivery.endpoint)
        usable = endpoint is not None and endpoint["status"] == "enabled"
        return [self.account.endpoint_secrets[delivery.endpoint]] if usable else []
