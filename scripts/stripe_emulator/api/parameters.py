"""The OpenAPI description: which parameters a call takes, and the turning of form strings into typed values."""

import json
import re
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from scripts.stripe_emulator.errors import Json, required, unparsable

OPENAPI = Path(__file__).parents[1] / "openapi.json"
# Longer lists of choices than this are not read out.
_MANY = 40
_INTEGER = re.compile(r"-?[0-9]{1,18}")


@cache
def document() -> Json:
    """The whole OpenAPI document, read once."""
    loaded: Json = json.loads(OPENAPI.read_text("utf-8"))
    return loaded


@cache
def schema_of(method: str, template: str) -> Json:
    """The schema of a call's parameters: its form for POST, its query otherwise."""
    operation = document()["paths"][template][method.lower()]
    if "requestBody" in operation:
        form: Json = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        return form
    query = {p["name"]: p["schema"] for p in operation.get("parameters", []) if p["in"] == "query"}
    return {"type": "object", "properties": query, "additionalProperties": False}


def coerce(value: Any, schema: Json, param: str = "") -> Any:
    """The typed value of decoded form data. Raises StripeError in Stripe's words where it does not fit."""
    if "$ref" in schema:
        return coerce(value, _resolve(schema["$ref"]), param)
    if "anyOf" in schema:
        return coerce(value, _branch(value, schema["anyOf"]), param)
    return _COERCIONS[schema["type"]](value, schema, param)


def _resolve(ref: str) -> Json:
    schema: Json = document()["components"]["schemas"][ref.rsplit("/", 1)[1]]
    return schema


def _branch(value: Any, branches: list[Json]) -> Json:
    """Of several shapes, the one that the value can have: text, or something nested."""
    nested = [b for b in branches if "$ref" in b or b.get("type") in ("object", "array")]
    plain = [b for b in branches if b not in nested]
    wanted = nested if isinstance(value, dict) else plain
    return (wanted or branches)[0]


def _object(value: Any, schema: Json, param: str) -> Json:
    if not isinstance(value, dict):
        raise unparsable("Invalid object", param)
    properties: Json = schema.get("properties", {})
    extra = schema.get("additionalProperties", False)
    typed: Json = {}
    for name, inner in value.items():
        path = f"{param}[{name}]" if param else name
        wanted: Any = properties.get(name, extra)
        if wanted is False:
            raise unparsable(f"Received unknown parameter: {path}", path, "parameter_unknown")
        typed[name] = inner if wanted is True else coerce(inner, wanted, path)
    for name in schema.get("required", []):
        if name not in typed:
            error = required(f"{param}[{name}]" if param else name)
            error.stored = False
            raise error
    if len(typed) > schema.get("maxProperties", len(typed)):
        raise unparsable(f"You can have at most {schema['maxProperties']} keys in {param}", param)
    return typed


def _array(value: Any, schema: Json, param: str) -> list[Any]:
    if value == "":
        return []
    if not isinstance(value, dict) or not all(key.isdecimal() and key.isascii() for key in value):
        raise unparsable("Invalid array", param)
    if len(value) > schema.get("maxItems", len(value)):
        text = f"Array {param} exceeded maximum {schema['maxItems']} allowed elements."
        raise unparsable(text, param)
    ordered = sorted(value.items(), key=lambda item: int(item[0]))
    return [coerce(inner, schema["items"], f"{param}[{key}]") for key, inner in ordered]


def _string(value: Any, schema: Json, param: str) -> str:
    text = _text(value, param)
    if "enum" in schema and text not in schema["enum"]:
        _refuse_choice(schema["enum"], param)
    if text == "" and "enum" not in schema and not param.startswith("metadata"):
        raise unparsable(
            f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{param}' cannot be unset. You should remove '{param}' from your request or supply a "
            "non-empty value.",
            param,
            "parameter_invalid_empty",
        )
    if len(text) > schema.get("maxLength", len(text)):
        raise unparsable(
            f"Invalid string: {text[:8]}...{text[-8:]}; must be at most {schema['maxLength']} characters", param
        )
    if schema.get("format") == "decimal":
        _number(text, schema, param)
    return text


def _refuse_choice(choices: list[Any], param: str) -> None:
    names = [str(choice) for choice in choices if choice not in ("", None)]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, or {names[-1]}"
    raise unparsable(f"Invalid {param}" + (f": must be one of {listed}" if len(names) < _MANY else ""), param)


def _integer(value: Any, schema: Json, param: str) -> int:
    text = _text(value, param)
    if not _INTEGER.fullmatch(text):
        raise unparsable(f"Invalid integer: {text[:50]}", param, "parameter_invalid_integer")
    number = int(text)
    _bounds(number, schema, param)
    return number


def _number(value: Any, _: Json, param: str) -> float:
    text = _text(value, param)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or not text.isascii():
        raise unparsable(f"Invalid decimal: {text[:50]}", param)
    return float(number)


def _boolean(value: Any, _: Json, param: str) -> bool:
    text = _text(value, param)
    if text not in ("true", "false"):
        raise unparsable(f"Invalid boolean: {text[:50]}", param)
    return text == "true"


def _bounds(number: int, schema: Json, param: str) -> None:
    if number < schema.get("minimum", number):
        raise unparsable(f"This value must be greater than or equal to {schema['minimum']}.", param)
    if number > schema.get("maximum", number):
        raise unparsable(f"This value must be less than or equal to {schema['maximum']}.", param)


def _text(value: Any, param: str) -> str:
    if not isinstance(value, str):
        raise unparsable("Invalid string: an object was given", param)
    return value


_COERCIONS = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
}
