"""The school in which workers are killed, selling through PayPal alone, and what its student does there."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from attrs import define, field

from scripts.paypal_emulator import PayPalEmulator
from scripts.stack.aws_resources import Clients, put_secret
from tests.support.kills.kill_points import Kill
from tests.support.kills.kill_testbed import KillTestbed, Repair, Scenario, testbed
from tests.support.stack.outcome import State
from tests.support.stack.stored_state import StoredItems, broken_invariants

_BOOKED = ("completed", "review", "reversed")


@define(eq=False)
class PayPalTestbed(KillTestbed):
    """The other testbed, with PayPal beside it."""

    paypal: PayPalEmulator = field(kw_only=True)

    def scenario(self, kills: Mapping[str, Kill] | None = None, repair: Repair = "repeat") -> PayPalScenario:
        """As the other testbed's; PayPal knows nobody."""
        super().scenario()
        account = self.paypal.account
        with account.lock:
            for kept in (account.orders, account.disputes, account.events, account.bookings.transactions):
                kept.clear()
        scenario = PayPalScenario(self, dict(kills or {}), repair, paypal=self.paypal)
        scenario.settings = {
            "payment_providers": "paypal",
            "provider_variables": {
                "PAYPAL_API_BASE": self.paypal.url,
                "PAYPAL_CERTIFICATE_ROOTS": self.paypal.roots,
            },
        }
        return scenario


@contextmanager
def paypal_testbed() -> Iterator[PayPalTestbed]:
    """Start everything, and stop it."""
    with testbed() as other, PayPalEmulator() as paypal:
        keys = {
            "PAYPAL_SECRET_KEY": paypal.client_secret,
            "PAYPAL_PUBLISHABLE_KEY": paypal.client_id,
            "PAYPAL_WEBHOOK_SECRET": paypal.webhook_id,
        }
        put_secret(Clients(other.aws.url)("secretsmanager"), "learnermax/paypal", keys)
        yield PayPalTestbed(other.aws, other.stripe, other.account, other.sqs, other.workers, other.keys, paypal=paypal)


@define(eq=False)
class PayPalScenario(Scenario):
    """What one student does at PayPal, what PayPal sends, what happens by itself."""

    paypal: PayPalEmulator = field(kw_only=True)

    def pay(self, card: str = "ok") -> None:
        """The student approves the newest order; ``card`` is what a capture of it leads to."""
        self.paypal.account.approve(self._order_id(), card)

    def arrive(self, *, succeeds: bool = True) -> None:
        """PayPal's review of a pending payment ends."""
        self.paypal.account.settle(self._order_id(), succeeds=succeeds)

    def hear(self, kind: str = "CHECKOUT.ORDER.APPROVED", *, step: str = "webhook") -> Any:
        """PayPal delivers the newest event of a kind, and again when nobody answers 200."""
        events = [event for event in self.paypal.account.events if event["event_type"] == kind]
        body, headers = self.paypal.signed(events[-1])
        named = {name.lower(): value for name, value in headers.items()}
        return self._step(step, "webhook", {"body": body.decode(), "headers": named})

    def payment(self) -> str:
        """PayPal's id of the newest capture."""
        return str(self.paypal.account.orders[self._order_id()].captures[-1]["id"])

    def loses_the_answers(self, path: str) -> None:
        """From now on PayPal does what it is asked by this operation, and the line breaks before it can say so."""
        self.paypal.faults.add({"on": path, "kind": "lost", "times": 1_000})

    def calm(self) -> None:
        """All is well again."""
        super().calm()
        self.paypal.faults.clear()

    def checkouts(self) -> list[dict[str, Any]]:
        """The student's orders, oldest first, in the words of the other testbed."""
        account = self.paypal.account
        with account.lock:
            orders = [one for one in account.orders.values() if one.unit["custom_id"].startswith(f"{self.student}|")]
            return [
                {
                    "id": order.order_id,
                    "client_reference_id": order.unit["custom_id"].split("|")[1],
                    "status": order.status,
                    "payment_status": [capture["status"] for capture in order.captures],
                    "captures": copy.deepcopy(order.captures),
                    "refunds": copy.deepcopy(order.refunds),
                }
                for order in orders
            ]

    def state(self) -> State:
        """Everything that is left, in words that do not depend on ids and times."""
        return State.of(StoredItems(self.testbed.account.table).items(), self.checkouts(), self.student)

    def faults(self) -> list[str]:
        """What is wrong with what is stored, or between storage and PayPal."""
        sessions, orders = self._own("PAYMENT#"), self.checkouts()
        captures = [
            one for order in orders for one in order["captures"] if one["status"] not in ("DECLINED", "PENDING")
        ]
        found = broken_invariants(StoredItems(self.testbed.account.table).items())
        found += [f"captured twice: {order['id']}" for order in orders if len(order["captures"]) > 1]
        booked = sum(item["amount"] for item in sessions if item["status"] in _BOOKED)
        if (paid := _cents(captures)) != booked:
            found.append(f"PayPal took {paid}, storage says {booked}")
        refunds = [one for order in orders for one in order["refunds"]]
        went_back = _cents([one for one in refunds if one["status"] in ("PENDING", "COMPLETED")])
        if went_back != (refunded := sum(item.get("refunded", 0) for item in sessions)):
            found.append(f"PayPal refunded {went_back}, storage says {refunded}")
        ours = [one["custom_id"] for one in refunds if one["custom_id"]]
        return found + ([f"a refund was made twice: {ours}"] if len(ours) != len(set(ours)) else [])

    def _order_id(self) -> str:
        return str(self.checkouts()[-1]["id"])


def _cents(ones: list[dict[str, Any]]) -> int:
    return sum(int(Decimal(one["amount"]["value"]) * 100) for one in ones)
