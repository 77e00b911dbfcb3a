"""The emulator writes DynamoDB's values as moto does, with a part of the work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.core.serialize import (
    SERVICE_SPECIFIC_SERIALIZERS,
    JSONSerializer,
    XFormedAttributePicker,
    get_serializer_class,
)
from moto.core.utils import get_service_model

from scripts.aws_emulator.attribute_values import AttributeValues, install
from tests.support.counted_calls import calls

VALUES: dict[str, dict[str, Any]] = {
    "string": {"S": "Ada"},
    "empty": {"S": ""},
    "number": {"N": "12.50"},
    "binary": {"B": b"\x00\xff"},
    "true": {"BOOL": True},
    "false": {"BOOL": False},
    "null": {"NULL": True},
    "strings": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "binaries": {"BS": [b"a", b"\xff"]},
    "nothing": {"M": {}},
    "no_elements": {"L": []},
    "map": {"M": {"S": {"S": "a name that is a type"}, "deep": {"M": {"list": {"L": [{"N": "1"}, {"B": b"x"}]}}}}},
    "list": {"L": [{"S": "a"}, {"L": [{"BOOL": False}, {"M": {"n": {"NULL": True}}}]}]},
}


def written(writer: type[JSONSerializer], operation: str, result: object) -> dict[str, Any]:
    """The answer to an operation, as moto lets its results be written."""
    model = get_service_model("dynamodb").operation_model(operation)
    answer = writer(operation_model=model, value_picker=XFormedAttributePicker()).serialize(result)
    body: dict[str, Any] = json.loads(answer["body"])
    return body


@pytest.fixture
def chosen() -> Iterator[dict[str, dict[str, Any]]]:
    """What moto chooses writers from; it is as before after the test."""
    before = dict(SERVICE_SPECIFIC_SERIALIZERS)
    yield SERVICE_SPECIFIC_SERIALIZERS
    SERVICE_SPECIFIC_SERIALIZERS.clear()
    SERVICE_SPECIFIC_SERIALIZERS.update(before)


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_written_as_moto_writes_it(name: str) -> None:
    """Every type, alone, in a list of items and in the reasons of a cancelled transaction."""
    item = {"value": VALUES[name]}
    for operation, result in (("GetItem", {"Item": item}), ("Query", {"Items": [item, item], "Count": 2})):
        ours = written(AttributeValues, operation, result)
        assert ours == written(JSONSerializer, operation, result)
        assert ours.get("Item") or ours["Items"][1]


def test_what_is_not_a_value_is_written_as_moto_writes_it() -> None:
    """The description of a table has no values; names in Python's spelling are found as before."""
    result = {"Table": {"table_name": "probe", "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}]}}
    ours = written(AttributeValues, "DescribeTable", result)
    assert ours == written(JSONSerializer, "DescribeTable", result)
    assert ours["Table"]["TableName"] == "probe"


def test_it_takes_a_tenth_of_the_work() -> None:
    """Items like those of the product: twenty attributes each. moto's own is the control."""
    result = {"Items": [{f"name-{number}": {"S": "value"} for number in range(20)} for _ in range(10)]}
    ours = calls(lambda: written(AttributeValues, "Query", result))
    assert 10 * ours < calls(lambda: written(JSONSerializer, "Query", result))


def test_it_is_installed_for_dynamodb_alone(chosen: dict[str, dict[str, Any]]) -> None:
    """It is chosen by moto for DynamoDB's JSON; other services and their special writers are left as they are."""
    chosen.pop("dynamodb", None)
    others = dict(chosen)
    assert get_serializer_class("dynamodb", "json") is JSONSerializer
    for _ in range(2):
        install()
        assert get_serializer_class("dynamodb", "json") is AttributeValues
    assert {name: chosen[name] for name in others} == others
    assert get_serializer_class("sqs", "json") is JSONSerializer
