"""Counting what a botocore client asks of AWS, through botocore's own events."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from attrs import define, field


@define(eq=False)
class Calls:
    """The calls of one DynamoDB client since ``forget``: how many of each operation, and the capacity they used.

    ``units`` are what the emulator reports, which is what it is worth: compare them with figures of the same kind only.
    """

    made: list[str] = field(factory=list, init=False)
    requests: list[dict[str, Any]] = field(factory=list, init=False)
    units: Decimal = field(default=Decimal(0), init=False)

    def listen_to(self, client: Any) -> Calls:
        """Count this client's calls from now on."""
        client.meta.events.register("provide-client-params.dynamodb.*", self._ask)
        client.meta.events.register("after-call.dynamodb.*", self._answered)
        return self

    def forget(self) -> None:
        """Start anew."""
        self.made.clear()
        self.requests.clear()
        self.units = Decimal(0)

    @property
    def counted(self) -> dict[str, int]:
        """How many calls of each operation."""
        return dict(Counter(self.made))

    def _ask(self, params: dict[str, Any], model: Any, **_rest: Any) -> dict[str, Any]:
        self.made.append(model.name)
        self.requests.append(params)
        tells_units = "ReturnConsumedCapacity" in model.input_shape.members
        return params | ({"ReturnConsumedCapacity": "TOTAL"} if tells_units else {})

    def _answered(self, parsed: dict[str, Any], **_rest: Any) -> None:
        used = parsed.get("ConsumedCapacity", [])
        for one in used if isinstance(used, list) else [used]:
            self.units += Decimal(str(one.get("CapacityUnits", 0)))
