"""The table: every call to DynamoDB is made here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from adapters.dynamodb.codec import Item, decode, encode
from adapters.dynamodb.errors import Busy, translate_errors
from adapters.dynamodb.expressions import parts
from adapters.dynamodb.keys import EMAIL_INDEX, INDEX, Key, index_of, key_of
from adapters.dynamodb.operations import Operation
from domain.errors import StorageUnavailable
from domain.ports.backoff import Backoff

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

ATTEMPTS = 6
"""How often a request is made that DynamoDB is too busy for; `make bench-rush` shows what more or fewer would do."""

MOST_ITEMS = 100
"""How many items DynamoDB reads in one batch."""

_SEE_WHAT_IS_THERE = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


@frozen
class IndexPage:
    """Some items of a query, and whether there are more."""

    items: list[Item]
    is_last: bool


@frozen
class Slice:
    """Some items of a partition, last first. ``last_examined`` is the sort key to read on from, None at the end."""

    items: list[Item]
    last_examined: str | None


@frozen
class Table:
    """One table, through a client that is made when it is first needed.

    Raises:
        StorageUnavailable: any method, when DynamoDB does not answer, or stays busy for all of our attempts.
    """

    client: Callable[[], DynamoDBClient]
    name: str
    backoff: Backoff

    def get(self, key: Key) -> Item | None:
        """The item, seeing every write that came before."""
        with translate_errors():
            answer = self.client().get_item(TableName=self.name, Key=encode(key.attributes), ConsistentRead=True)
        return decode(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Those of at most ``MOST_ITEMS`` items that exist, in one request, seeing every write that came before."""
        found: dict[Key, Item] = {}
        wanted = [encode(key.attributes) for key in keys]
        for attempt in range(1, ATTEMPTS + 1):
            request = cast("Any", {self.name: {"Keys": wanted, "ConsistentRead": True}})
            with translate_errors():
                answer = self.client().batch_get_item(RequestItems=request)
            items = [decode(item) for item in answer["Responses"].get(self.name, [])]
            found |= {key_of(item): item for item in items}
            if self.name not in answer["UnprocessedKeys"]:
                return found
            # DynamoDB gives what it can and names the rest; asking for it at once would only be refused again.
            wanted = cast("Any", answer["UnprocessedKeys"][self.name]["Keys"])
            if attempt < ATTEMPTS:
                self.backoff.pause(attempt)
        raise StorageUnavailable

    def query(
        self, partition: str, prefix: str, *, only: str = "", values: Mapping[str, object] | None = None
    ) -> Iterator[Item]:
        """A partition's items under a prefix, last first, read page by page as they are consumed; sees all writes.

        Under an empty prefix these are all of its items.
        ``only`` is an expression with ``values`` that the items must meet; those that do not are read all the same.
        """
        begins = {":prefix": prefix} if prefix else {}
        request = parts(
            {":partition": partition, **begins, **(values or {})},
            KeyConditionExpression="#PK = :partition" + (" AND begins_with(#SK, :prefix)" if prefix else ""),
            FilterExpression=only,
        )
        return self._pages(request | {"ConsistentRead": True, "ScanIndexForward": False})

    def first_of(self, partition: str, before: str, *, limit: int) -> list[Item]:
        """The first items of a partition, those whose sort key comes before the given one; sees all writes."""
        request = parts(
            {":partition": partition, ":key": before}, KeyConditionExpression="#PK = :partition AND #SK < :key"
        )
        with translate_errors():
            answer = self.client().query(**request, TableName=self.name, ConsistentRead=True, Limit=limit)
        return [decode(item) for item in answer["Items"]]

    def index_page(self, after: dict[str, str], *, limit: int | None = None) -> IndexPage:
        """Up to ``limit`` items of an index partition, those sorting after the given key. May lag behind writes."""
        return self._ask_index(after["GSI1PK"], "#GSI1SK > :key", after["GSI1SK"], limit)

    def index_all(self, after: dict[str, str]) -> Iterator[Item]:
        """All items of an index partition after the given key, in order, page by page. May lag behind writes."""
        while True:
            page = self.index_page(after)
            yield from page.items
            if page.is_last or not page.items:
                return
            after = index_of(page.items[-1])

    def index_between(
        self, partition: str, first: str, last: str, *, backwards: bool = False, page_size: int | None = None
    ) -> Iterator[Item]:
        """The items of an index partition from one key to another, both included, page by page as they are consumed.

        ``backwards`` gives the last one first; ``page_size`` is how many are read at once. May lag behind writes.
        """
        request = parts(
            {":partition": partition, ":first": first, ":last": last},
            KeyConditionExpression="#GSI1PK = :partition AND #GSI1SK BETWEEN :first AND :last",
        )
        bound = {} if page_size is None else {"Limit": page_size}
        return self._pages(request | bound | {"IndexName": INDEX, "ScanIndexForward": not backwards})

    def by_email(self, email: str, limit: int) -> list[Item]:
        """Up to ``limit`` items of this e-mail address, of the index of addresses. May lag behind writes."""
        request = parts({":email": email}, KeyConditionExpression="#email = :email")
        with translate_errors():
            answer = self.client().query(TableName=self.name, IndexName=EMAIL_INDEX, Limit=limit, **request)
        return [decode(item) for item in answer["Items"]]

    def slice(
        self,
        partition: str,
        first: str,
        last: str,
        *,
        examine: int,
        index: bool = False,
        only: str = "",
        values: Mapping[str, object] | None = None,
    ) -> Slice:
        """Examine up to ``examine`` items of a partition from ``last`` back to ``first``, both included, in one query.

        Of the table itself all writes are seen; with ``index`` it is a partition of the index, which may lag.
        ``only`` is an expression with ``values`` that the items given must meet; those that do not are examined too.
        """
        pk, sk = ("GSI1PK", "GSI1SK") if index else ("PK", "SK")
        request = parts(
            {":partition": partition, ":first": first, ":last": last, **(values or {})},
            KeyConditionExpression=f"#{pk} = :partition AND #{sk} BETWEEN :first AND :last",
            FilterExpression=only,
        )
        where: Any = {"IndexName": INDEX} if index else {"ConsistentRead": True}
        with translate_errors():
            answer = self.client().query(TableName=self.name, Limit=examine, ScanIndexForward=False, **where, **request)
        end = answer.get("LastEvaluatedKey")
        return Slice([decode(item) for item in answer["Items"]], str(decode(end)[sk]) if end else None)

    def _pages(self, request: dict[str, Any]) -> Iterator[Item]:
        start: dict[str, Any] = {}
        while True:
            with translate_errors():
                answer = self.client().query(TableName=self.name, **request, **start)
            yield from map(decode, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def index_before(self, partition: str, key: str, *, limit: int) -> list[Item]:
        """The first items of an index partition, those sorting before the given key. May lag behind writes."""
        return self._ask_index(partition, "#GSI1SK < :key", key, limit).items

    def _ask_index(self, partition: str, condition: str, key: str, limit: int | None) -> IndexPage:
        request = parts(
            {":partition": partition, ":key": key}, KeyConditionExpression=f"#GSI1PK = :partition AND {condition}"
        )
        bound: Any = {} if limit is None else {"Limit": limit}
        with translate_errors():
            answer = self.client().query(**request, **bound, TableName=self.name, IndexName=INDEX)
        return IndexPage([decode(item) for item in answer["Items"]], "LastEvaluatedKey" not in answer)

    def write(self, *operations: Operation) -> None:
        """Make all the operations or none; one alone costs half of what it would cost in a transaction.

        Raises:
            ConditionsFailed: nothing was written.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with translate_errors():
                    self._send(operations)
            except Busy as busy:
                if attempt == ATTEMPTS:
                    raise StorageUnavailable from busy
                self.backoff.pause(attempt)
            else:
                return

    def _send(self, operations: tuple[Operation, ...]) -> None:
        requests = [(operation.action, self._request(operation)) for operation in operations]
        match requests:
            case [("Put", request)]:
                self.client().put_item(**request)
            case [("Update", request)]:
                self.client().update_item(**request)
            case [("Delete", request)]:
                self.client().delete_item(**request)
            case _:
                items: Any = [{action: request} for action, request in requests]
                self.client().transact_write_items(TransactItems=items)

    def _request(self, operation: Operation) -> dict[str, Any]:
        # The item that failed a condition comes back with the refusal, which saves a second read.
        conditional = "ConditionExpression" in operation.request
        return {"TableName": self.name} | operation.request | (_SEE_WHAT_IS_THERE if conditional else {})
