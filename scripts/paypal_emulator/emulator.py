"""The emulator as an HTTP server on 127.0.0.1."""

from __future__ import annotations

import base64
import re
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from attrs import define, field

from scripts.paypal_emulator import pages
from scripts.paypal_emulator.account import Account
from scripts.paypal_emulator.certificates import Certificates, make_certificates
from scripts.paypal_emulator.control import Control
from scripts.paypal_emulator.faults import Faults
from scripts.paypal_emulator.http_server import Answer, Request, connection_handler, html, moved
from scripts.paypal_emulator.orders import RefusedError
from scripts.paypal_emulator.reports import Reports
from scripts.paypal_emulator.webhooks import Deliveries, Message, signed

Json = dict[str, Any]
Handler = Callable[["Request"], "Answer"]

_CERTIFICATE = "/v1/notifications/certs/CERT-emulator"


@define(eq=False, kw_only=True)
class PayPalEmulator:
    """PayPal on this machine, as a context manager.

    ``webhook_url`` is where the webhook ``webhook_id`` gets ``webhook_events``; ``starts`` is its time at the start.
    """

    port: int = 0
    client_id: str = "paypal-client-local"
    client_secret: str = field(default="paypal-secret-local", repr=False)
    webhook_id: str = "WH-LOCAL"
    webhook_url: str | None = None
    webhook_events: tuple[str, ...] = ("*",)
    starts: datetime | None = None
    certificates: Certificates = field(factory=make_certificates)
    account: Account = field(init=False)
    deliveries: Deliveries = field(init=False)
    faults: Faults = field(factory=Faults, init=False)
    calls: Counter[str] = field(factory=Counter, init=False)
    _server: ThreadingHTTPServer | None = field(default=None, init=False)
    _folder: tempfile.TemporaryDirectory[str] | None = field(default=None, init=False)
    _refusals: list[RefusedError] = field(factory=list, init=False)
    _token: str = field(default="A21AA-emulated-token", init=False)

    def start(self) -> Self:
        """Listen. Raises OSError if the port is taken."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), connection_handler(self.answer))
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._folder = tempfile.TemporaryDirectory(prefix="paypal-emulator-")
        Path(self.roots).write_bytes(self.certificates.root)
        self.account = Account(self.url, on_event=self._deliver, starts=self.starts)
        if self.webhook_url:
            types = [{"name": name} for name in self.webhook_events]
            self.account.webhooks[self.webhook_id] = {
                "id": self.webhook_id,
                "url": self.webhook_url,
                "event_types": types,
            }
        self.deliveries = Deliveries(self.webhook_url)
        self.deliveries.start()
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop. Harmless when repeated."""
        if self._server:
            self.deliveries.stop()
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if self._folder:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The URL of the API, of the buyer's page and of the control."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def roots(self) -> str:
        """The file of the root that its certificate chains to."""
        return str(Path(self._folder.name if self._folder else "") / "roots.pem")

    def signed(self, event: Json | bytes, webhook_id: str | None = None) -> Message:
        """A delivery of this event, or of any bytes, to our webhook or another one."""
        return signed(
            event,
            at=self.account.now(),
            webhook_id=webhook_id or self.webhook_id,
            certificates=self.certificates,
            cert_url=f"{self.url}{_CERTIFICATE}",
        )

    def withdraw_token(self) -> None:
        """The access token that was handed out no longer works."""
        self._token += "-next"

    def refuse_next_capture(self, refused: RefusedError) -> None:
        """The next capture is refused with this."""
        self._refusals.append(refused)

    def answer(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> Answer | None:
        """The answer to a request; None if the connection just ends."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        for known, pattern, operation, handler in self._routes():
            found = re.fullmatch(pattern, parts.path)
            if known != method or found is None:
                continue
            self.calls[operation] += 1
            fault = self.faults.take(operation)
            if fault == "before":
                return None
            if fault in ("unavailable", "slow_down"):
                status = 503 if fault == "unavailable" else 429
                return Answer(status, {"name": "RATE_LIMIT_REACHED" if status == 429 else "INTERNAL_SERVER_ERROR"})  # noqa: PLR2004
            given = self._answered(handler, operation, Request(found.groups(), query, headers, raw))
            return None if fault == "lost" else given
        return Answer(404, {"name": "RESOURCE_NOT_FOUND"})

    def _answered(self, handler: Handler, operation: str, request: Request) -> Answer:
        try:
            if operation in _PUBLIC or request.headers.get("authorization") == f"Bearer {self._token}":
                return handler(request)
            return Answer(401, {"name": "AUTHENTICATION_FAILURE"})
        except RefusedError as refused:
            details = [{"issue": refused.issue}] if refused.issue else []
            return Answer(refused.status, {"name": refused.name, "debug_id": "emulated", "details": details})

    def _deliver(self, event: Json) -> None:
        for webhook in self.account.webhooks.values():
            if {"*", event["event_type"]} & {one["name"] for one in webhook["event_types"]}:
                self.deliveries.send(event["id"], self.signed(event, webhook["id"]), webhook["url"])

    def _routes(self) -> tuple[tuple[str, str, str, Handler], ...]:
        name = "([A-Za-z0-9_-]+)"
        reports = Reports(self.account, self.deliveries, self.signed)
        order = f"/v2/checkout/orders/{name}"
        return (
            ("POST", "/v1/oauth2/token", "token", self._new_token),
            ("POST", "/v2/checkout/orders", "create", self._create),
            ("GET", order, "get", lambda asked: Answer(200, self.account.shown(self.account.order(asked.parts[0])))),
            ("POST", f"{order}/capture", "capture", self._capture),
            (
                "GET",
                f"/v2/payments/captures/{name}",
                "other",
                lambda asked: Answer(200, self.account.capture_with(asked.parts[0])[1]),
            ),
            ("POST", f"/v2/payments/captures/{name}/refund", "refund", self._refund),
            (
                "GET",
                f"/v2/payments/refunds/{name}",
                "other",
                lambda asked: Answer(200, self.account.refund_with(asked.parts[0])[1]),
            ),
            ("GET", "/v1/reporting/transactions", "transactions", reports.list_transactions),
            ("GET", "/v1/customer/disputes", "disputes", reports.list_disputes),
            ("GET", f"/v1/customer/disputes/{name}", "disputes", reports.dispute),
            ("GET", "/v1/notifications/webhooks", "webhooks", reports.list_webhooks),
            ("POST", "/v1/notifications/webhooks", "webhooks", reports.create_webhook),
            ("PATCH", f"/v1/notifications/webhooks/{name}", "webhooks", reports.change_webhook),
            ("DELETE", f"/v1/notifications/webhooks/{name}", "webhooks", reports.delete_webhook),
            ("GET", "/v1/notifications/webhooks-events", "other", reports.list_events),
            ("GET", f"/v1/notifications/webhooks-events/{name}", "other", reports.show_event),
            ("POST", f"/v1/notifications/webhooks-events/{name}/resend", "other", reports.resend),
            ("POST", "/v1/notifications/verify-webhook-signature", "verify", self._verify),
            ("GET", f"/v1/notifications/certs/{name}", "certificate", lambda _: Answer(200, self.certificates.chain)),
            ("GET", "/checkoutnow", "page", self._page),
            ("POST", "/checkoutnow", "page", self._click),
            *Control(self.account, self.faults).routes(),
        )

    # -- the API -------------------------------------------------------------------------------------------------------

    def _new_token(self, asked: Request) -> Answer:
        known = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {known}":
            return Answer(401, {"error": "invalid_client", "error_description": "Client Authentication failed"})
        return Answer(200, {"access_token": self._token, "token_type": "Bearer", "expires_in": 32_400})

    def _create(self, asked: Request) -> Answer:
        body = asked.body
        made, again = self.account.once(asked.headers.get("paypal-request-id", ""), lambda: self.account.create(body))
        return Answer(200 if again else 201, made)

    def _capture(self, asked: Request) -> Answer:
        if self._refusals:
            raise self._refusals.pop(0)
        key = asked.headers.get("paypal-request-id", "")
        made, again = self.account.once(key, lambda: self.account.capture(asked.parts[0]))
        return Answer(200 if again else 201, made)

    def _refund(self, asked: Request) -> Answer:
        body, key = asked.body, asked.headers.get("paypal-request-id", "")
        made, again = self.account.once(key, lambda: self.account.refund(asked.parts[0], body))
        return Answer(200 if again else 201, made)

    def _verify(self, asked: Request) -> Answer:
        body = asked.body
        # The event as it stands in the request, byte for byte, as PayPal takes it.
        _, _, event = asked.raw.partition(b'"webhook_event": ')
        wanted = self.certificates.sign(
            str(body.get("transmission_id")),
            str(body.get("transmission_time")),
            self.webhook_id,
            event[:-1],
        )
        genuine = body.get("webhook_id") == self.webhook_id and body.get("transmission_sig") == wanted
        return Answer(200, {"verification_status": "SUCCESS" if genuine else "FAILURE"})

    # -- the buyer -----------------------------------------------------------------------------------------------------

    def _page(self, asked: Request) -> Answer:
        return html(pages.page(self.account.order(asked.query.get("token", ""))))

    def _click(self, asked: Request) -> Answer:
        order = self.account.order(asked.query.get("token", ""))
        chosen = parse_qs(asked.raw.decode()).get("funding", [""])[0]
        if chosen == "cancel":
            return moved(pages.back_to(order, cancelled=True))
        self.account.approve(order.order_id, "ok" if chosen == "tab" else chosen)
        if chosen == "tab":
            return html(pages.page(order, "Approved. You may close this tab."))
        return moved(pages.back_to(order, cancelled=False))


_PUBLIC = {"token", "certificate", "page", "control"}
