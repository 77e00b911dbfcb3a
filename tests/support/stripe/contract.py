"""Stripe's OpenAPI description as a judge of requests and responses, independent of who made them."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from scripts.stripe_emulator.api.form_encoding import decode
from scripts.stripe_emulator.api.parameters import OPENAPI, coerce, schema_of

Json = dict[str, Any]
_URI = "urn:stripe"


def response_problems(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer: missing, mistyped or unknown fields. Empty when all is well."""
    template = template_of(path)
    responses = _document()["paths"][template][method.lower()]["responses"]
    schema = responses["200" if status == 200 else "default"]["content"]["application/json"]["schema"]
    return _problems(schema, body)


def object_problems(name: str, body: Any) -> list[str]:
    """What is wrong with an object, by its schema's name, such as `checkout.session`."""
    return _problems({"$ref": f"{_URI}#/components/schemas/{name}"}, body)


def request_problems(method: str, path: str, form: str) -> list[str]:
    """What is wrong with a form-encoded body, or a query string. Raises StripeError where it cannot even be typed."""
    template = template_of(path)
    typed = coerce(decode(form), schema_of(method, template))
    operation = _document()["paths"][template][method.lower()]
    if "requestBody" not in operation:
        return []
    return _problems(operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"], typed)


def template_of(path: str) -> str:
    """The path template that a path belongs to. Raises LookupError when Stripe has none here."""
    for template in sorted(_document()["paths"], key=lambda known: "{" in known):
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path):
            return str(template)
    raise LookupError(path)


def _problems(schema: Json, body: Any) -> list[str]:
    key = json.dumps(schema, sort_keys=True)
    return [f"{error.json_path}: {error.message[:200]}" for error in _validator(key).iter_errors(body)]


@cache
def _validator(key: str) -> Draft202012Validator:
    resource = Resource.from_contents(_document(), default_specification=DRAFT202012)
    return Draft202012Validator(json.loads(key), registry=Registry().with_resource(_URI, resource))


@cache
def _document() -> Json:
    converted: Json = _as_json_schema(json.loads(OPENAPI.read_text("utf-8")))
    return converted


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 spelt as JSON Schema: nullable becomes a type, objects refuse fields that they do not list."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {name: _as_json_schema(value) for name, value in node.items()}
    if isinstance(node.get("$ref"), str):
        schema["$ref"] = _URI + node["$ref"]
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        schema.setdefault("additionalProperties", False)
    if node.get("nullable") is True:
        _allow_null(schema)
    return schema


def _allow_null(schema: Json) -> None:
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if "anyOf" in schema:
        schema["anyOf"] = [*schema["anyOf"], {"type": "null"}]
