"""The stored items of a running school, and the invariants that must hold at any time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen
from boto3.dynamodb.types import TypeDeserializer
from moto.dynamodb.models import dynamodb_backends

from scripts.aws_emulator.server import _DYNAMODB_LOCK, ACCOUNT, REGION

Item = Mapping[str, Any]
LIVE = frozenset({"creating", "open", "processing"})
_LOCKED = LIVE | {"review"}
_PAID = frozenset({"completed", "review", "reversed"})


@frozen
class StoredItems:
    """The items of one table of the emulator, read from moto's memory: no call is made, so none is counted."""

    table: str

    def items(self) -> list[dict[str, Any]]:
        """Every item, by key."""
        with _DYNAMODB_LOCK:
            stored = dynamodb_backends[ACCOUNT][REGION].tables[self.table].all_items()
            written = [item.to_json()["Attributes"] for item in stored]
        read = TypeDeserializer().deserialize
        items = [{name: read(value) for name, value in item.items()} for item in written]
        return sorted(items, key=lambda item: (item["PK"], item["SK"]))

    def of(self, user_id: str) -> list[dict[str, Any]]:
        """The items of one student, without the student's own record."""
        return [item for item in self.items() if item["PK"] == f"USER#{user_id}" and item["SK"] != "METADATA"]

    def keys_of(self, user_id: str) -> list[str]:
        """The kinds of a student's items, sorted: CHECKOUT, COUPONUSE, COURSE, PAYMENT."""
        return sorted(item["SK"].partition("#")[0] for item in self.of(user_id))

    def coupon(self, code: str) -> dict[str, Any]:
        """The coupon's item."""
        return next(item for item in self.items() if (item["PK"], item["SK"]) == (f"COUPON#{code}", "METADATA"))

    def uses(self, code: str) -> list[dict[str, Any]]:
        """The held and redeemed uses of a coupon."""
        return [item for item in self.items() if item["SK"] == f"COUPONUSE#{code}"]

    def faults(self) -> list[str]:
        """The broken invariants, one sentence each; empty if the items are consistent."""
        return broken_invariants(self.items())


def broken_invariants(items: Iterable[Item]) -> list[str]:
    """The invariants that these items break, one sentence each."""
    everything = list(items)
    sessions = {(item["userId"], item["paymentSessionId"]): item for item in everything if _is(item, "PAYMENT#")}
    found: list[str] = []
    for check in (_enrollments, _checkout_locks, _uses, _due, _one_live, _ledger):
        found.extend(check(everything, sessions))
    found.extend(_counters(everything))
    return found


Sessions = Mapping[tuple[str, str], Item]


def _is(item: Item, prefix: str) -> bool:
    return str(item["PK"]).startswith("USER#") and str(item["SK"]).startswith(prefix)


def _owner(item: Item) -> str:
    return str(item["PK"]).partition("#")[2]


def _enrollments(items: list[Item], sessions: Sessions) -> Iterator[str]:
    for item in items:
        if not _is(item, "COURSE#") or item["enrollmentType"] != "paid":
            continue
        session = sessions.get((item["userId"], item["paymentSessionId"]), {})
        agreed = all(session.get(name) == item[name] for name in ("courseId", "amount", "currency"))
        if session.get("status") != "completed" or not agreed:
            yield f"{item['SK']} of {_owner(item)} has no completed session of its own"
    for (user, name), session in sessions.items():
        keys = [
            item for item in items if item["PK"] == f"USER#{user}" and item["SK"] == f"COURSE#{session['courseId']}"
        ]
        ended = [
            item
            for item in items
            if item["PK"] == f"USER#{user}" and str(item["SK"]).startswith(f"ENDED#{session['courseId']}")
        ]
        if session["status"] == "completed" and not keys and not ended:
            yield f"session {name} is completed and nobody is enrolled"
        if session["status"] == "reversed" and any(item.get("paymentSessionId") == name for item in keys):
            yield f"session {name} is reversed and its student is enrolled"


def _checkout_locks(items: list[Item], sessions: Sessions) -> Iterator[str]:
    for item in items:
        if _is(item, "CHECKOUT#"):
            named = sessions.get((_owner(item), item["paymentSessionId"]), {})
            if named.get("status") not in _LOCKED:
                yield f"the checkout lock {item['SK']} of {_owner(item)} names no live session"


def _uses(items: list[Item], sessions: Sessions) -> Iterator[str]:
    for item in items:
        if _is(item, "COUPONUSE#"):
            session = sessions.get((_owner(item), item["paymentSessionId"]), {})
            wanted = LIVE if item["status"] == "held" else {"completed", "review"}
            if session.get("chargedBack"):
                wanted |= {"reversed"}  # a lost dispute does not give the use back
            if session.get("status") not in wanted:
                yield f"the use {item['SK']} of {_owner(item)} is {item['status']} by a session {session.get('status')}"


def _due(_items: list[Item], sessions: Sessions) -> Iterator[str]:
    for (_user, name), session in sessions.items():
        due, status = "dueAt" in session, session["status"]
        if due != (status in LIVE) and not (due and status in _PAID):  # the rest of a paid one's story may be due
            yield f"session {name} is {session['status']}, which contradicts its dueAt"


def _one_live(_items: list[Item], sessions: Sessions) -> Iterator[str]:
    live = Counter((user, session["courseId"]) for (user, _), session in sessions.items() if session["status"] in LIVE)
    yield from (f"{user} has {count} live sessions for {course}" for (user, course), count in live.items() if count > 1)


def _ledger(items: list[Item], sessions: Sessions) -> Iterator[str]:
    booked: Counter[str] = Counter()
    for item in items:
        if str(item["PK"]).startswith("MONEY#") and item["kind"] != "fee" and "paymentSessionId" in item:
            booked[str(item["paymentSessionId"])] += int(item["amount"])
    for (_user, name), session in sessions.items():
        gone = sum(int(session.get(sum_, 0)) for sum_ in ("refunded", "repaid", "disputed", "chargedBack"))
        kept = int(session.get("received", 0)) - gone
        if booked[name] != kept:
            yield f"session {name} keeps {kept} and the ledger says {booked[name]}"


def _counters(items: list[Item]) -> Iterator[str]:
    uses = Counter(str(item["SK"]).partition("#")[2] for item in items if _is(item, "COUPONUSE#"))
    for coupon in items:
        is_coupon = str(coupon["PK"]).startswith("COUPON#") and coupon["SK"] == "METADATA"
        if not is_coupon or coupon.get("maxUses") is None:
            continue
        code, counted = coupon["code"], int(coupon["currentUses"])
        counted += sum(int(item["currentUses"]) for item in items if item["PK"].startswith(f"COUPONSHARD#{code}#"))
        if counted != uses[code]:
            yield f"{code} counts {counted} uses and {uses[code]} are held or redeemed"
        if counted > coupon["maxUses"]:
            yield f"{code} is used {counted} times, more than {coupon['maxUses']}"
