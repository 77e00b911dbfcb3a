"""What the emulated PayPal keeps: orders, captures, refunds, disputes, events; and what happens to them.

Nothing here knows HTTP. Everything runs under one lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import define, field

from scripts.paypal_emulator.bookings import INQUIRY, NO_DECIMALS, Bookings, iso, withholds
from scripts.paypal_emulator.kept_answers import KeptAnswers
from scripts.paypal_emulator.orders import Order, RefusedError, unknown, unprocessable

Json = dict[str, Any]

ORDER_LIFE = timedelta(hours=3)
TIME_TO_RESPOND = timedelta(days=10)
PAYER = "sam@example.com"
FUNDINGS = ("ok", "declined", "pending")


@define(eq=False)
class Account:
    """One PayPal account. ``on_event`` hears of every event; ``now`` is the time there."""

    url: str
    on_event: Callable[[Json], None] = field(default=lambda _: None)
    skew: timedelta = timedelta()
    starts: datetime | None = None
    orders: dict[str, Order] = field(factory=dict)
    disputes: dict[str, Json] = field(factory=dict)
    events: list[Json] = field(factory=list)
    webhooks: dict[str, Json] = field(factory=dict)
    bookings: Bookings = field(factory=Bookings)
    refunds_wait: bool = False
    lock: threading.RLock = field(factory=threading.RLock)
    _answers: KeptAnswers = field(factory=KeptAnswers)
    _numbers: int = 0

    def now(self) -> datetime:
        """The time here."""
        return (self.starts or datetime.now(UTC)) + self.skew

    def advance(self, seconds: float) -> None:
        """Time passes."""
        with self.lock:
            self.skew += timedelta(seconds=seconds)

    def once(self, key: str, make: Callable[[], Json]) -> tuple[Json, bool]:
        """What ``make`` returned or raised for this request id, made once; and whether it is a repetition."""
        with self.lock:
            return self._answers.once(key, make, self.now(), self._latest)

    def _latest(self, made: Json) -> Json:
        """A repetition is answered by the latest state, not by a copy of the first answer."""
        order = self.orders.get(str(made.get("id")))
        return self.shown(order) if order else deepcopy(made)

    # -- orders --------------------------------------------------------------------------------------------------------

    def create(self, body: Json) -> Json:
        """A new order."""
        try:
            [unit] = body["purchase_units"]
            value, currency = unit["amount"]["value"], unit["amount"]["currency_code"]
            amount = Decimal(value)
        except (KeyError, TypeError, ValueError, ArithmeticError):
            raise RefusedError(400, "INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER") from None
        if amount <= 0:
            raise unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE")
        decimals = -int(amount.as_tuple().exponent)
        if decimals > (0 if currency in NO_DECIMALS else 2):
            raise unprocessable("DECIMALS_NOT_SUPPORTED" if currency in NO_DECIMALS else "DECIMAL_PRECISION")
        if len(unit.get("custom_id", "")) > 127 or len(unit.get("reference_id", "")) > 256:  # noqa: PLR2004 - theirs
            raise RefusedError(400, "INVALID_REQUEST", "INVALID_STRING_LENGTH")
        order = Order(self._id("ORDER"), deepcopy(body), self.now())
        self.orders[order.order_id] = order
        return self.shown(order)

    def order(self, order_id: str) -> Order:
        """An order that is still known: one that was not captured is forgotten after its life."""
        order = self.orders.get(order_id)
        if order is None or (order.status != "COMPLETED" and self.now() - order.created >= ORDER_LIFE):
            raise unknown()
        return order

    def approve(self, order_id: str, funding: str = "ok") -> Json:
        """The buyer approves; ``funding`` is what a capture will lead to."""
        with self.lock:
            order = self.order(order_id)
            if funding not in FUNDINGS:
                raise RefusedError(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE")
            if order.status == "COMPLETED":
                raise unprocessable("ORDER_ALREADY_CAPTURED")
            order.status, order.funding = "APPROVED", funding
            self.emit("CHECKOUT.ORDER.APPROVED", "checkout-order", self.shown(order))
            return self.shown(order)

    def capture(self, order_id: str) -> Json:
        """We capture."""
        order = self.order(order_id)
        if order.status == "COMPLETED":
            raise unprocessable("ORDER_ALREADY_CAPTURED")
        if order.status != "APPROVED":
            raise unprocessable("ORDER_NOT_APPROVED")
        if order.funding == "declined":
            order.status = "PAYER_ACTION_REQUIRED"
            raise unprocessable("INSTRUMENT_DECLINED")
        capture = {
            "id": self._id("CAPTURE"),
            "status": "PENDING" if order.funding == "pending" else "COMPLETED",
            "amount": deepcopy(order.unit["amount"]),
            "custom_id": order.unit.get("custom_id", ""),
            "final_capture": True,
            "supplementary_data": {"related_ids": {"order_id": order.order_id}},
            "create_time": iso(self.now()),
        }
        order.captures.append(capture)
        if capture["status"] == "PENDING":
            capture["status_details"] = {"reason": "PENDING_REVIEW"}
        else:
            self._receive(capture)
        order.status = "COMPLETED"
        self.emit(f"PAYMENT.CAPTURE.{capture['status']}", "capture", capture)
        return self.shown(order)

    def settle(self, order_id: str, *, succeeds: bool) -> None:
        """A pending capture arrives or is denied."""
        with self.lock:
            [capture] = self.order(order_id).captures
            capture["status"] = "COMPLETED" if succeeds else "DECLINED"
            if succeeds:
                self._receive(capture)
            self.emit("PAYMENT.CAPTURE.COMPLETED" if succeeds else "PAYMENT.CAPTURE.DENIED", "capture", capture)

    def shown(self, order: Order) -> Json:
        """The order as the API answers it."""
        unit = deepcopy(order.unit)
        if order.captures:
            unit["payments"] = {"captures": deepcopy(order.captures), "refunds": deepcopy(order.refunds)}
        page = f"{self.url}/checkoutnow?token={order.order_id}"
        return {
            "id": order.order_id,
            "intent": "CAPTURE",
            "status": order.status,
            "create_time": iso(order.created),
            "purchase_units": [unit],
            **({"payer": {"email_address": PAYER}} if order.status in ("APPROVED", "COMPLETED") else {}),
            "links": [{"rel": "payer-action", "href": page, "method": "GET"}],
        }

    # -- captures, refunds, disputes -----------------------------------------------------------------------------------

    def capture_with(self, capture_id: str) -> tuple[Order, Json]:
        """A capture and its order."""
        for order in self.orders.values():
            for capture in order.captures:
                if capture["id"] == capture_id:
                    return order, capture
        raise unknown()

    def refund(self, capture_id: str, body: Json) -> Json:
        """Refund a capture, whole or in part."""
        order, capture = self.capture_with(capture_id)
        if any(one["capture"] == capture_id and withholds(one) for one in self.disputes.values()):
            raise unprocessable("TRANSACTION_DISPUTED")
        left = Decimal(capture["amount"]["value"]) - order.refunded
        value = Decimal(body.get("amount", {}).get("value", left))
        if left == 0:
            raise unprocessable("CAPTURE_FULLY_REFUNDED")
        if not 0 < value <= left:
            raise unprocessable("REFUND_AMOUNT_EXCEEDED")
        refund = {
            "id": self._id("REFUND"),
            "status": "PENDING" if self.refunds_wait else "COMPLETED",
            "amount": {"currency_code": capture["amount"]["currency_code"], "value": str(value)},
            "custom_id": body.get("custom_id", ""),
            "create_time": iso(self.now()),
            "links": [{"rel": "up", "href": f"{self.url}/v2/payments/captures/{capture_id}", "method": "GET"}],
        }
        order.refunds.append(refund)
        order.mark(capture)
        self._book("T1107", capture, -value, about=capture_id, named=refund)
        self.emit("PAYMENT.CAPTURE.REFUNDED", "refund", refund)
        return deepcopy(refund)

    def refund_with(self, refund_id: str) -> tuple[Order, Json]:
        """A refund and its order."""
        for order in self.orders.values():
            for refund in order.refunds:
                if refund["id"] == refund_id:
                    return order, refund
        raise unknown()

    def settle_refund(self, refund_id: str, *, succeeds: bool) -> None:
        """A bank carries a refund out, or sends it back."""
        with self.lock:
            order, refund = self.refund_with(refund_id)
            moved = refund["status"] == "COMPLETED"
            refund["status"] = "COMPLETED" if succeeds else "FAILED"
            if moved and not succeeds:
                self._book("T1100", refund, Decimal(refund["amount"]["value"]), about=refund_id)
            self.bookings.settle(refund_id, succeeds=succeeds)
            order.mark(order.captures[0])
            self.emit("PAYMENT.CAPTURE.REFUNDED" if succeeds else "PAYMENT.REFUND.FAILED", "refund", refund)

    def dispute(self, capture_id: str, value: str | None = None, *, inquiry: bool = False) -> Json:
        """The buyer disputes a capture."""
        with self.lock:
            _, capture = self.capture_with(capture_id)
            amount = deepcopy(capture["amount"]) | ({"value": value} if value else {})
            dispute = {
                "dispute_id": self._id("PP-D"),
                "capture": capture_id,
                "disputed_transactions": [{"seller_transaction_id": capture_id}],
                "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
                "status": "WAITING_FOR_SELLER_RESPONSE",
                "dispute_amount": amount,
                "dispute_life_cycle_stage": INQUIRY if inquiry else "CHARGEBACK",
                "create_time": iso(self.now()),
                "seller_response_due_date": iso(self.now() + TIME_TO_RESPOND),
            }
            self.disputes[dispute["dispute_id"]] = dispute
            if not inquiry:
                self._move(dispute, "T1110", "DEBIT")
            self.emit("CUSTOMER.DISPUTE.CREATED", "dispute", self.shown_dispute(dispute))
            return self.shown_dispute(dispute)

    def respond(self, dispute_id: str) -> None:
        """The seller answers a dispute, in PayPal's own pages."""
        with self.lock:
            dispute = self.disputes[dispute_id]
            dispute["status"] = "UNDER_REVIEW"
            self.emit("CUSTOMER.DISPUTE.UPDATED", "dispute", self.shown_dispute(dispute))

    def decide(self, dispute_id: str, *, won: bool) -> None:
        """A dispute is decided, for us if ``won``."""
        with self.lock:
            dispute = self.disputes[dispute_id]
            dispute["status"] = "RESOLVED"
            if won and dispute.get("money_movements"):
                self._move(dispute, "T1111", "CREDIT")
            elif not won and not dispute.get("money_movements"):
                self._move(dispute, "T1201", "DEBIT")
            dispute["dispute_outcome"] = {"outcome_code": "RESOLVED_SELLER_FAVOUR" if won else "RESOLVED_BUYER_FAVOUR"}
            self.emit("CUSTOMER.DISPUTE.RESOLVED", "dispute", self.shown_dispute(dispute))

    def shown_dispute(self, dispute: Json) -> Json:
        """The dispute as the API answers it."""
        return {name: deepcopy(value) for name, value in dispute.items() if name != "capture"}

    def charge_fee(self, dispute_id: str, value: str) -> None:
        """PayPal charges for handling a chargeback."""
        with self.lock:
            dispute = self.disputes[dispute_id]
            self._book("T0106", self.capture_with(dispute["capture"])[1], -Decimal(value), about=dispute["capture"])

    def _receive(self, capture: Json) -> None:
        """The money of a capture arrives, less PayPal's fee."""
        capture["seller_receivable_breakdown"] = self.bookings.receive(capture, self.now())

    def _move(self, dispute: Json, code: str, kind: str) -> None:
        """A dispute takes money, or gives it back."""
        amount = deepcopy(dispute["dispute_amount"])
        movement = {"affected_party": "SELLER", "type": kind, "amount": amount, "initiated_time": iso(self.now())}
        dispute.setdefault("money_movements", []).append(movement)
        value = Decimal(amount["value"]) * (1 if kind == "CREDIT" else -1)
        self._book(code, self.capture_with(dispute["capture"])[1], value, about=dispute["capture"])

    def _book(self, code: str, resource: Json, value: Decimal, *, about: str, named: Json | None = None) -> None:
        currency = resource["amount"]["currency_code"]
        self.bookings.book(code, (value, currency), self.now(), about=about, named=named or {"id": self._id("TXN")})

    # -- events --------------------------------------------------------------------------------------------------------

    def emit(self, event_type: str, resource_type: str, resource: Json) -> None:
        """An event happens."""
        event = {
            "id": self._id("WH"),
            "create_time": iso(self.now()),
            "resource_type": resource_type,
            "event_type": event_type,
            "event_version": "1.0",
            "resource_version": "2.0",
            "summary": event_type.replace(".", " ").capitalize(),
            "resource": deepcopy(resource),
        }
        self.events.append(event)
        self.on_event(event)

    def _id(self, kind: str) -> str:
        self._numbers += 1
        return f"{kind}{self._numbers:010d}"
