"""JSON Schemas of the classes that requests are parsed into and responses are written from."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from attrs import NOTHING, Attribute, fields, has, resolve_types

from adapters.http.response_bodies import OPEN

Json = dict[str, Any]

_TYPES: Mapping[Any, Json] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Decimal: {"type": "number"},
}


def reference(kind: type) -> Json:
    """A reference to the schema of the class, which has its name."""
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def schema_of_type(kind: Any) -> Json:
    """The schema of a field's type: classes are referred to, None becomes the type null."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _with_keywords(schema_of_type(arguments[0]), arguments[1:])
    if origin in (Union, UnionType):
        return _nullable(schema_of_type(_without_none(kind)))
    if origin is list:
        return {"type": "array", "items": schema_of_type(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": True}
    if origin is Literal:
        [value] = arguments
        # Not `const`: openapi-python-client writes invalid code for an optional constant that is not a string.
        return {**_TYPES[type(value)], "enum": [value]}
    return dict(_TYPES[kind]) if kind in _TYPES else reference(kind)


def schema_of_class(kind: type) -> Json:
    """The schema of a request's class (attrs) or a response's class (TypedDict), without the properties' prose."""
    if is_typeddict(kind):
        return _of_response(kind)
    if has(kind):
        return _of_request(kind)
    raise TypeError(f"{kind.__name__} is neither a TypedDict nor an attrs class.")


def referred_to(kind: Any) -> set[type]:
    """The classes that a type, or the fields of a class, consist of."""
    if is_typeddict(kind):
        hints = get_type_hints(kind, include_extras=True).values()
        return {kind}.union(*(referred_to(hint) for hint in hints))
    if isinstance(kind, type) and has(kind):
        types = [attribute.type for attribute in fields(resolve_types(kind))]
        return {kind}.union(*(referred_to(each) for each in types))
    return set().union(*(referred_to(argument) for argument in get_args(kind)))


def _of_response(kind: type) -> Json:
    """``| None`` in a response means that the property may be absent; it is never null."""
    hints = get_type_hints(kind, include_extras=True)
    schema = _object(kind, {name: schema_of_type(_without_none(hint)) for name, hint in hints.items()})
    schema["required"] = [name for name, hint in hints.items() if not _is_optional(hint)]
    return schema | ({"additionalProperties": True} if kind in OPEN else {})


def _of_request(kind: type) -> Json:
    """Properties that the class has a default for may be absent. The document states no default: generators of clients
    would take such a property as required.
    """
    attributes = fields(resolve_types(kind, include_extras=True))
    schema = _object(kind, {attribute.alias: _of_attribute(attribute) for attribute in attributes})
    required = [attribute.alias for attribute in attributes if attribute.default is NOTHING]
    return schema | ({"required": required} if required else {}) | {"additionalProperties": False}


def _of_attribute(attribute: Attribute[Any]) -> Json:
    return _with_keywords(schema_of_type(attribute.type), (attribute.validator,))


def _object(kind: type, properties: Json) -> Json:
    description = " ".join((inspect.getdoc(kind) or "").replace("``", "`").split())
    return {"type": "object", "description": description, "properties": properties}


def _with_keywords(schema: Json, metadata: tuple[Any, ...]) -> Json:
    for entry in metadata:
        schema |= getattr(entry, "keywords", {})
    return schema


def _nullable(schema: Json) -> Json:
    if "$ref" in schema:
        return schema  # an object is left out, never null: generators of clients stumble over a nullable reference
    return schema | {"type": [schema["type"], "null"]}


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType) and NoneType in get_args(kind)


def _without_none(kind: Any) -> Any:
    if not _is_optional(kind):
        return kind
    return Union[tuple(argument for argument in get_args(kind) if argument is not NoneType)]  # noqa: UP007 - computed
