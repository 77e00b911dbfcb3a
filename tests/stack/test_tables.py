"""The emulator's DynamoDB does work that does not grow with the table; what it answers is compared in the contracts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import moto
import pytest
from moto.core.base_backend import BackendDict
from moto.dynamodb.exceptions import TransactionCanceledException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

from scripts.aws_emulator.server import ACCOUNT, REGION
from scripts.aws_emulator.tables import MOTO_VERSION, PartitionedDynamoDB, install
from tests.support.counted_calls import calls

FEW, MANY = 20, 400
NAME = "probe"


def filled(backend: DynamoDBBackend, size: int) -> DynamoDBBackend:
    """With a table of so many partitions of two items each, one of which is in an index partition of its own."""
    keys = [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]
    index = {"IndexName": "GSI1", "KeySchema": [{"AttributeName": "GSI1PK", "KeyType": "HASH"}], "Projection": {}}
    absent = ("throughput", "indexes", "streams", "sse_specification", "warm_throughput")
    backend.create_table(
        name=NAME,
        schema=keys,
        attr=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK", "GSI1PK")],
        global_indexes=[index],
        billing_mode="PAY_PER_REQUEST",
        tags=[],
        deletion_protection_enabled=False,
        **dict.fromkeys(absent),
    )
    for number in range(size):
        backend.put_item(NAME, item(number, "a") | {"GSI1PK": {"S": f"index-{number}"}})
        backend.put_item(NAME, item(number, "b"))
    return backend


def item(number: int, sort: str) -> dict[str, Any]:
    """An item's key."""
    return {"PK": {"S": f"partition-{number:05}"}, "SK": {"S": sort}}


def transaction(*, fails: bool) -> list[dict[str, Any]]:
    """Four actions on four items; the last one may have a condition that does not hold."""
    update = {
        "TableName": NAME,
        "UpdateExpression": "SET n = :n",
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    }
    condition = {"ConditionExpression": f"attribute_{'not_' if fails else ''}exists(PK)"}
    return [
        {"Put": {"TableName": NAME, "Item": item(0, "c")}},
        {"Delete": {"TableName": NAME, "Key": item(0, "b")}},
        {"Update": update | {"Key": item(1, "a")}},
        {"Update": update | {"Key": item(2, "a")} | condition},
    ]


def succeed(backend: DynamoDBBackend) -> None:
    """A transaction that goes through."""
    backend.transact_write_items(transaction(fails=False))


def fail(backend: DynamoDBBackend) -> None:
    """A transaction whose last condition does not hold."""
    with pytest.raises(TransactionCanceledException):
        backend.transact_write_items(transaction(fails=True))


def read_partition(backend: DynamoDBBackend) -> None:
    """A query of the table."""
    found, _, _ = backend.query(NAME, item(3, "")["PK"], None, [], 10, None, True, None)  # type: ignore[arg-type]
    assert len(found) == 2


def read_index(backend: DynamoDBBackend) -> None:
    """A query of the index."""
    conditions = [("GSI1PK", {"S": "index-3"})]
    found, _, _ = backend.query(
        NAME,
        None,
        None,
        [],
        10,
        None,  # type: ignore[arg-type]
        True,
        None,
        index_name="GSI1",
        hash_key_conditions=conditions,
    )
    assert len(found) == 1


WORK = (succeed, fail, read_partition, read_index)


@pytest.mark.parametrize("work", WORK)
def test_work_does_not_grow_with_the_table(work: Callable[[DynamoDBBackend], None]) -> None:
    """A transaction and a query call as many functions at twenty times the items, but for a few of Python's own."""
    few, many = (filled(PartitionedDynamoDB(REGION, ACCOUNT), size) for size in (FEW, MANY))
    assert calls(lambda: work(many)) == pytest.approx(calls(lambda: work(few)), rel=0.01)


@pytest.mark.parametrize("work", WORK)
def test_in_motos_own_tables_it_grows(work: Callable[[DynamoDBBackend], None]) -> None:
    """The control: without our tables the same count is several times as high, so there is still something to mend."""
    few, many = (filled(DynamoDBBackend(REGION, ACCOUNT), size) for size in (FEW, MANY))
    assert calls(lambda: work(many)) > 5 * calls(lambda: work(few))


def test_moto_is_the_version_that_its_changes_were_written_for() -> None:
    """A new moto may work differently inside: the emulator's README says what to read and to run."""
    assert moto.__version__ == MOTO_VERSION


def test_a_failed_transaction_leaves_the_same_table_with_the_same_items() -> None:
    """What was put is gone, what was deleted and changed is back, in the table and in the index."""
    backend = filled(PartitionedDynamoDB(REGION, ACCOUNT), FEW)
    table, before = backend.tables[NAME], [one.to_json() for one in backend.tables[NAME].all_items()]
    fail(backend)
    assert backend.tables[NAME] is table
    assert [one.to_json() for one in table.all_items()] == before
    read_index(backend)


def test_a_malformed_action_is_motos_to_refuse() -> None:
    """An action without a key, or on a table that is not there, cancels the transaction."""
    backend = filled(PartitionedDynamoDB(REGION, ACCOUNT), 1)
    for action in ({"Put": {"TableName": NAME, "Item": {}}}, {"Delete": {"TableName": "other", "Key": item(0, "a")}}):
        with pytest.raises(TransactionCanceledException):
            backend.transact_write_items([{"Put": {"TableName": NAME, "Item": item(0, "c")}}, action])
    assert len(backend.tables[NAME]) == 2


def test_it_is_installed_once_and_before_the_first_use() -> None:
    """Repeating it changes nothing; tables of moto's own are not left beside the new ones."""
    fresh = BackendDict(DynamoDBBackend, "dynamodb")
    for _ in range(2):
        install(fresh)
        assert isinstance(fresh[ACCOUNT][REGION], PartitionedDynamoDB)
    used = BackendDict(DynamoDBBackend, "dynamodb")
    assert isinstance(filled(used[ACCOUNT][REGION], 1).tables[NAME], Table)
    with pytest.raises(RuntimeError, match="used before"):
        install(used)
