"""A long series of requests to a small table, and what DynamoDB answers to them.

The answers on file are those of AWS's DynamoDB Local; `python -m tests.support.aws.table_script URL` records them anew
from the DynamoDB that listens there.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from scripts.stack.aws_resources import create_table

RECORDED = Path(__file__).resolve().parents[2] / "payloads" / "dynamodb" / "answers.json"
TABLE = "script"

_REQUESTS = 600
_PARTITIONS, _INDEX = ("A", "B", "C", "D"), ("X", "Y", "Z")
_KEYS = [{"PK": {"S": partition}, "SK": {"S": sort}} for partition in _PARTITIONS for sort in ("1", "2", "3")]
_WRITES = ("Put", "Update", "Delete")
_CONDITIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("", {}),
    ("attribute_not_exists(PK)", {}),
    ("attribute_exists(PK)", {}),
    ("n < :limit", {":limit": {"N": "3"}}),
)
_UPDATES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ADD n :one", {":one": {"N": "1"}}),
    ("SET GSI1PK = :there, GSI1SK = :key", {":there": {"S": "Y"}, ":key": {"S": "7"}}),
    ("REMOVE GSI1PK", {}),
    ("SET email = :email", {":email": {"S": "somebody@example.com"}}),
)

Call = tuple[str, dict[str, Any]]


def script() -> Iterator[Call]:
    """Operations and their requests, always the same."""
    chance = random.Random(15)
    for number in range(_REQUESTS):
        kind = chance.choice((*_WRITES, "transaction", "transaction", "partition", "index", "email"))
        match kind:
            case "transaction":
                keys = chance.sample(_KEYS, chance.randint(1, 4))
                actions = [_action(chance, chance.choice((*_WRITES, "ConditionCheck")), key) for key in keys]
                yield "transact_write_items", {"TransactItems": actions}
            case "partition":
                yield "query", _query("PK = :pk", chance.choice(_PARTITIONS), chance)
            case "index":
                yield "query", _query("GSI1PK = :pk", chance.choice(_INDEX), chance) | {"IndexName": "GSI1"}
            case "email":
                yield "query", _query("email = :pk", f"{number % 3}@example.com", chance) | {"IndexName": "email-index"}
            case _:
                yield f"{kind.lower()}_item", _action(chance, kind, chance.choice(_KEYS))[kind]


def answers(client: Any) -> list[Any]:
    """What a DynamoDB answers to the script on a fresh table, and at the end everything that is stored.

    Of an error its code counts, and the reasons of a cancelled transaction; of a query, all items of all pages.
    """
    create_table(client, TABLE)
    try:
        given = [_answer(client, operation, request) for operation, request in script()]
        stored = _sorted(client.scan(TableName=TABLE)["Items"])
    finally:
        client.delete_table(TableName=TABLE)
    return [*given, stored]


def _action(chance: random.Random, kind: str, key: dict[str, Any]) -> dict[str, Any]:
    condition, values = chance.choice(_CONDITIONS[1:] if kind == "ConditionCheck" else _CONDITIONS)
    request: dict[str, Any] = {"TableName": TABLE, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if kind == "Put":
        more = {"n": {"N": str(chance.randint(0, 5))}, "email": {"S": f"{chance.randint(0, 2)}@example.com"}}
        index = {"GSI1PK": {"S": chance.choice(_INDEX)}, "GSI1SK": {"S": str(chance.randint(0, 9))}}
        request["Item"] = key | more | (index if chance.random() < 0.7 else {})
    else:
        request["Key"] = key
    if kind == "Update":
        request["UpdateExpression"], used = chance.choice(_UPDATES)
        values = values | used
    if condition:
        request["ConditionExpression"] = condition
    if values:
        request["ExpressionAttributeValues"] = values
    return {kind: request}


def _query(condition: str, value: str, chance: random.Random) -> dict[str, Any]:
    return {
        "TableName": TABLE,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {":pk": {"S": value}},
        "ScanIndexForward": chance.random() < 0.5,
        "Limit": chance.randint(1, 5),
    }


def _answer(client: Any, operation: str, request: dict[str, Any]) -> Any:
    try:
        if operation == "query":
            return _all_pages(client, request)
        getattr(client, operation)(**request)
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        return [
            error.response["Error"]["Code"],
            error.response.get("Item"),
            *([reason["Code"], reason.get("Item")] for reason in reasons),
        ]
    return "done"


def _all_pages(client: Any, request: dict[str, Any]) -> list[Any]:
    items: list[Any] = []
    while True:
        page = client.query(**request)
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        request = request | {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    if "IndexName" not in request:
        return items
    # The order of items that have the same key in an index is not promised.
    return [[item["GSI1SK"]["S"] for item in items] if request["IndexName"] == "GSI1" else [], _sorted(items)]


def _sorted(items: list[Any]) -> list[Any]:
    return sorted(items, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))


if __name__ == "__main__":
    from tests.support.aws.backends import a_client

    rows = ",\n".join(json.dumps(answer, sort_keys=True) for answer in answers(a_client(sys.argv[1])))
    RECORDED.write_text(f"[\n{rows}\n]\n", encoding="utf-8")
