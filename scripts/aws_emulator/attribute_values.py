"""moto's answers of DynamoDB, without looking for the types that a value does not have.

An attribute's value has one of ten types. moto asks each value for all ten, under every name that it might have in
Python: that is more than half of the processor time of a call. Here a value is asked for the types it has. How a type
is written into the answer stays moto's own.

It rests on how moto works inside, as `tables` does, and is held to the same version by tests/stack/test_tables.py.
"""

from __future__ import annotations

from typing import Any

from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS, JSONSerializer

_SHAPE = "AttributeValue"


class AttributeValues(JSONSerializer):
    """Writes DynamoDB's answers as JSON."""

    def _serialize_type_structure(self, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name != _SHAPE or not isinstance(value, dict):
            super()._serialize_type_structure(serialized, value, shape, key)
            return
        written: dict[str, Any] = {}
        for name in value:
            self._serialize(written, value[name], shape.members[name], name)
        serialized[key] = written


def install() -> None:
    """Write DynamoDB's answers so in this process, through moto's own choice of what writes them."""
    SERVICE_SPECIFIC_SERIALIZERS["dynamodb"] = {"json": AttributeValues}
