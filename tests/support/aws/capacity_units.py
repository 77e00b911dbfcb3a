"""Capacity by DynamoDB's documented rules: what a client's calls cost in write and read request units.

Sizes are of names and values as stored. A write costs a unit per started kilobyte of the larger of before and after,
twice that in a transaction (a mere condition counts as a write of what it looks at). Each index that holds the item
costs a write of its own: one where it is put, changed or taken out, two where its key there moves. A consistent read
costs a unit per started four kilobytes, an eventual one half; each item of a batch counts by itself, a query by all it
reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from math import ceil
from typing import Any

from attrs import define, field

Wire = Mapping[str, Any]
_WRITE, _READ = 1024, 4096
_TRANSACTED = 2
_HALF = Decimal("0.5")


def item_size(item: Wire) -> int:
    """Bytes of a stored item, as DynamoDB counts them."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Wire) -> int:
    """Bytes of one typed value."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_size(content)
        case "M":
            return 3 + sum(len(name.encode()) + value_size(inner) + 1 for name, inner in content.items())
        case "L":
            return 3 + sum(value_size(inner) + 1 for inner in content)
        case "SS":
            return 3 + sum(len(inner.encode()) for inner in content)
        case "BOOL" | "NULL":
            return 1
        case _:
            raise ValueError(f"The table stores no attribute of type {kind}.")


def _number_size(text: str) -> int:
    digits = Decimal(text).normalize().as_tuple()
    return ceil(len(digits.digits) / 2) + 1 + digits.sign


def write_units(before: Wire | None, after: Wire | None, *, transacted: bool) -> int:
    """What one write of an item costs in the table itself."""
    return _started(max(item_size(before or {}), item_size(after or {})), _WRITE) * (_TRANSACTED if transacted else 1)


def index_units(before: Wire | None, after: Wire | None, keys: tuple[str, ...]) -> int:
    """What the same write costs in an index with these key attributes that holds items whole."""
    was = before if before and all(key in before for key in keys) else None
    comes = after if after and all(key in after for key in keys) else None
    if was == comes:
        return 0
    if was and comes and all(was[key] == comes[key] for key in keys):
        return _started(max(item_size(was), item_size(comes)), _WRITE)
    return sum(_started(item_size(entry), _WRITE) for entry in (was, comes) if entry)


def read_units(size: int, *, consistent: bool) -> Decimal:
    """What reading so many bytes costs; looking for what is not there costs the least read."""
    return _started(size, _READ) * (Decimal(1) if consistent else _HALF)


def _started(size: int, step: int) -> int:
    return max(ceil(size / step), 1)


@define(eq=False)
class Meter:
    """What one client's calls have cost since ``reset``; ``peek`` is another client, which is not listened to.

    One call at a time: an item's image is taken before the call and after it.
    """

    peek: Any
    written: int = field(default=0, init=False)
    read: Decimal = field(default=Decimal(0), init=False)
    _indexes: dict[str, list[tuple[str, ...]]] = field(factory=dict, init=False)
    _call: tuple[str, dict[str, Any]] = field(default=("", {}), init=False)
    _before: list[Wire | None] = field(factory=list, init=False)

    def listen_to(self, client: Any) -> Meter:
        """Count this client's calls from now on."""
        client.meta.events.register("provide-client-params.dynamodb.*", self._asked)
        client.meta.events.register("after-call.dynamodb.*", self._answered)
        return self

    def reset(self) -> None:
        """Start anew."""
        self.written, self.read = 0, Decimal(0)

    def before(self, operation: str, params: dict[str, Any]) -> None:
        """A call is about to be made: look at the items that it will write."""
        self._call = (operation, params)
        self._before = [self._image(table, key) for table, key in _written(operation, params)]

    def after(self, parsed: dict[str, Any]) -> None:
        """The call was answered: count what it cost."""
        name, params = self._call
        transacted = name == "TransactWriteItems"
        for (table, key), before in zip(_written(name, params), self._before, strict=True):
            after = self._image(table, key)
            self.written += write_units(before, after, transacted=transacted)
            self.written += sum(index_units(before, after, keys) for keys in self._keys(table))
        match name:
            case "GetItem":
                self._count(parsed.get("Item", {}), consistent=params.get("ConsistentRead", False))
            case "BatchGetItem":
                self._count_batch(params["RequestItems"], parsed["Responses"])
            case "Query":
                self._count_query(params)

    def _asked(self, params: dict[str, Any], model: Any, **_rest: Any) -> None:
        self.before(model.name, params)

    def _answered(self, parsed: dict[str, Any], **_rest: Any) -> None:
        self.after(parsed)

    def _count(self, item: Wire, *, consistent: bool) -> None:
        self.read += read_units(item_size(item), consistent=consistent)

    def _count_batch(self, asked: Mapping[str, Any], found: Mapping[str, list[Wire]]) -> None:
        for table, wanted in asked.items():
            items = found.get(table, [])
            for item in (*items, *({} for _ in range(len(wanted["Keys"]) - len(items)))):
                self._count(item, consistent=wanted.get("ConsistentRead", False))

    def _count_query(self, params: dict[str, Any]) -> None:
        # A filter hides items and not their cost: asked again without it, all that is read comes back.
        words = set(re.findall(r"[#:]\w+", params["KeyConditionExpression"]))
        plain = {name: value for name, value in params.items() if name != "FilterExpression"}
        for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            if kind in params:
                plain[kind] = {name: value for name, value in params[kind].items() if name in words}
        size = sum(map(item_size, self.peek.query(**plain)["Items"]))
        self.read += read_units(size, consistent=params.get("ConsistentRead", False))

    def _image(self, table: str, key: Wire) -> Wire | None:
        found: Wire | None = self.peek.get_item(TableName=table, Key=dict(key), ConsistentRead=True).get("Item")
        return found

    def _keys(self, table: str) -> list[tuple[str, ...]]:
        if table not in self._indexes:
            known = self.peek.describe_table(TableName=table)["Table"].get("GlobalSecondaryIndexes", [])
            self._indexes[table] = [tuple(key["AttributeName"] for key in index["KeySchema"]) for index in known]
        return self._indexes[table]


def _written(operation: str, params: Mapping[str, Any]) -> list[tuple[str, Wire]]:
    """Which items an operation writes, or asks about inside a transaction: table and key."""
    match operation:
        case "TransactWriteItems":
            return [_key(write) for item in params["TransactItems"] for write in item.values()]
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return [_key(params)]
        case _:
            return []


def _key(write: Mapping[str, Any]) -> tuple[str, Wire]:
    whole = write.get("Key") or write["Item"]
    return write["TableName"], {name: whole[name] for name in ("PK", "SK")}
