"""The state that a use case leaves behind, in a form in which two runs can be compared."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from attrs import define, field, frozen

_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_MOVEMENT = re.compile(r"\b(txn|ch|re|du|dp|evt|au)_\w+")
_KINDS = (r"ps_[0-9a-f]{32}", r"cs_test_\w+", r"pi_\w+", r"cus_\w+", r"ORDER\d{10}", r"CAPTURE\d{10}")
_NUMBERED = re.compile(r"\b(REFUND|PP-D|WH|TXN)\d{10}")


@frozen
class State:
    """The table's items and the provider's checkouts. Ids are numbered by the order of the sessions, times replaced.

    Records of processed events are reduced to their outcomes: which of several reports arrives first is chance.
    So are the reports that ledger entries came by, and the movements that Stripe has numbered by chance.
    Rate-limit counters are left out: a repeated request is counted again, in whatever minute it is made.
    """

    items: tuple[str, ...]
    outcomes: tuple[str, ...]
    checkouts: tuple[str, ...]

    @classmethod
    def of(cls, items: list[dict[str, Any]], checkouts: list[dict[str, Any]], student: str) -> State:
        """The state that these items and checkouts make."""
        named = _Names(student)
        sessions = [item for item in items if str(item["SK"]).startswith("PAYMENT#")]
        named.learn(json.dumps(sorted(sessions, key=lambda item: str(item["createdAt"])), default=str))
        events = [item for item in items if str(item["PK"]).startswith("EVENT#")]
        rate_limits = [item for item in items if str(item["PK"]).startswith("RATE#")]
        others = [item for item in items if item not in events and item not in rate_limits]
        shown = [(body["client_reference_id"], body["status"], body["payment_status"]) for body in checkouts]
        return cls(
            items=tuple(sorted(named.say(_without_chance(item)) for item in others)),
            outcomes=tuple(sorted({named.say((item["paymentSessionId"], item["outcome"])) for item in events})),
            checkouts=tuple(sorted(map(named.say, shown))),
        )

    def unlike(self, other: State) -> list[str]:
        """The differences: what only this state (+) or only the other (-) has."""
        return [
            f"{sign} {entry}"
            for sign, one, another in (("+", self, other), ("-", other, self))
            for name in ("items", "outcomes", "checkouts")
            for entry in sorted(set(getattr(one, name)) - set(getattr(another, name)))
        ]


def _without_chance(item: dict[str, Any]) -> dict[str, Any]:
    """A ledger entry without the report that happened to bring it; anything else as it is."""
    if not str(item["PK"]).startswith("MONEY#"):
        return item
    return {name: value for name, value in item.items() if name not in {"eventId", "eventType"}}


@define
class _Names:
    student: str
    known: dict[str, str] = field(factory=dict)
    counted: Counter[str] = field(factory=Counter)

    def learn(self, text: str) -> None:
        for kind in _KINDS:
            for found in re.findall(kind, text):
                prefix = found.partition("_")[0].rstrip("0123456789")
                if found not in self.known:
                    self.counted[prefix] += 1
                    self.known[found] = f"{prefix}-{self.counted[prefix]}"

    def say(self, value: object) -> str:
        text = json.dumps(value, sort_keys=True, default=str).replace(self.student, "student")
        text = re.sub(r'"DUE#\d"', '"DUE"', _TIME.sub("time", text))
        text = re.sub("|".join(_KINDS), lambda found: self.known.get(found[0], "unknown"), text)
        text = _NUMBERED.sub(r"\1_numbered", _MOVEMENT.sub(r"\1_numbered", text))
        text = re.sub(r"(student\.[A-Za-z0-9-]+)\.\d{13}\b", r"\1.time", text)  # the key of a free enrollment's entry
        return re.sub(r'"ttl": "?\d+"?', '"ttl": "time"', text)
