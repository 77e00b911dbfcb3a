"""Whoever plays PayPal, the buyer's bank or the seller: what is made to happen by requests under /emulator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from attrs import frozen

from scripts.paypal_emulator.account import Account
from scripts.paypal_emulator.faults import Faults
from scripts.paypal_emulator.http_server import Answer, Request
from scripts.paypal_emulator.orders import Json, unknown

_NAME = "([A-Za-z0-9_-]+)"


@frozen
class Control:
    """Answers the requests that PayPal does not have."""

    account: Account
    faults: Faults

    def routes(self) -> tuple[tuple[str, str, str, Callable[[Request], Answer]], ...]:
        """Method, path, what faults call it, and the handler of each."""
        order, capture, dispute = (f"/emulator/{kind}/{_NAME}" for kind in ("orders", "captures", "disputes"))
        found = (
            ("GET", order, self._show),
            ("POST", f"{order}/approve", self._approve),
            ("POST", f"{order}/settle", self._settle),
            ("POST", f"{capture}/refund", self._refund),
            ("POST", f"{capture}/dispute", self._dispute),
            ("POST", f"{dispute}/respond", self._respond),
            ("POST", f"{dispute}/decide", self._decide),
            ("POST", "/emulator/transactions", self._set_listing),
            ("POST", "/emulator/faults", self._fault),
        )
        return tuple((method, path, "control", handler) for method, path, handler in found)

    def _show(self, asked: Request) -> Answer:
        order = self.account.orders.get(asked.parts[0])
        if order is None:
            raise unknown()
        return Answer(200, self.account.shown(order) | {"captures": order.captures, "refunds": order.refunds})

    def _approve(self, asked: Request) -> Answer:
        return Answer(200, self.account.approve(asked.parts[0], str(asked.body.get("funding", "ok"))))

    def _settle(self, asked: Request) -> Answer:
        self.account.settle(asked.parts[0], succeeds=bool(asked.body.get("succeeds", True)))
        return self._show(asked)

    def _refund(self, asked: Request) -> Answer:
        value = asked.body.get("value")
        return Answer(200, self.account.refund(asked.parts[0], {"amount": {"value": value}} if value else {}))

    def _dispute(self, asked: Request) -> Answer:
        inquiry = bool(asked.body.get("inquiry", False))
        return Answer(200, self.account.dispute(asked.parts[0], asked.body.get("value"), inquiry=inquiry))

    def _respond(self, asked: Request) -> Answer:
        self.account.respond(self._known(asked)["dispute_id"])
        return Answer(200, self.account.shown_dispute(self._known(asked)))

    def _decide(self, asked: Request) -> Answer:
        self.account.decide(self._known(asked)["dispute_id"], won=bool(asked.body.get("won", False)))
        return Answer(200, self.account.shown_dispute(self._known(asked)))

    def _known(self, asked: Request) -> Json:
        dispute = self.account.disputes.get(asked.parts[0])
        if dispute is None:
            raise unknown()
        return dispute

    def _set_listing(self, asked: Request) -> Answer:
        self.account.bookings.lists_after = timedelta(seconds=float(asked.body.get("late", 0)))
        self.account.bookings.may_list = bool(asked.body.get("permitted", True))
        return Answer(200, {"transactions": self.account.bookings.transactions})

    def _fault(self, asked: Request) -> Answer:
        try:
            self.faults.add(asked.body)
        except ValueError as error:
            return Answer(400, {"error": str(error)})
        return Answer(200, {})
