"""An order as the emulator keeps it, and how it refuses requests."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import define, field

Json = dict[str, Any]

_COUNTED = {"PENDING", "COMPLETED"}


class RefusedError(Exception):
    """A request that PayPal refuses, with HTTP status, name and issue."""

    def __init__(self, status: int, name: str, issue: str = "") -> None:
        super().__init__(issue or name)
        self.status = status
        self.name = name
        self.issue = issue


def unprocessable(issue: str) -> RefusedError:
    """A refusal of what is asked for, not of how."""
    return RefusedError(422, "UNPROCESSABLE_ENTITY", issue)


def unknown() -> RefusedError:
    """The resource does not exist, or no longer."""
    return RefusedError(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")


@define(eq=False)
class Order:
    """An order, with what the next capture leads to."""

    order_id: str
    body: Json
    created: datetime
    status: str = "PAYER_ACTION_REQUIRED"
    funding: str = "ok"
    captures: list[Json] = field(factory=list)
    refunds: list[Json] = field(factory=list)

    @property
    def unit(self) -> Json:
        """The one purchase unit."""
        unit: Json = self.body["purchase_units"][0]
        return unit

    @property
    def experience(self) -> Json:
        """Where the buyer is sent back to."""
        context: Json = self.body.get("payment_source", {}).get("paypal", {}).get("experience_context", {})
        return context

    @property
    def refunded(self) -> Decimal:
        """What was refunded, or is on its way."""
        return sum((Decimal(one["amount"]["value"]) for one in self.refunds if one["status"] in _COUNTED), Decimal())

    def mark(self, capture: Json) -> None:
        """Let the capture say how much of it was refunded."""
        whole = self.refunded == Decimal(capture["amount"]["value"])
        capture["status"] = "REFUNDED" if whole else "PARTIALLY_REFUNDED" if self.refunded else "COMPLETED"
