"""moto's DynamoDB without the work that grows with the table.

moto copies the whole table once per action of a transaction, so as to undo a failed one, and walks through all items
of the table for every query. After a few hundred enrollments each call takes longer than the product waits. Here a
transaction keeps a copy of the items that it names, and a query looks at the items of its partition. What is stored
and what is answered stay moto's own: everything else is inherited.

The subclasses rest on how moto works inside, so they are meant for one version of it. tests/stack/test_tables.py holds
that version and counts the work; tests/contracts/test_emulated_tables.py compares the answers with DynamoDB Local's.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from inspect import signature
from typing import Any

from attrs import frozen
from moto.core.base_backend import BackendDict
from moto.dynamodb import urls
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

MOTO_VERSION = "5.2.5"

_QUERY = signature(Table.query)

_Key = tuple[DynamoType, DynamoType | None]


class PartitionedTable(Table):
    """A table that finds the items of a partition without looking at the others.

    For the partition key of every index it keeps a superset of each partition's keys: whatever was ever written there.
    Reading a partition drops the keys of the items that have left it.
    """

    # Defaults of the class, because tables become instances of it after they were made.
    _read_now: list[Item] | None = None
    _copied_whole = True

    def query(self, *args: Any, **kwargs: Any) -> tuple[list[Item], int, dict[str, Any] | None]:
        """The answer is moto's own; it asks `all_items` for the items to choose from."""
        named = _QUERY.bind(self, *args, **kwargs).arguments
        if not named.get("index_name"):
            self._read_now = self._partition(named["hash_key"])
        elif named.get("hash_key_conditions"):
            self._read_now = self._index_partition(*named["hash_key_conditions"][0])
        try:
            return super().query(*args, **kwargs)
        finally:
            self._read_now = None

    def all_items(self) -> list[Item]:
        """All items in order; during a query those of its partition, which it sorts itself."""
        return super().all_items() if self._read_now is None else self._read_now

    def put_item(self, *args: Any, **kwargs: Any) -> Item:
        """Store an item, and remember its partitions."""
        item = super().put_item(*args, **kwargs)
        self.place(item)
        return item

    def place(self, item: Item) -> None:
        """Remember which partitions an item belongs to, now that it was written."""
        for attribute, partitions in self._partitions.items():
            if (value := item.attrs.get(attribute)) is not None:
                partitions.setdefault(value, {})[item.hash_key, item.range_key] = None

    def put_back(self, key: _Key, item: Item | None) -> None:
        """Let an item be what it was before; None means absent."""
        hash_key, range_key = key
        items: dict[Any, Any] = self.items[hash_key] if self.has_range_key else self.items
        own = range_key if self.has_range_key else hash_key
        if item is None:
            items.pop(own, None)
        else:
            items[own] = item
            self.place(item)

    @contextmanager
    def not_copied(self) -> Iterator[None]:
        """Until the end of the block, a copy of this table is the table itself."""
        self._copied_whole = False
        try:
            yield
        finally:
            self._copied_whole = True

    def __deepcopy__(self, memo: dict[int, Any]) -> PartitionedTable:
        if not self._copied_whole:
            return self
        twin: PartitionedTable = object.__new__(type(self))
        memo[id(self)] = twin
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    @property
    def _partitions(self) -> dict[str, dict[DynamoType, dict[_Key, None]]]:
        """Keys of items by the name of an index's partition key, and its value."""
        found: dict[str, dict[DynamoType, dict[_Key, None]]] = self.__dict__.setdefault("_keys_by_partition", {})
        return found

    def _partition(self, hash_key: DynamoType | None) -> list[Item]:
        if hash_key is None or hash_key not in self.items:
            return []
        items: Any = self.items[hash_key]
        return list(items.values()) if self.has_range_key else [items]

    def _index_partition(self, attribute: str, value: DynamoType) -> list[Item]:
        if attribute not in self._partitions:
            self._partitions[attribute] = {}
            for item in self.all_items():
                self.place(item)
        keys = self._partitions[attribute].get(value, {})
        found = {key: self.get_item(*key) for key in keys}
        here = {key: item for key, item in found.items() if item and _has(item, attribute, value)}
        for key in found.keys() - here.keys():
            del keys[key]
        return list(here.values())


class PartitionedDynamoDB(DynamoDBBackend):
    """DynamoDB with such tables. Not for several threads at once, like moto itself."""

    @property
    def _url_module(self) -> Any:
        return urls  # which moto would look for beside this module

    def create_table(self, name: str, **settings: Any) -> Table:  # type: ignore[override]
        """Make a table. moto names the class of its tables in the middle of this method, so it is changed after it."""
        table = super().create_table(name, **settings)
        table.__class__ = PartitionedTable  # type: ignore[type-abstract]
        return table

    def update_item(self, table_name: str, *args: Any, **kwargs: Any) -> Item:
        """Change an item where it is, and remember its new partitions."""
        item = super().update_item(table_name, *args, **kwargs)
        table = self.get_table(table_name)
        if isinstance(table, PartitionedTable):
            table.place(item)
        return item

    def transact_write_items(self, transact_items: list[dict[str, Any]]) -> None:
        """All actions or none. The items that the actions name are copied before, and put back if one fails."""
        named = [found for action in transact_items if (found := self._named_by(action))]
        tables = {id(item.table): item.table for item in named}.values()
        if any(table.stream_shard for table in tables):
            super().transact_write_items(transact_items)  # moto's copy undoes the records of the stream, too
            return
        with ExitStack() as uncopied:
            for table in tables:
                uncopied.enter_context(table.not_copied())
            try:
                super().transact_write_items(transact_items)
            except BaseException:
                for item in named:
                    item.table.put_back(item.key, item.before)
                raise

    def _named_by(self, action: dict[str, Any]) -> _Named | None:
        """The item that an action names, as it is now; None where moto will find no item in it either."""
        (request, *_) = action.values()
        table = self.tables.get(request.get("TableName"))
        if not isinstance(table, PartitionedTable):
            return None
        try:
            key = self.get_keys_value(table, request.get("Item") or request.get("Key") or {})
        except (MockValidationException, AttributeError, IndexError):
            return None
        return _Named(table, key, copy.deepcopy(table.get_item(*key)))


@frozen(eq=False)
class _Named:
    """An item that an action names, as it was before."""

    table: PartitionedTable
    key: _Key
    before: Item | None


def install(backends: BackendDict[DynamoDBBackend] = dynamodb_backends) -> None:
    """Make it the DynamoDB of this process's moto, for every account and region. Harmless when repeated.

    Raises:
        RuntimeError: moto's own has been used in this process before.
    """
    for _, _, backend in backends.iter_backends():
        if not isinstance(backend, PartitionedDynamoDB):
            raise RuntimeError("DynamoDB was used before its tables were installed")  # noqa: TRY004 - no argument is wrong
    backends.backend = PartitionedDynamoDB
    for account in backends.values():
        account.backend = PartitionedDynamoDB


def _has(item: Item, attribute: str, value: DynamoType) -> bool:
    own = item.attrs.get(attribute)
    return own is not None and bool(own == value)
